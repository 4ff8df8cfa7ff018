import type { Lab } from "../lab.ts";
import { call, logged, wav } from "../observing.ts";

export const outputKeyOutsideTheGrant: Lab = {
  name: "output-key-outside-the-grant",
  changes: [
    {
      file: "packages/transcription/src/start-transcription.ts",
      replace: "OutputKey: transcriptKey(recording),",
      // biome-ignore lint/suspicious/noTemplateCurlyInString: the function's
      by: "OutputKey: `results/${recording.id}.json`,",
    },
  ],
  shows: {
    at: "run",
    observe: async (stage) => [
      await call(stage, "POST", "/recordings", wav),
      ...(await logged(stage, "startTranscription", /BadRequestException.*write permission/)),
    ],
    explain: "message",
  },
};
