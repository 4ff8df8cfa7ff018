import { readableLogLine } from "rolecall/run";
import type { LocalStage } from "./lab.ts";

/** A recording that nobody has. */
export const recordingId = "01900000-0000-7000-8000-0000000000ff.en-US.wav";

export const wav = { headers: { "content-type": "audio/wav" }, body: Buffer.from("RIFF") };

/**
 * Calls the API as somebody who may.
 *
 * @returns the answer in a line, e.g. `GET /recordings answers 500: The function's log says why.`
 */
export async function call(
  { api }: LocalStage,
  ...[method, path, init]: Parameters<LocalStage["api"]["call"]>
): Promise<string> {
  const response = await api.call(method, path, init);
  const body = await response.text();
  const detail = /"(?:detail|message)":"((?:[^"\\]|\\.)*)"/.exec(body)?.[1];
  return `${method} ${path} answers ${response.status}${detail === undefined ? "" : `: ${detail}`}`;
}

/**
 * What a function logged when nothing is under way any more.
 *
 * @returns a heading, and the first line that says this
 * @throws Error with all that it logged, when none does
 */
export async function logged(stage: LocalStage, functionKey: string, says: RegExp): Promise<string[]> {
  await stage.aws.idle();
  const lines = stage.logOf(functionKey).map(readableLogLine);
  const line = lines.find((one) => says.test(one));
  if (line === undefined) throw new Error(`${functionKey} did not log ${says}, but:\n${lines.join("\n")}`);
  return [`${functionKey} logs:`, line];
}

/** @throws Error that says what came instead of what a mistake leads to. */
export function expectText(text: string, says: RegExp): void {
  if (!says.test(text)) throw new Error(`Expected ${says}, and there was:\n${text}`);
}
