const undos = new Set<() => void>();
let isListening = false;

/**
 * Has something undone when this process ends before it was done properly: at Ctrl-C (see `exitOnSignals`), at an
 * error that nobody caught.
 *
 * @param undo Synchronous: nothing else runs while a process exits.
 * @returns Forgets it, once it was done properly.
 */
export function atExit(undo: () => void): () => void {
  undos.add(undo);
  if (!isListening) {
    isListening = true;
    process.on("exit", () => {
      for (const one of undos) one();
    });
  }
  return () => {
    undos.delete(undo);
  };
}

/**
 * Makes Ctrl-C and its like an orderly exit, at which what `atExit` holds is undone. For commands; once.
 *
 * @returns Leaves the signals to somebody else.
 */
export function exitOnSignals(): () => void {
  // By convention a shell sees 128 and the signal's number.
  const signals = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 } as const;
  const listeners = Object.entries(signals).map(([signal, code]) => {
    const listener = () => process.exit(code);
    process.on(signal, listener);
    return [signal, listener] as const;
  });
  return () => {
    for (const [signal, listener] of listeners) process.off(signal, listener);
  };
}
