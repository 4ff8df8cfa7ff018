import type { Lab } from "../lab.ts";
import { call, logged, wav } from "../observing.ts";

export const noRightToWriteTheOutput: Lab = {
  name: "no-right-to-write-the-output",
  changes: [
    {
      file: "serverless.yml",
      at: ["functions", "startTranscription", "iamRoleStatements", { Sid: "LetTranscribeWriteTranscripts" }],
      to: undefined,
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
