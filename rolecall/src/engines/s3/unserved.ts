/** What an operation is called after the sub-resource that it works on; the rest are in IRREGULAR. */
const NOUNS: Readonly<Record<string, string>> = {
  abac: "Abac",
  accelerate: "AccelerateConfiguration",
  acl: "Acl",
  analytics: "AnalyticsConfiguration",
  annotation: "Annotation",
  cors: "Cors",
  encryption: "Encryption",
  "intelligent-tiering": "IntelligentTieringConfiguration",
  inventory: "InventoryConfiguration",
  "legal-hold": "LegalHold",
  lifecycle: "LifecycleConfiguration",
  logging: "Logging",
  metadataConfiguration: "MetadataConfiguration",
  metadataTable: "MetadataTableConfiguration",
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
  "GET bucket session": "CreateSession",
  "POST bucket metadataConfiguration": "CreateBucketMetadataConfiguration",
  "POST bucket metadataTable": "CreateBucketMetadataTableConfiguration",
  "PUT bucket metadataAnnotationTable": "UpdateBucketMetadataAnnotationTableConfiguration",
  "PUT bucket metadataInventoryTable": "UpdateBucketMetadataInventoryTableConfiguration",
  "PUT bucket metadataJournalTable": "UpdateBucketMetadataJournalTableConfiguration",
  "PUT object encryption": "UpdateObjectEncryption",
  "PUT object renameObject": "RenameObject",
  "POST object restore": "RestoreObject",
  "POST object select": "SelectObjectContent",
};

/** Of what a bucket or an object has many: the parameter that names one. A GET without it lists them. */
const SELECTORS: Readonly<Record<string, string>> = {
  analytics: "id",
  annotation: "annotationName",
  "intelligent-tiering": "id",
  inventory: "id",
  metrics: "id",
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
      const named = (on === "bucket" ? "Bucket" : "Object") + noun;
      const selector = SELECTORS[parameter];
      const lists = verb === "Get" && selector !== undefined && !parameters.includes(selector);
      return lists ? `List${named}s` : verb + named;
    }
  }
  return undefined;
}
