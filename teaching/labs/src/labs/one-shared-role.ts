import { DeleteObjectCommand } from "@aws-sdk/client-s3";
import { recordingsBucket } from "@voice-notes/scenarios";
import type { Lab } from "../lab.ts";
import { recordingId } from "../observing.ts";

export const oneSharedRole: Lab = {
  name: "one-shared-role",
  changes: [
    { file: "serverless.yml", at: ["plugins", "serverless-iam-roles-per-function"], to: undefined },
    { file: "serverless.yml", at: ["plugins", "./resources/least-privilege.js"], to: undefined },
    {
      file: "serverless.yml",
      at: ["provider", "iam", "role"],
      to: `permissionsBoundary: \${param:boundary, null}
statements:
  - Effect: Allow
    Action: [s3:PutObject, s3:GetObject, s3:DeleteObject, s3:ListBucket]
    Resource: [!GetAtt RecordingsBucket.Arn, !Sub "\${RecordingsBucket.Arn}/*"]
  - Effect: Allow
    Action: transcribe:*
    Resource: "*"
`,
    },
    // Nobody reads the functions' iamRoleStatements any more, and the framework would say so.
    { file: "serverless.yml", at: ["configValidationMode"], to: "warn" },
  ],
  shows: {
    at: "run",
    async observe({ aws, as }) {
      const Key = `audio/${recordingId}`;
      await aws.objects.put(recordingsBucket(aws), Key, Buffer.from("RIFF"));
      const { $metadata } = await as("listRecordings").s3.send(
        new DeleteObjectCommand({ Bucket: recordingsBucket(aws), Key }),
      );
      return [`DeleteObject of ${Key}, as listRecordings, answers ${$metadata.httpStatusCode}`];
    },
    explain: { principal: "listRecordings", action: "s3:DeleteObject", resource: "audio/x.wav" },
  },
  rule: "shared-role",
};
