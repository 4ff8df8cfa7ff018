import type { Lab } from "../lab.ts";
import { call, logged, wav } from "../observing.ts";

export const wrongOutputBucket: Lab = {
  name: "wrong-output-bucket",
  changes: [
    {
      file: "serverless.yml",
      at: ["functions", "startTranscription", "environment", "TRANSCRIPTS_BUCKET"],
      to: "my-transcripts",
    },
    {
      file: "packages/transcription/src/start-transcription.ts",
      replace: "OutputBucketName: bucket,",
      by: 'OutputBucketName: requiredVariable("TRANSCRIPTS_BUCKET"),',
    },
  ],
  shows: {
    at: "run",
    observe: async (stage) => [
      await call(stage, "POST", "/recordings", wav),
      ...(await logged(stage, "startTranscription", /AccessDeniedException/)),
    ],
    explain: {
      principal: "startTranscription",
      action: "transcribe:StartTranscriptionJob",
      resource: "*",
      context: ["transcribe:OutputBucketName=my-transcripts"],
    },
  },
};
