import { bucket, type Cases, films, set } from "../testing/changes.ts";

export const cases: Cases = {
  "bucket-without-tls": {
    found: [
      {
        when: "its policy is gone",
        change: (resources) => {
          delete resources.FilmsBucketPolicy;
        },
        says: /no policy refuses s3:GetObject, s3:PutObject and s3:ListBucket/,
        at: ["resources/films-bucket.yml", "FilmsBucket:"],
      },
      {
        when: "the bucket itself is left out",
        change: ({ FilmsBucketPolicy }) => {
          FilmsBucketPolicy.Properties.PolicyDocument.Statement[0].Resource.shift();
        },
        says: /no policy refuses s3:ListBucket/,
      },
      {
        when: "one role only is refused",
        change: ({ FilmsBucketPolicy }) => {
          FilmsBucketPolicy.Properties.PolicyDocument.Statement[0].Principal = {
            AWS: "arn:aws:iam::123456789012:role/one",
          };
        },
        says: /no policy refuses/,
      },
    ],
    notFound: [
      {
        when: "the refusal also asks for a new TLS",
        change: ({ FilmsBucketPolicy }) => {
          FilmsBucketPolicy.Properties.PolicyDocument.Statement.push({
            Sid: "RefuseOldTls",
            Effect: "Deny",
            Principal: "*",
            Action: "s3:*",
            Resource: [bucket, films],
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
        change: set("FilmsBucket", { PublicAccessBlockConfiguration: undefined }),
        says: /does not say BlockPublicAcls, BlockPublicPolicy, IgnorePublicAcls and RestrictPublicBuckets/,
      },
      {
        when: "one is off",
        change: ({ FilmsBucket }) => {
          FilmsBucket.Properties.PublicAccessBlockConfiguration.BlockPublicPolicy = false;
        },
        says: /does not say BlockPublicPolicy, so/,
        at: ["resources/films-bucket.yml", "PublicAccessBlockConfiguration:"],
      },
    ],
    notFound: [
      {
        when: "true is written as text",
        change: ({ FilmsBucket }) => {
          FilmsBucket.Properties.PublicAccessBlockConfiguration.BlockPublicPolicy = "true";
        },
      },
    ],
  },
};
