import { setTimeout as sleep } from "node:timers/promises";
import { type Api, ApiError } from "@voice-notes/client";

/** An API that keeps in mind which recordings came of it. */
export interface TrackedApi {
  readonly api: Api;
  /** Ids of recordings that exist, or may. */
  readonly created: Set<string>;
  /** Resolves when no request is under way whose recording would not be known. */
  settled(): Promise<void>;
}

export function trackRecordings(api: Api): TrackedApi {
  const created = new Set<string>();
  const pending = new Set<Promise<unknown>>();
  const track = async <Answer extends { readonly id: string }>(request: Promise<Answer>): Promise<Answer> => {
    pending.add(request);
    try {
      const answer = await request;
      created.add(answer.id);
      return answer;
    } finally {
      pending.delete(request);
    }
  };
  return {
    api: {
      ...api,
      receiveAudio: (upload) => track(api.receiveAudio(upload)),
      issueUploadForm: (...request) => track(api.issueUploadForm(...request)),
      postForm: async (...post) => {
        const request = api.postForm(...post);
        pending.add(request);
        await request.finally(() => pending.delete(request));
      },
    },
    created,
    async settled() {
      await Promise.allSettled(pending);
    },
  };
}

export interface CleanUpOptions {
  readonly onProgress?: (what: string) => void;
  /** Milliseconds between two tries at a recording whose job still runs, and for how long. */
  readonly interval?: number;
  readonly patience?: number;
}

/**
 * Deletes recordings by the API: their jobs, transcripts and audio. Waits for jobs that still run.
 *
 * @returns those that are left, and why.
 */
export async function deleteRecordings(
  api: Api,
  ids: Iterable<string>,
  { onProgress = () => {}, interval = 3_000, patience = 300_000 }: CleanUpOptions = {},
): Promise<readonly { readonly id: string; readonly why: string }[]> {
  const end = performance.now() + patience;
  const left = new Map([...ids].map((id) => [id, { why: "", isFinal: false }]));
  const waiting = () => [...left.values()].filter(({ isFinal }) => !isFinal).length;
  for (;;) {
    for (const [id, { isFinal }] of left) {
      if (isFinal) continue;
      onProgress(`deleting ${left.size} recordings`);
      try {
        await api.deleteRecording(id);
        left.delete(id);
      } catch (error) {
        left.set(id, {
          why: error instanceof Error ? error.message : String(error),
          isFinal: !isPassing(error),
        });
      }
    }
    if (waiting() === 0 || performance.now() > end) break;
    onProgress(`waiting for ${waiting()} transcriptions to end`);
    await sleep(interval);
  }
  return [...left].map(([id, { why }]) => ({ id, why }));
}

/** A job that runs, a service that is busy or does not answer: worth another try. */
function isPassing(error: unknown): boolean {
  return !(error instanceof ApiError) || error.status === 409 || error.status === 429 || error.status >= 500;
}
