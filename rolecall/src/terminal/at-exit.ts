import { execFile } from "node:child_process";

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

/** Milliseconds between two looks whether the package managers are still there. */
const look = 250;

/**
 * Does something when a package manager that runs this command is gone: one that is killed leaves the others running
 * (`npx pnpm start` is five processes), and nobody would ever end this one. A command that was started without one goes
 * on, as with nohup, and so does one on Windows, which has no `ps`.
 */
export function onPackageManagerGone(act: () => void): void {
  if (process.env.npm_lifecycle_event === undefined) return;
  execFile("ps", ["-A", "-o", "pid=,ppid=,args="], { maxBuffer: 2 ** 26 }, (error, table) => {
    if (error) return;
    const watched = packageManagers(table);
    const timer = setInterval(() => {
      if (watched.every(isRunning)) return;
      clearInterval(timer);
      act();
    }, look).unref();
  }).unref();
}

/** The processes above this one, up to the topmost that is a package manager; shells stand between them. */
function packageManagers(table: string): number[] {
  const processes = new Map(
    [...table.matchAll(/^ *(\d+) +(\d+) (.*)$/gm)].map(([, pid, parent, args = ""]) => [
      Number(pid),
      { parent: Number(parent), isManager: /\b(npm|npx|pnpm|yarn|bun)\b/.test(args) },
    ]),
  );
  const above: { pid: number; isManager: boolean }[] = [];
  for (let pid = process.ppid; pid > 1; pid = processes.get(pid)?.parent ?? 0) {
    above.push({ pid, isManager: processes.get(pid)?.isManager ?? false });
  }
  return above.slice(0, above.findLastIndex(({ isManager }) => isManager) + 1).map(({ pid }) => pid);
}

/** Whether there is a process of this id, whoever's it is. */
export function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}
