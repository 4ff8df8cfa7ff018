import { setTimeout as sleep } from "node:timers/promises";
import { type Api, ApiError } from "../../index.ts";

/** An API that keeps in mind which recordings came of it. */
export interface TrackedApi {
  readonly api: Api;
  /** Ids of recordings that exist, or may. */
  readonly created: Set<string>;
  /** Lets no other recording begin. @returns when none is under way that would not be known. */
  close(): Promise<void>;
}

export function trackRecordings(api: Api): TrackedApi {
  const created = new Set<string>();
  const pending = new Set<Promise<unknown>>();
  let isClosed = false;
  const begin = async <Answer>(act: () => Promise<Answer>): Promise<Answer> => {
    // A scenario that was left to itself does not know that it is over.
    if (isClosed) throw new Error("It was ended.");
    const request = act();
    pending.add(request);
    try {
      return await request;
    } finally {
      pending.delete(request);
    }
  };
  const track = <Answer extends { readonly id: string }>(act: () => Promise<Answer>): Promise<Answer> =>
    begin(async () => {
      const answer = await act();
      created.add(answer.id);
      return answer;
    });
  return {
    api: {
      ...api,
      receiveAudio: (upload) => track(() => api.receiveAudio(upload)),
      issueUploadForm: (...request) => track(() => api.issueUploadForm(...request)),
      postForm: (...post) => begin(() => api.postForm(...post)),
    },
    created,
    async close() {
      isClosed = true;
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
