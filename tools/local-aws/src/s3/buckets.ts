import { type Answer, type BucketCall, type Call, xmlAnswer } from "./call.ts";

export function listBuckets({ store, accountId }: Call): Answer {
  const buckets = [...store.values()].sort((left, right) => (left.name < right.name ? -1 : 1));
  return xmlAnswer([
    "ListAllMyBucketsResult",
    [
      ["Owner", [["ID", accountId]]],
      [
        "Buckets",
        buckets.map(
          ({ name, created }) =>
            [
              "Bucket",
              [
                ["Name", name],
                ["CreationDate", created.toISOString()],
              ],
            ] as const,
        ),
      ],
    ],
  ]);
}

export function headBucket({ region }: BucketCall): Answer {
  return { status: 200, headers: { "x-amz-bucket-region": region, "x-amz-access-point-alias": "false" } };
}

/** https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetBucketLocation.html: us-east-1 is said by saying nothing. */
export function getBucketLocation({ region }: BucketCall): Answer {
  return xmlAnswer(["LocationConstraint", region === "us-east-1" ? "" : region]);
}
