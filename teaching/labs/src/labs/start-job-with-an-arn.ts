import type { Lab } from "../lab.ts";
import { call, logged, wav } from "../observing.ts";

export const startJobWithAnArn: Lab = {
  name: "start-job-with-an-arn",
  changes: [
    {
      file: "serverless.yml",
      at: [
        "functions",
        "startTranscription",
        "iamRoleStatements",
        { Sid: "StartJobsIntoOurBucket" },
        "Resource",
      ],
      // biome-ignore lint/suspicious/noTemplateCurlyInString: the framework's
      to: "!Sub ${self:custom.jobsArn}",
    },
  ],
  shows: {
    at: "run",
    observe: async (stage) => [
      await call(stage, "POST", "/recordings", wav),
      ...(await logged(stage, "startTranscription", /AccessDeniedException/)),
    ],
    explain: "message",
  },
  rule: "resource-type",
};
