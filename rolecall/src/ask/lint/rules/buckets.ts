import { decide } from "../../../iam/evaluate.ts";
import { hasUnknown } from "../../../iam/unknown.ts";
import type { Rule } from "../finding.ts";
import { at, ofType } from "../stack.ts";
import { isPartlyUnknown } from "../statements.ts";
import { list } from "../words.ts";

/** https://docs.aws.amazon.com/AmazonS3/latest/userguide/security-best-practices.html */
export const bucketWithoutTls: Rule = {
  name: "bucket-without-tls",
  *check({ service, sources }) {
    const { stack, resourcePolicies } = service;
    const { accountId, partition } = stack.environment;
    const anyone = `arn:${partition}:iam::${accountId}:user/anyone`;
    for (const { logicalId, arn } of ofType(stack, "AWS::S3::Bucket")) {
      // A Deny may stand where nothing is known.
      if (arn === undefined || (resourcePolicies.get(arn) ?? []).some(isPartlyUnknown)) continue;
      const asked = [
        { action: "s3:GetObject", resource: `${arn}/any` },
        { action: "s3:PutObject", resource: `${arn}/any` },
        { action: "s3:ListBucket", resource: arn },
      ];
      const open = asked.filter(
        ({ action, resource }) =>
          decide(
            {
              caller: { type: "principal", arn: anyone, principalArn: anyone, accountId },
              action,
              resource,
              resourceAccountId: accountId,
              context: { "aws:SecureTransport": "false" },
            },
            { identity: [], resource: resourcePolicies.get(arn) ?? [] },
          ).outcome !== "explicitly denied",
      );
      if (open.length === 0) continue;
      yield {
        severity: "error",
        subject: logicalId,
        message: `${logicalId}: no policy refuses ${list(
          open.map(({ action }) => action),
          "and",
        )} over a connection without TLS.`,
        fix: 'Give it a bucket policy: Deny "*" s3:* on the bucket and on its objects, if Bool aws:SecureTransport: "false".',
        source: sources.resourceLine(logicalId),
      };
    }
  },
};

const blocks = ["BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets"];

/** https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html */
export const bucketOpenToPublic: Rule = {
  name: "bucket-open-to-public",
  *check({ service, sources }) {
    for (const { logicalId, properties } of ofType(service.stack, "AWS::S3::Bucket")) {
      if (!isTold(properties.PublicAccessBlockConfiguration)) continue;
      const missing = blocks.filter(
        (block) => !isTrue(at(properties, "PublicAccessBlockConfiguration", block)),
      );
      if (missing.length === 0) continue;
      const isDefault = properties.PublicAccessBlockConfiguration === undefined;
      yield {
        severity: isDefault ? "warning" : "error",
        subject: logicalId,
        message: `${logicalId}: PublicAccessBlockConfiguration does not say ${list(missing, "and")}, so ${
          isDefault
            ? "it has what S3 gives new buckets, and nothing in the template keeps it"
            : "a policy or an ACL can open the bucket to the public"
        }.`,
        fix: `Set ${list(missing, "and")} to true.`,
        source: sources.resourceLine(logicalId, "Properties", "PublicAccessBlockConfiguration"),
      };
    }
  },
};

/** What is not known may be true. */
const isTrue = (value: unknown) => String(value) === "true" || !isTold(value);

const isTold = (value: unknown) => typeof value !== "string" || !hasUnknown(value);
