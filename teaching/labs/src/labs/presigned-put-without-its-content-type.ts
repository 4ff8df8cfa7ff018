import { recordingsBucket } from "@voice-notes/scenarios";
import type { Lab, LocalStage } from "../lab.ts";
import { expectText } from "../observing.ts";

const file = "packages/upload/src/issue-upload-form.ts";

export const presignedPutWithoutItsContentType: Lab = {
  name: "presigned-put-without-its-content-type",
  changes: [
    {
      file,
      replace:
        'import { S3Client } from "@aws-sdk/client-s3";\nimport { createPresignedPost } from "@aws-sdk/s3-presigned-post";\n',
      by: 'import { PutObjectCommand, S3Client } from "@aws-sdk/client-s3";\nimport { getSignedUrl } from "@aws-sdk/s3-request-presigner";\n',
    },
    {
      file,
      replace: `  const form = await createPresignedPost(s3, {
    Bucket: bucket,
    Key: audioKey(recording),
    Fields: { "Content-Type": mediaType },
    Conditions: [["content-length-range", 1, largestUpload]],
    Expires: lifetime,
  });
  return json(
    201,
    { ...recording, form, expiresAt, maxBytes: largestUpload },
`,
      by: `  const url = await getSignedUrl(
    s3,
    new PutObjectCommand({ Bucket: bucket, Key: audioKey(recording), ContentType: mediaType }),
    { expiresIn: lifetime },
  );
  return json(
    201,
    { ...recording, url, expiresAt },
`,
    },
  ],
  dependencies: { "packages/upload": ["@aws-sdk/s3-request-presigner"] },
  shows: {
    at: "run",
    async observe(stage) {
      const { id, url } = await askForUrl(stage);
      const signed = new URL(url).searchParams.get("X-Amz-SignedHeaders");
      const answer = await fetch(url, {
        method: "PUT",
        headers: { "content-type": "text/html" },
        body: "<script>alert(1)</script>",
      });
      expectText(String(answer.status), /^200$/);
      const stored = await stage.aws.objects.head(recordingsBucket(stage.aws), `audio/${id}`);
      const type = stored?.contentType ?? "nothing";
      expectText(type, /^text\/html$/);
      return [
        "POST /upload-forms for audio/wav answers a URL, signed over:",
        `X-Amz-SignedHeaders=${signed}`,
        `PUT to that URL, Content-Type: text/html, answers ${answer.status}`,
        `S3 has the object with Content-Type: ${type}`,
      ];
    },
    explain: { principal: "issueUploadForm", action: "s3:PutObject", resource: "audio/x.wav" },
  },
};

async function askForUrl({ api }: LocalStage): Promise<{ readonly id: string; readonly url: string }> {
  const response = await api.call("POST", "/upload-forms", {
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ contentType: "audio/wav" }),
  });
  return (await response.json()) as { id: string; url: string };
}
