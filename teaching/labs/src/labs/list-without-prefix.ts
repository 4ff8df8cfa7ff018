import type { Lab } from "../lab.ts";
import { call, logged } from "../observing.ts";

export const listWithoutPrefix: Lab = {
  name: "list-without-prefix",
  changes: [
    {
      file: "packages/recordings/src/list-recordings.ts",
      replace: "        Prefix: audioPrefix,\n",
      by: "",
    },
  ],
  shows: {
    at: "run",
    observe: async (stage) => [
      await call(stage, "GET", "/recordings"),
      ...(await logged(stage, "listRecordings", /s3:ListBucket/)),
    ],
    explain: "message",
  },
};
