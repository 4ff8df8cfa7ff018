import type { Lab } from "../lab.ts";
import { userKeys } from "../placeholders.ts";

export const reservedVariables: Lab = {
  name: "reserved-variables",
  changes: [
    {
      file: "serverless.yml",
      at: ["functions", "receiveAudio", "environment", "AWS_ACCESS_KEY_ID"],
      to: userKeys.accessKeyId,
    },
    {
      file: "serverless.yml",
      at: ["functions", "receiveAudio", "environment", "AWS_SECRET_ACCESS_KEY"],
      to: userKeys.secretAccessKey,
    },
  ],
  shows: { at: "deployment", refusal: /Reserved keys used in this request/ },
  rule: "reserved-variable",
};
