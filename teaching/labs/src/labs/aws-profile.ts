import type { Lab } from "../lab.ts";
import { call, logged } from "../observing.ts";

export const awsProfile: Lab = {
  name: "aws-profile",
  changes: [
    {
      file: "serverless.yml",
      at: ["functions", "listRecordings", "environment", "AWS_PROFILE"],
      to: "my-profile",
    },
  ],
  shows: {
    at: "run",
    observe: async (stage) => [
      await call(stage, "GET", "/recordings"),
      ...(await logged(stage, "listRecordings", /Could not load credentials/)),
    ],
  },
  rule: "dangerous-variable",
};
