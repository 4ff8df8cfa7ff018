import { setTimeout as sleep } from "node:timers/promises";
import type { Lab, LocalStage } from "../lab.ts";
import { logged } from "../observing.ts";

export const testEventPoison: Lab = {
  name: "test-event-poison",
  changes: [
    {
      file: "packages/transcription/src/uploaded-keys.ts",
      replace: `  const result = v.safeParse(messageSchema, body);
  if (!result.success) throw new Error("The message is no notification of S3's.");
  return "Records" in result.output ? result.output.Records.map(({ s3 }) => decodeKey(s3.object.key)) : [];
`,
      by: `  const { Records } = JSON.parse(body);
  return Records.map(({ s3 }) => decodeKey(s3.object.key));
`,
    },
  ],
  shows: {
    at: "run",
    async observe(stage) {
      const [message] = stage.queue("uploads").messages();
      if (message === undefined) throw new Error("The queue holds no message.");
      return ["The queue holds:", message.body, ...(await loggedAgain(stage))];
    },
  },
};

/** The message came before anybody looked; it comes back, and fails again. */
async function loggedAgain(stage: LocalStage): Promise<string[]> {
  const end = performance.now() + 10_000;
  while (stage.logOf("startTranscription").length === 0 && performance.now() < end) await sleep(20);
  return logged(stage, "startTranscription", /TypeError/);
}
