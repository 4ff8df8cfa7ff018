import { audio, bucket, type Cases, set } from "../testing/changes.ts";

export const cases: Cases = {
  "bucket-without-tls": {
    found: [
      {
        when: "its policy is gone",
        change: (resources) => {
          delete resources.RecordingsBucketPolicy;
        },
        says: /no policy refuses s3:GetObject, s3:PutObject and s3:ListBucket/,
        at: ["resources/recordings-bucket.yml", "RecordingsBucket:"],
      },
      {
        when: "the bucket itself is left out",
        change: ({ RecordingsBucketPolicy }) => {
          RecordingsBucketPolicy.Properties.PolicyDocument.Statement[0].Resource.shift();
        },
        says: /no policy refuses s3:ListBucket/,
      },
      {
        when: "one role only is refused",
        change: ({ RecordingsBucketPolicy }) => {
          RecordingsBucketPolicy.Properties.PolicyDocument.Statement[0].Principal = {
            AWS: "arn:aws:iam::123456789012:role/one",
          };
        },
        says: /no policy refuses/,
      },
    ],
    notFound: [
      {
        when: "the refusal also asks for a new TLS",
        change: ({ RecordingsBucketPolicy }) => {
          RecordingsBucketPolicy.Properties.PolicyDocument.Statement.push({
            Sid: "RefuseOldTls",
            Effect: "Deny",
            Principal: "*",
            Action: "s3:*",
            Resource: [bucket, audio],
            Condition: { NumericLessThan: { "s3:TlsVersion": "1.2" } },
          });
        },
      },
    ],
  },
  "bucket-open-to-public": {
    found: [
      {
        when: "it says nothing",
        change: set("RecordingsBucket", { PublicAccessBlockConfiguration: undefined }),
        says: /does not say BlockPublicAcls, BlockPublicPolicy, IgnorePublicAcls and RestrictPublicBuckets/,
      },
      {
        when: "one is off",
        change: ({ RecordingsBucket }) => {
          RecordingsBucket.Properties.PublicAccessBlockConfiguration.BlockPublicPolicy = false;
        },
        says: /does not say BlockPublicPolicy, so/,
        at: ["resources/recordings-bucket.yml", "PublicAccessBlockConfiguration:"],
      },
    ],
    notFound: [
      {
        when: "true is written as text",
        change: ({ RecordingsBucket }) => {
          RecordingsBucket.Properties.PublicAccessBlockConfiguration.BlockPublicPolicy = "true";
        },
      },
    ],
  },
};
