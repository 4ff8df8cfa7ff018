import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { strFromU8, unzipSync } from "fflate";
import type { Lab } from "../lab.ts";
import { call, expectText } from "../observing.ts";
import { dotenvFile } from "../placeholders.ts";

export const keysInTheZip: Lab = {
  name: "keys-in-the-zip",
  changes: [
    { file: ".env", content: dotenvFile },
    {
      file: "serverless.yml",
      at: ["functions", "listRecordings", "package"],
      to: "{ patterns: [.env] }",
    },
    {
      file: "packages/recordings/src/list-recordings.ts",
      replace: "const s3 = new S3Client();",
      by: "dotenv.config();\n\nconst s3 = new S3Client();",
    },
    {
      file: "packages/recordings/src/list-recordings.ts",
      replace: 'import * as v from "valibot";',
      by: 'import dotenv from "dotenv";\nimport * as v from "valibot";',
    },
  ],
  dependencies: { "packages/recordings": ["dotenv"] },
  shows: {
    at: "run",
    async observe(stage, { packaged }) {
      const zip = unzipSync(await readFile(join(packaged, "listRecordings.zip")));
      const dotenv = strFromU8(zip[".env"] ?? new Uint8Array());
      expectText(dotenv, /AWS_SECRET_ACCESS_KEY/);
      const answer = await call(stage, "GET", "/recordings");
      expectText(answer, /answers 200/);
      const asked = stage.aws.decisions.find(({ action }) => action === "s3:ListBucket");
      const who = asked?.caller.type === "principal" ? asked.caller.arn : "nobody";
      expectText(who, /assumed-role/);
      return [
        answer,
        "S3 was asked by:",
        who,
        "listRecordings.zip has:",
        ...Object.keys(zip).sort(),
        "and its .env says:",
        ...dotenv.trim().split("\n"),
      ];
    },
  },
};
