import type { XmlElement } from "../../gate/xml.ts";
import { type Answer, type BucketCall, type Call, xmlAnswer } from "./call.ts";
import { invalidArgument } from "./errors.ts";
import { optional, readToken, writeToken } from "./list-objects.ts";

const MAX_BUCKETS = 10_000;

/** https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListBuckets.html */
export function listBuckets({ request: { query }, store, accountId, region }: Call): Answer {
  const prefix = query.get("prefix") ?? "";
  const token = query.get("continuation-token");
  const after = token === undefined ? "" : readToken(token);
  const found = [...store.values()]
    .filter(({ name }) => name.startsWith(prefix) && name > after)
    .filter(() => (query.get("bucket-region") ?? region) === region)
    .sort((left, right) => (left.name < right.name ? -1 : 1));
  const page = found.slice(0, readMaxBuckets(query.get("max-buckets")));
  const last = page.length < found.length ? page.at(-1) : undefined;
  // S3 tells the region to those who ask for a page or a part of the list.
  const asksForPart = ["bucket-region", "continuation-token", "max-buckets", "prefix"].some((name) =>
    query.has(name),
  );
  return xmlAnswer([
    "ListAllMyBucketsResult",
    [
      ["Owner", [["ID", accountId]]],
      [
        "Buckets",
        page.map(
          ({ name, created }): XmlElement => [
            "Bucket",
            [
              ["Name", name],
              ["CreationDate", created.toISOString()],
              ...optional("BucketRegion", asksForPart ? region : undefined),
            ],
          ],
        ),
      ],
      ...optional("ContinuationToken", last && writeToken(last.name)),
      ...optional("Prefix", query.get("prefix")),
    ],
  ]);
}

/** @throws {S3Error} InvalidArgument */
function readMaxBuckets(text = String(MAX_BUCKETS)): number {
  if (/^\d{1,5}$/.test(text) && Number(text) >= 1 && Number(text) <= MAX_BUCKETS) return Number(text);
  throw invalidArgument(
    `Argument max-buckets must be an integer between 1 and ${MAX_BUCKETS}`,
    "max-buckets",
    text,
  );
}

export function headBucket({ region }: BucketCall): Answer {
  return { status: 200, headers: { "x-amz-bucket-region": region, "x-amz-access-point-alias": "false" } };
}

/** https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetBucketLocation.html: us-east-1 is said by saying nothing. */
export function getBucketLocation({ region }: BucketCall): Answer {
  return xmlAnswer(["LocationConstraint", region === "us-east-1" ? "" : region]);
}
