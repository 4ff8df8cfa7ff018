/** What an operation is called after the sub-resource that it works on; the rest are in IRREGULAR. */
const NOUNS: Readonly<Record<string, string>> = {
  accelerate: "AccelerateConfiguration",
  acl: "Acl",
  analytics: "AnalyticsConfiguration",
  cors: "Cors",
  encryption: "Encryption",
  "intelligent-tiering": "IntelligentTieringConfiguration",
  inventory: "InventoryConfiguration",
  "legal-hold": "LegalHold",
  lifecycle: "LifecycleConfiguration",
  logging: "Logging",
  metrics: "MetricsConfiguration",
  notification: "NotificationConfiguration",
  ownershipControls: "OwnershipControls",
  policy: "Policy",
  policyStatus: "PolicyStatus",
  replication: "Replication",
  requestPayment: "RequestPayment",
  retention: "Retention",
  tagging: "Tagging",
  torrent: "Torrent",
  versioning: "Versioning",
  website: "Website",
};

const IRREGULAR: Readonly<Record<string, string>> = {
  "PUT bucket": "CreateBucket",
  "DELETE bucket": "DeleteBucket",
  "DELETE bucket lifecycle": "DeleteBucketLifecycle",
  "GET bucket object-lock": "GetObjectLockConfiguration",
  "PUT bucket object-lock": "PutObjectLockConfiguration",
  "GET bucket publicAccessBlock": "GetPublicAccessBlock",
  "PUT bucket publicAccessBlock": "PutPublicAccessBlock",
  "DELETE bucket publicAccessBlock": "DeletePublicAccessBlock",
  "GET bucket versions": "ListObjectVersions",
  "POST object restore": "RestoreObject",
  "POST object select": "SelectObjectContent",
};

const VERBS: Readonly<Record<string, string>> = { DELETE: "Delete", GET: "Get", PUT: "Put" };

/**
 * What AWS calls an operation that is not served; undefined for a request that is none.
 * https://docs.aws.amazon.com/AmazonS3/latest/API/API_Operations_Amazon_Simple_Storage_Service.html
 *
 * @param parameters the query's names that no served operation knows
 */
export function unservedOperation(
  method: string,
  on: "service" | "bucket" | "object",
  parameters: readonly string[],
): string | undefined {
  if (parameters.length === 0) return IRREGULAR[`${method} ${on}`];
  for (const parameter of parameters) {
    const irregular = IRREGULAR[`${method} ${on} ${parameter}`];
    if (irregular !== undefined) return irregular;
    const [verb, noun] = [VERBS[method], NOUNS[parameter]];
    if (verb !== undefined && noun !== undefined && on !== "service") {
      return verb + (on === "bucket" ? "Bucket" : "Object") + noun;
    }
  }
  return undefined;
}
