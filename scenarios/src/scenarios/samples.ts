import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { root } from "../local.ts";

/** One of the recordings in samples/, which say their words in a file beside each. */
export type SampleName = "deny-always-wins" | "function-without-keys" | "read-is-not-list";

/** The folder of the samples and their recorded transcripts. */
export const samples = join(root, "samples");

export const sampleFile = (name: SampleName): string => join(samples, `${name}.wav`);

export const sampleAudio = (name: SampleName): Promise<Buffer<ArrayBuffer>> => readFile(sampleFile(name));

/** A recording that says something else than any sample: one byte of its sound differs. */
export async function changedSample(): Promise<Buffer<ArrayBuffer>> {
  const audio = await sampleAudio("deny-always-wins");
  audio[audio.length - 1] = (audio.at(-1) ?? 0) ^ 1;
  return audio;
}

/** @returns sentence by sentence. */
export async function spokenIn(name: SampleName): Promise<string[]> {
  const text = await readFile(join(samples, `${name}.json`), "utf8");
  const { sentences } = JSON.parse(text) as { sentences: readonly { readonly text: string }[] };
  return sentences.map((sentence) => sentence.text);
}
