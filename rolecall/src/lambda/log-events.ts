import type { Readable } from "node:stream";
import { StringDecoder } from "node:string_decoder";

/**
 * Reads log events from what a process writes: one for each line. Lines that belong together, of one call of `console`,
 * arrive joined by carriage returns (bootstrap.mjs) and leave joined by newlines.
 */
export function readLogEvents(stream: Readable, take: (event: string) => void): void {
  const decoder = new StringDecoder("utf8");
  let rest = "";
  stream.on("data", (chunk: Buffer) => {
    const lines = (rest + decoder.write(chunk)).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) take(line.replace(/\r$/, "").replaceAll("\r", "\n"));
  });
  stream.on("end", () => {
    if (rest !== "") take(rest.replaceAll("\r", "\n"));
  });
}
