import type { Lab } from "../lab.ts";
import { call, logged, wav } from "../observing.ts";

export const sessionTokenForgotten: Lab = {
  name: "session-token-forgotten",
  changes: [
    {
      file: "packages/upload/src/receive-audio.ts",
      replace: "const s3 = new S3Client();",
      by: `const s3 = new S3Client({
  credentials: {
    accessKeyId: requiredVariable("AWS_ACCESS_KEY_ID"),
    secretAccessKey: requiredVariable("AWS_SECRET_ACCESS_KEY"),
  },
});`,
    },
  ],
  shows: {
    at: "run",
    observe: async (stage) => [
      await call(stage, "POST", "/recordings", wav),
      ...(await logged(stage, "receiveAudio", /Access Key Id/)),
    ],
  },
};
