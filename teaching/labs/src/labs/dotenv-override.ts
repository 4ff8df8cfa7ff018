import type { Lab } from "../lab.ts";
import { call, logged, recordingId } from "../observing.ts";
import { dotenvFile } from "../placeholders.ts";

export const dotenvOverride: Lab = {
  name: "dotenv-override",
  changes: [
    { file: ".env", content: dotenvFile },
    {
      file: "serverless.yml",
      at: ["functions", "deleteRecording", "package"],
      to: "{ patterns: [.env] }",
    },
    {
      file: "packages/recordings/src/delete-recording.ts",
      replace: "const s3 = new S3Client();",
      by: "dotenv.config({ override: true });\n\nconst s3 = new S3Client();",
    },
    {
      file: "packages/recordings/src/delete-recording.ts",
      replace: 'import { isMissingJob } from "./missing-job.ts";',
      by: 'import dotenv from "dotenv";\nimport { isMissingJob } from "./missing-job.ts";',
    },
  ],
  dependencies: { "packages/recordings": ["dotenv"] },
  shows: {
    at: "run",
    observe: async (stage) => [
      await call(stage, "DELETE", `/recordings/${recordingId}`),
      ...(await logged(stage, "deleteRecording", /security token included in the request is invalid/)),
    ],
  },
};
