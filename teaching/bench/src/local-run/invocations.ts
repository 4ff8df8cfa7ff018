import { createApi } from "@voice-notes/scenarios";
import type { LocalAws } from "rolecall/run";
import { median } from "../statistics.ts";
import { place } from "../traffic/recorded-run.ts";
import { silentWav } from "../traffic/silence.ts";

/** Milliseconds of a call of the API, signature and all. */
export interface Invocations {
  readonly route: string;
  readonly functionKey: string;
  /** The first call: a process starts, and loads the function. */
  readonly coldMs: number;
  /** The median of the calls after it, in the same process. */
  readonly warmMs: number;
}

/** Calls each route of a run in which no function was called yet. */
export async function measureInvocations(aws: LocalAws, warmCalls: number): Promise<Invocations[]> {
  const { developer } = aws.principals;
  if (!developer) throw new Error("The local run has no developer.");
  const api = createApi(aws.api, place.region, async () => developer);
  const audio = silentWav(0.5);
  let id = "";
  const routes: readonly (readonly [route: string, functionKey: string, call: () => Promise<unknown>])[] = [
    [
      "POST /recordings",
      "receiveAudio",
      async () => {
        ({ id } = await api.receiveAudio({ audio, mediaType: "audio/wav" }));
      },
    ],
    ["POST /upload-forms", "issueUploadForm", () => api.issueUploadForm("audio/wav")],
    ["GET /recordings", "listRecordings", () => api.listRecordings({ limit: 10 })],
    ["GET /recordings/{id}", "readRecording", () => api.readRecording(id)],
  ];
  const results: Invocations[] = [];
  for (const [route, functionKey, call] of routes) {
    const times: number[] = [];
    for (let count = 0; count <= warmCalls; count += 1) {
      const begin = performance.now();
      await call();
      times.push(performance.now() - begin);
      // What the call set going is no part of it, nor of the next.
      await aws.idle();
    }
    const [coldMs = Number.NaN, ...warm] = times;
    results.push({ route, functionKey, coldMs, warmMs: median(warm) });
  }
  return results;
}
