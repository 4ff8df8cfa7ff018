import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { root } from "../local.ts";

/** The folder of the samples; each says its words in a file beside it. */
export const samples = join(root, "samples");

/** One of them. What the service does shows with any recording, so that scenarios and tests do with one. */
const name = "function-without-keys";

export const sampleFile = join(samples, `${name}.wav`);

export const sampleAudio = (): Promise<Buffer<ArrayBuffer>> => readFile(sampleFile);

/** A recording that says something else than any sample: one byte of its sound differs. */
export async function changedSample(): Promise<Buffer<ArrayBuffer>> {
  const audio = await sampleAudio();
  audio[audio.length - 1] = (audio.at(-1) ?? 0) ^ 1;
  return audio;
}

/** @returns sentence by sentence. */
export async function spokenInSample(): Promise<string[]> {
  const text = await readFile(join(samples, `${name}.json`), "utf8");
  const { sentences } = JSON.parse(text) as { sentences: readonly { readonly text: string }[] };
  return sentences.map((sentence) => sentence.text);
}
