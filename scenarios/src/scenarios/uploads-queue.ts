import assert from "node:assert/strict";
import { until } from "rolecall/until";
import { recordingsBucket } from "../recordings-bucket.ts";
import { sampleAudio } from "./samples.ts";
import type { LocalScenario, LocalStage, Queue } from "./scenario.ts";

/** Milliseconds; three seconds of work, and the machine may have other things to do. */
const thousandReturns = 60_000;

/** What becomes of a message in the uploads queue. */
export const uploadsQueue: readonly LocalScenario[] = [
  {
    name: "a message that comes twice starts one job, and is done",
    async steps(stage) {
      const id = newId();
      await storeAudio(stage, id);
      await stage.aws.idle();

      const send = sendNotification(stage, id);
      await stage.aws.idle();

      assert.ok(send.isDone(), "the message is done");
      const started = stage.logOf("startTranscription").filter((line) => /transcription started/.test(line));
      assert.equal(started.length, 1);
    },
  },
  {
    name: "a message whose recording was deleted meanwhile is done, and no failure",
    async steps(stage) {
      const send = sendNotification(stage, newId());
      await stage.aws.idle();

      assert.ok(send.isDone(), "the message is done");
      const [line, ...others] = stage.logOf("startTranscription");
      assert.match(line ?? "", /deleted before its transcription/);
      assert.deepEqual(others, []);
    },
  },
  {
    name: "a message that can never succeed shows at its first failure, ends as a dead letter, and holds up no other",
    // A thousand returns take seconds so, and not a week.
    settings: { waitFactor: 1e-6 },
    async steps(stage) {
      const { aws, logOf, queue } = stage;
      const body = `no notification ${crypto.randomUUID()}`;
      const isIn = (name: string) =>
        queue(name)
          .messages()
          .some((message) => message.body === body);
      const isLogged = (text: string) => logOf("startTranscription").some((line) => line.includes(text));
      queue("uploads").send(body, "s3.amazonaws.com");
      await until("the failure shows", () => isLogged('"RecordingCannotStart":1'));

      await storeAudio(stage, newId());
      await until("another recording's job starts", () => isLogged("transcription started"));

      await until("it is a dead letter", () => isIn("uploads-dead-letters"), thousandReturns);
      await aws.idle();
      assert.ok(!isIn("uploads"), "it comes back no more");
    },
  },
];

let count = 0;
function newId(): string {
  count += 1;
  return `01900000-0000-7000-8000-${String(count).padStart(12, "0")}.en-US.wav`;
}

async function storeAudio({ aws }: LocalStage, id: string): Promise<void> {
  await aws.objects.put(recordingsBucket(aws), `audio/${id}`, await sampleAudio());
}

/** S3's notification of a recording, as far as the function reads it. */
function sendNotification({ queue }: LocalStage, id: string) {
  const uploads: Queue = queue("uploads");
  const body = JSON.stringify({ Records: [{ s3: { object: { key: `audio/${id}` } } }] });
  uploads.send(body, "s3.amazonaws.com");
  return { isDone: () => !uploads.messages().some((message) => message.body === body) };
}
