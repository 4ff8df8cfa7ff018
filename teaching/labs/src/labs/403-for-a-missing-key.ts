import type { Lab } from "../lab.ts";
import { call, logged, recordingId } from "../observing.ts";

export const forbiddenForAMissingKey: Lab = {
  name: "403-for-a-missing-key",
  changes: [
    {
      file: "packages/core/src/stored-audio.ts",
      replace: 'import { ListObjectsV2Command, type S3Client } from "@aws-sdk/client-s3";',
      by: 'import { GetObjectCommand, NoSuchKey, type S3Client } from "@aws-sdk/client-s3";',
    },
    {
      file: "packages/core/src/stored-audio.ts",
      replace: `  const Prefix = audioKey(recording);
  const { Contents = [] } = await s3.send(new ListObjectsV2Command({ Bucket: bucket, Prefix, MaxKeys: 1 }));
  return Contents.find(({ Key }) => Key === Prefix);
`,
      by: `  try {
    return await s3.send(new GetObjectCommand({ Bucket: bucket, Key: audioKey(recording) }));
  } catch (error) {
    if (error instanceof NoSuchKey) return undefined;
    throw error;
  }
`,
    },
    {
      file: "serverless.yml",
      at: ["functions", "readRecording", "iamRoleStatements", { Sid: "FindAudio" }],
      to: undefined,
    },
  ],
  shows: {
    at: "run",
    observe: async (stage) => [
      await call(stage, "GET", `/recordings/${recordingId}`),
      ...(await logged(stage, "readRecording", /s3:ListBucket/)),
    ],
    explain: "message",
  },
};
