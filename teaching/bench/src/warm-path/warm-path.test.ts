import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import { measureWarmPath } from "./warm-path.ts";

const root = fileURLToPath(new URL("../../../..", import.meta.url));

it("a function makes the AWS calls that it needs and no more, over connections that it keeps for 100 calls", async () => {
  const temporary = await mkdtemp(join(tmpdir(), "warm-path-test-"));
  try {
    const results = await measureWarmPath(root, temporary, 1);

    // One connection to S3, one to Transcribe: no function has two calls under way to the same service.
    expect(results.map(({ name, awsCalls, connections }) => [name, awsCalls, connections])).toEqual([
      ["receiveAudio", 1, 1],
      ["issueUploadForm", 0, 0],
      ["startTranscription", 1, 1],
      ["reportOutcome", 0, 0],
      ["listRecordings", 1, 1],
      ["readRecording", 3, 2],
      ["deleteRecording", 3, 2],
    ]);
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
});
