import { createInterface } from "node:readline/promises";

/**
 * Asks at the terminal.
 *
 * @param answer What has to be typed.
 * @returns whether it was.
 * @throws Error where there is nobody to ask.
 */
export async function confirm(question: string, answer: string): Promise<boolean> {
  if (!process.stdin.isTTY || !process.stderr.isTTY)
    throw new Error("There is no terminal to ask at: say --yes if you mean it.");
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  // Ctrl-C and Ctrl-D are a no.
  const { promise: closed, resolve } = Promise.withResolvers<string>();
  terminal.once("close", () => resolve(""));
  terminal.once("SIGINT", () => terminal.close());
  try {
    const typed = await Promise.race([terminal.question(`${question} Type ${answer} to go on: `), closed]);
    return typed.trim() === answer;
  } finally {
    terminal.close();
  }
}
