import { recordingsBucket } from "@voice-notes/scenarios";
import { inParallel } from "./in-parallel.ts";
import { deadLettersOf, type RunResult } from "./invariants.ts";
import type { RecordedRun } from "./recorded-run.ts";
import { persistently } from "./uploads.ts";

/** The most that a page of the listing holds. */
const pageSize = 1000;

/** How many recordings are asked for at once: each is a process of readRecording's, which takes longer to start than to answer. */
const readsAtOnce = 2;

/**
 * Looks at what a run has come to.
 *
 * @param acknowledged the ids that the uploads answered.
 * @param askEvery asks the API for one recording of so many: each is an invocation.
 */
export async function resultOf(
  run: RecordedRun,
  acknowledged: readonly string[],
  askEvery: number,
): Promise<RunResult> {
  const { aws, api, ended, uploads } = run;
  const stored: string[] = [];
  let next: string | undefined;
  do {
    const page = await persistently(() => api.listRecordings({ limit: pageSize, next }));
    stored.push(...page.recordings.map(({ id }) => id));
    next = page.next;
  } while (next !== undefined);
  const transcripts = new Set<string>();
  for (const id of stored)
    if (await aws.objects.head(recordingsBucket(aws), `transcripts/${id}.json`)) transcripts.add(id);
  const asked = stored.filter((_, index) => index % askEvery === 0);
  const states = await inParallel(asked, readsAtOnce, (id) => persistently(() => api.readRecording(id)));
  return {
    acknowledged,
    stored,
    jobs: [...ended],
    transcripts,
    states: new Map(states.map((state) => [state.id, state])),
    waiting: uploads.messages().length,
    deadLetters: deadLettersOf(run),
  };
}
