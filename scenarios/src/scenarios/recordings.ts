import assert from "node:assert/strict";
import { until } from "rolecall/until";
import type { Api } from "../api.ts";
import { recordingsBucket } from "../recordings-bucket.ts";
import { uploadFile } from "../transcribe.ts";
import { sampleAudio, sampleFile } from "./samples.ts";
import type { LocalScenario, Scenario } from "./scenario.ts";

/** Listing and deleting, on any stage. */
export const recordings: readonly Scenario[] = [
  {
    name: "a deleted recording is gone, and deleting it twice is no error",
    async steps({ api, ended }) {
      const { id } = await ended(await uploadFile(api, sampleFile));

      await api.deleteRecording(id);
      await api.deleteRecording(id);

      await assert.rejects(api.readRecording(id), { status: 404 });
      assert.ok(!(await listAll(api, 1000)).includes(id), "it is still listed");
    },
  },
  {
    name: "recordings are listed page after page, each once",
    async steps({ api }) {
      const uploaded: string[] = [];
      for (let count = 0; count < 3; count += 1) {
        const { id } = await api.receiveAudio({ audio: Buffer.from("RIFF"), mediaType: "audio/wav" });
        uploaded.push(id);
      }

      const listed = await listAll(api, 2);

      assert.deepEqual(
        uploaded.filter((id) => !listed.includes(id)),
        [],
      );
      assert.equal(new Set(listed).size, listed.length);
    },
  },
];

/** What it takes a look behind the API to see. */
export const recordingsLocally: readonly LocalScenario[] = [
  {
    name: "a deleted recording leaves nothing in the bucket",
    async steps({ api, aws, ended }) {
      const { id } = await ended(await uploadFile(api, sampleFile));
      const keys = [`audio/${id}`, `transcripts/${id}.json`];
      const stored = () => Promise.all(keys.map((key) => aws.objects.head(recordingsBucket(aws), key)));
      assert.ok(!(await stored()).includes(undefined), "there are audio and transcript to delete");

      await api.deleteRecording(id);

      assert.deepEqual(await stored(), [undefined, undefined]);
    },
  },
  {
    name: "a recording whose job still runs says so and is not deleted: 409, and nothing is touched",
    async steps({ api, aws, holdJobs, logOf }) {
      const release = holdJobs();
      try {
        const audio = await sampleAudio();
        const { id } = await api.receiveAudio({ audio, mediaType: "audio/wav" });
        await until("its job runs", async () => (await api.readRecording(id)).status === "transcribing");

        await assert.rejects(api.deleteRecording(id), { status: 409 });

        assert.equal((await api.readRecording(id)).status, "transcribing");
        assert.ok(await aws.objects.head(recordingsBucket(aws), `audio/${id}`), "the audio is still there");
        assert.deepEqual(
          logOf("deleteRecording").filter((line) => line.includes('"ERROR"')),
          [],
        );
      } finally {
        release();
      }
    },
  },
];

async function listAll(api: Api, limit: number): Promise<string[]> {
  const listed: string[] = [];
  let next: string | undefined;
  do {
    const page = await api.listRecordings({ limit, next });
    assert.ok(page.recordings.length <= limit, `a page has at most ${limit} recordings`);
    listed.push(...page.recordings.map(({ id }) => id));
    next = page.next;
  } while (next !== undefined);
  return listed;
}
