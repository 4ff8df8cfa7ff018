import type { Lab } from "../lab.ts";
import { call, logged, wav } from "../observing.ts";

export const missingSlashStar: Lab = {
  name: "missing-slash-star",
  changes: [
    {
      file: "serverless.yml",
      at: ["functions", "receiveAudio", "iamRoleStatements", { Sid: "StoreAudio" }, "Resource"],
      to: "!GetAtt RecordingsBucket.Arn",
    },
  ],
  shows: {
    at: "run",
    observe: async (stage) => [
      await call(stage, "POST", "/recordings", wav),
      ...(await logged(stage, "receiveAudio", /s3:PutObject/)),
    ],
    explain: "message",
  },
  rule: "resource-type",
};
