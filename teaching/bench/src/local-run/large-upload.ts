import { openAsBlob } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { join } from "node:path";
import { createApi } from "@voice-notes/scenarios";
import { place } from "../traffic/recorded-run.ts";
import { startCommand } from "./running.ts";

export interface LargeUpload {
  readonly bytes: number;
  /** Milliseconds. */
  readonly tookMs: number;
  /** Of the local run's process, in bytes; undefined where the system does not tell. */
  readonly peakBefore: number | undefined;
  readonly peakAfter: number | undefined;
}

/**
 * Posts a large file through an upload form to a local run in a process of its own, with all that follows of it.
 *
 * @param temporary an empty folder.
 */
export async function measureLargeUpload(
  root: string,
  temporary: string,
  bytes: number,
): Promise<LargeUpload> {
  const file = join(temporary, "large.wav");
  await using handle = await open(file, "w");
  await fill(handle, bytes);
  await using command = await startCommand(root);
  const api = createApi(command.api, place.region, async () => command.developer);
  const { form } = await api.issueUploadForm("audio/wav");
  const peakBefore = await command.peakRss();
  const data = new FormData();
  for (const [name, value] of Object.entries(form.fields)) data.append(name, value);
  data.append("file", await openAsBlob(file));
  const begin = performance.now();
  const response = await fetch(form.url, { method: "POST", body: data });
  const tookMs = performance.now() - begin;
  if (!response.ok) throw new Error(`The form answered ${response.status}: ${await response.text()}`);
  return { bytes, tookMs, peakBefore, peakAfter: await command.peakRss() };
}

async function fill(handle: FileHandle, bytes: number): Promise<void> {
  const chunk = Buffer.alloc(1_000_000);
  for (let written = 0; written < bytes; ) {
    written += (await handle.write(chunk, 0, Math.min(chunk.length, bytes - written))).bytesWritten;
  }
}
