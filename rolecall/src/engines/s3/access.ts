import type { Gate, Principal } from "../../gate/types.ts";
import { denialMessage } from "../../iam/denial.ts";
import type { AccessRequest } from "../../iam/types.ts";
import { accessDenied } from "./errors.ts";
import type { Operation, OperationName } from "./operations.ts";
import { readCopySource, type S3Request } from "./request.ts";

/** What an operation needs to be allowed. */
export interface Need {
  readonly action: string;
  readonly resource: string;
  readonly context: AccessRequest["context"];
}

/** The ARNs of one partition's buckets and objects. */
export const bucketArn = (partition: string, bucket: string) => `arn:${partition}:s3:::${bucket}`;
export const objectArn = (partition: string, bucket: string, key: string) =>
  `${bucketArn(partition, bucket)}/${key}`;

/** The action on the bucket or the object that the request names; what else is needed depends on the request. */
const ACTIONS: Readonly<Record<OperationName, string | undefined>> = {
  ListBuckets: "s3:ListAllMyBuckets",
  GetBucketLocation: "s3:GetBucketLocation",
  HeadBucket: "s3:ListBucket",
  ListObjects: "s3:ListBucket",
  ListObjectsV2: "s3:ListBucket",
  ListObjectVersions: "s3:ListBucketVersions",
  GetBucketVersioning: "s3:GetBucketVersioning",
  ListMultipartUploads: "s3:ListBucketMultipartUploads",
  // Decided for each key in the body.
  DeleteObjects: undefined,
  PostObject: "s3:PutObject",
  GetObject: "s3:GetObject",
  HeadObject: "s3:GetObject",
  GetObjectAttributes: "s3:GetObjectAttributes",
  GetObjectTagging: "s3:GetObjectTagging",
  PutObject: "s3:PutObject",
  CopyObject: "s3:PutObject",
  DeleteObject: "s3:DeleteObject",
  CreateMultipartUpload: "s3:PutObject",
  UploadPart: "s3:PutObject",
  UploadPartCopy: "s3:PutObject",
  CompleteMultipartUpload: "s3:PutObject",
  AbortMultipartUpload: "s3:AbortMultipartUpload",
  ListParts: "s3:ListMultipartUploadParts",
};

/** What is asked for instead where a request names a version. */
const OF_A_VERSION: Readonly<Record<string, string>> = {
  "s3:DeleteObject": "s3:DeleteObjectVersion",
  "s3:GetObject": "s3:GetObjectVersion",
  "s3:GetObjectAttributes": "s3:GetObjectVersionAttributes",
  "s3:GetObjectTagging": "s3:GetObjectVersionTagging",
};

/** The action and the condition key that a version brings with it. */
function ofVersion(action: string, versionId: string | undefined) {
  if (versionId === undefined) return { action, context: {} };
  return { action: OF_A_VERSION[action] ?? action, context: { "s3:VersionId": versionId } };
}

/** Headers that are condition keys of the same name, each behind `s3:`. */
const HEADER_KEYS = new Set([
  "if-match",
  "if-none-match",
  "x-amz-acl",
  "x-amz-content-sha256",
  "x-amz-copy-source",
  "x-amz-grant-full-control",
  "x-amz-grant-read",
  "x-amz-grant-read-acp",
  "x-amz-grant-write",
  "x-amz-grant-write-acp",
  "x-amz-metadata-directive",
  "x-amz-server-side-encryption",
  "x-amz-server-side-encryption-aws-kms-key-id",
  "x-amz-server-side-encryption-customer-algorithm",
  "x-amz-storage-class",
  "x-amz-website-redirect-location",
]);

const LISTING_KEYS = ["prefix", "delimiter", "max-keys"];

/**
 * The questions to IAM behind a request.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/using-with-s3-policy-actions.html
 *
 * @param authentication condition keys that say how the request was signed
 */
export function needs(
  { name }: Operation,
  { bucket, key, query, headers }: Pick<S3Request, "bucket" | "key" | "query" | "headers">,
  partition: string,
  authentication: AccessRequest["context"],
): Need[] {
  const usual = ACTIONS[name];
  if (usual === undefined) return [];
  const versionId = query.get("versionId");
  const version = ofVersion(usual, versionId);
  const { action } = version;
  const context = {
    ...authentication,
    ...headerContext(headers),
    ...listingContext(action, query),
    ...version.context,
  };
  const resource =
    bucket === undefined
      ? bucketArn(partition, "*")
      : key === undefined
        ? bucketArn(partition, bucket)
        : objectArn(partition, bucket, key);
  const needed: Need[] = [{ action, resource, context }];
  if (action === "s3:PutObject")
    needed.push(
      ...objectSettings(headers).map((more) => ({
        ...more,
        resource,
        context: { ...context, ...more.context },
      })),
    );
  // https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObjectAttributes.html
  if (name === "GetObjectAttributes")
    needed.push({ action: ofVersion("s3:GetObject", versionId).action, resource, context });
  if (comparesEtag(name, headers.get("if-match"))) needed.push({ action: "s3:GetObject", resource, context });
  const source = headers.get("x-amz-copy-source");
  if (source !== undefined) {
    const from = readCopySource(source);
    const { action: read, context: ofSource } = ofVersion("s3:GetObject", from.versionId);
    needed.unshift({
      action: read,
      resource: objectArn(partition, from.bucket, from.key),
      context: { ...context, ...ofSource },
    });
  }
  return needed;
}

/**
 * Whether a change depends on an entity tag, which only those may learn who may read the object.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-deletes.html
 */
function comparesEtag(name: OperationName, ifMatch: string | undefined): boolean {
  return ifMatch !== undefined && ifMatch !== "*" && CONDITIONAL_CHANGES.has(name);
}

const CONDITIONAL_CHANGES: ReadonlySet<OperationName> = new Set([
  "PutObject",
  "CopyObject",
  "CompleteMultipartUpload",
  "DeleteObject",
]);

/** The questions behind deleting one of many objects. */
export function deleteNeed(
  partition: string,
  bucket: string,
  key: string,
  versionId: string | undefined,
  authentication: AccessRequest["context"],
): Need {
  const { action, context } = ofVersion("s3:DeleteObject", versionId);
  return {
    action,
    resource: objectArn(partition, bucket, key),
    context: { ...authentication, ...context },
  };
}

/**
 * What S3 asks before it says that an object is not there. No prefix is in question, so a statement that allows
 * listing under a prefix only does not allow it: public reports disagree about this, and here the stricter reading
 * holds.
 * https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html
 */
export function absenceNeed(
  partition: string,
  bucket: string,
  authentication: AccessRequest["context"],
): Need {
  return { action: "s3:ListBucket", resource: bucketArn(partition, bucket), context: authentication };
}

/** @throws {S3Error} AccessDenied in the words of S3, which puts the resource in quotes */
export function requireAllowed(gate: Gate, principal: Principal, need: Need): void {
  const message = denial(gate, principal, need);
  if (message !== undefined) throw accessDenied(message);
}

/** Why the principal may not do this; undefined when it may. */
export function denial(gate: Gate, principal: Principal, need: Need): string | undefined {
  const decision = gate.authorize(principal, need);
  if (decision.outcome === "allowed") return undefined;
  const { action } = need;
  // Whoever lists the buckets asked for none of them, and is told of none.
  const resource = action === "s3:ListAllMyBuckets" ? "*" : need.resource;
  return denialMessage({ caller: principal.caller, action, resource }, decision, { quoteResource: true });
}

function headerContext(headers: ReadonlyMap<string, string>): Record<string, string> {
  return Object.fromEntries(
    [...headers].filter(([name]) => HEADER_KEYS.has(name)).map(([name, value]) => [`s3:${name}`, value]),
  );
}

function listingContext(action: string, query: ReadonlyMap<string, string>): Record<string, string> {
  if (action !== "s3:ListBucket" && action !== "s3:ListBucketVersions") return {};
  return Object.fromEntries(
    LISTING_KEYS.flatMap((name) => {
      const value = query.get(name);
      return value === undefined ? [] : [[`s3:${name}`, value] as const];
    }),
  );
}

/** Writing an object with an ACL or with tags needs more than writing it. */
function objectSettings(headers: ReadonlyMap<string, string>): Omit<Need, "resource">[] {
  const settings: Omit<Need, "resource">[] = [];
  if ([...headers.keys()].some((name) => name === "x-amz-acl" || name.startsWith("x-amz-grant-"))) {
    settings.push({ action: "s3:PutObjectAcl", context: {} });
  }
  const tagging = headers.get("x-amz-tagging");
  if (tagging !== undefined) {
    const tags = [...new URLSearchParams(tagging)];
    const context = Object.fromEntries(tags.map(([tag, value]) => [`s3:RequestObjectTag/${tag}`, value]));
    settings.push({
      action: "s3:PutObjectTagging",
      context: { ...context, "s3:RequestObjectTagKeys": tags.map(([tag]) => tag) },
    });
  }
  return settings;
}
