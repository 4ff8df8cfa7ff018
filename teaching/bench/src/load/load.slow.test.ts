import { fileURLToPath } from "node:url";
import { packageService } from "rolecall";
import { expect, it } from "vitest";
import { place } from "../traffic/recorded-run.ts";
import { measureBurst } from "./load.ts";

const root = fileURLToPath(new URL("../../../..", import.meta.url));

it("a burst of 500 uploads ends in 500 jobs: none lost, none twice, none a dead letter, though Transcribe refuses many", async () => {
  // A hundred times faster than AWS this machine does not reach 25 starts a second, so the other limit is smaller.
  const transcribe = { startsPerSecond: 25, concurrentJobs: 40, jobSeconds: 20 };

  const burst = await measureBurst({
    packaged: await packageService({ root, ...place }),
    transcribe,
    speed: 100,
    recordings: 500,
  });

  expect(burst).toMatchObject({ recordings: 500, jobs: 500, deadLetters: 0 });
  const { timeline } = burst;
  expect(timeline.at(-1)).toMatchObject({ uploaded: 500, queued: 0, running: 0, done: 500 });
  expect(Math.max(...timeline.map(({ running }) => running))).toBeLessThanOrEqual(transcribe.concurrentJobs);
});
