import fc from "fast-check";
import { beforeAll, expect, it } from "vitest";
import { parsePolicy } from "../../iam/policy.ts";
import { policyOf } from "../../run/testing/changed-package.ts";
import { type Packaged, packaged } from "./testing/packaged.ts";

let dev: Packaged;

beforeAll(async () => {
  dev = await packaged();
});

const text = fc.string({ minLength: 1, maxLength: 12 });
const action = fc.oneof(
  fc.constantFrom("*", "s3:*", "s3:GetObject", "S3:listbucket", "sqs:Send*", "iam:PassRole", "nothing:Here"),
  fc.constantFrom("transcribe:StartTranscriptionJob", "dynamodb:GetItem", "sts:AssumeRole", "kms:?ecrypt"),
  fc.stringMatching(/^[a-z0-9-]{1,8}:[A-Za-z0-9*?]{1,8}$/),
);
const resource = fc.oneof(
  fc.constantFrom("*", "arn:aws:s3:::*", "arn:aws:sqs:*", "arn:*:sqs:*:*:*", "arn:aws:s3:::a/b*"),
  fc.constantFrom(
    "arn:aws-cn:s3:::a",
    "arn:aws:iam::aws:policy/a",
    "arn:aws:lambda:us-east-1:1:function:a:*",
  ),
  // biome-ignore lint/suspicious/noTemplateCurlyInString: what IAM replaces
  fc.constantFrom("arn:aws:s3:::a/${aws:username}", "arn:aws:s3:::a/${*}"),
  fc.stringMatching(/^arn:aws:[a-z0-9]{1,5}:[a-z*?:]{0,9}[A-Za-z0-9*?/:._-]{0,20}$/),
);
const key = fc.oneof(
  fc.constantFrom("aws:SourceArn", "aws:sourceaccount", "aws:SecureTransport", "aws:TagKeys", "s3:prefix"),
  fc.constantFrom(
    "aws:ResourceTag/a",
    "aws:ResourceTag/",
    "kms:EncryptionContext:a",
    "saml:sub",
    "aws:",
    ":",
  ),
  text,
);
const values = fc.oneof(
  fc.record({
    operator: fc.constantFrom(
      "StringEquals",
      "StringNotEqualsIfExists",
      "StringLike",
      "ForAllValues:StringLike",
      "ForAnyValue:StringNotLike",
    ),
    value: text,
  }),
  fc.record({
    operator: fc.constantFrom("Bool", "Null", "BoolIfExists"),
    value: fc.constantFrom("true", "FALSE"),
  }),
  fc.record({ operator: fc.constantFrom("ArnLike", "ArnNotEquals"), value: fc.constant("arn:*:*:*:*:*") }),
  fc.record({ operator: fc.constantFrom("NumericLessThan", "DateGreaterThan"), value: fc.constant("2026") }),
  fc.record({ operator: fc.constant("IpAddress"), value: fc.constantFrom("0.0.0.0/0", "::1") }),
);
const conditions = fc
  .array(fc.tuple(key, values), { maxLength: 3 })
  .map((all) =>
    Object.fromEntries(all.map(([name, { operator, value }]) => [operator, { [name]: [value] }])),
  );
const some = <Value>(one: fc.Arbitrary<Value>) => fc.array(one, { minLength: 1, maxLength: 3 });

const body = fc
  .record({
    Effect: fc.constantFrom("Allow", "Deny"),
    Sid: fc.option(fc.stringMatching(/^[A-Za-z0-9]{1,6}$/), { nil: undefined }),
    action: fc.tuple(fc.constantFrom("Action", "Action", "NotAction"), some(action)),
    resource: fc.tuple(fc.constantFrom("Resource", "Resource", "NotResource"), some(resource)),
    Condition: conditions,
  })
  .map(({ action: [acts, actions], resource: [on, resources], Sid, ...rest }) => ({
    ...rest,
    ...(Sid !== undefined && { Sid }),
    [acts]: actions,
    [on]: resources,
  }));
const principal = fc.tuple(
  fc.constantFrom("Principal", "Principal", "NotPrincipal"),
  fc.constantFrom<unknown>(
    "*",
    { AWS: "*" },
    { AWS: "123456789012" },
    { AWS: ["arn:aws:iam::210987654321:role/a"] },
    { Service: ["s3.amazonaws.com", "sns.amazonaws.com"] },
    { Federated: "accounts.google.com" },
  ),
);

/** What IAM would store. */
function isValid(statements: readonly object[], kind: "identity-based" | "resource-based"): boolean {
  try {
    parsePolicy({ Version: "2012-10-17", Statement: statements }, kind);
    return true;
  } catch {
    return false;
  }
}

it("no rule throws on any policy that IAM would store, and every finding says what to do", async () => {
  const identity = some(body).filter((statements) => isValid(statements, "identity-based"));
  const onQueue = some(
    fc.tuple(body, principal).map(([rest, [element, who]]) => ({ ...rest, [element]: who })),
  ).filter((statements) => isValid(statements, "resource-based"));
  const version = fc.constantFrom("2008-10-17", "2012-10-17");

  await fc.assert(
    fc.asyncProperty(identity, onQueue, version, async (ofRole, ofQueue, Version) => {
      const change = (resources: Parameters<typeof policyOf>[0]) => {
        Object.assign(policyOf(resources, "KeepFilm"), { Version, Statement: ofRole });
        resources.ReelsQueuePolicy.Properties.PolicyDocument.Statement = ofQueue;
      };
      fc.pre(isService(() => dev.service(change)));
      for (const { rule, subject, message, fix } of await dev.lint(change)) {
        expect(rule).toMatch(/^[a-z]+(-[a-z]+)*$/);
        expect(subject).not.toBe("");
        expect(message).toMatch(/\.$/);
        expect(fix).toMatch(/\.$/);
        expect(message + fix).not.toMatch(/undefined|\[object/);
      }
    }),
    { numRuns: 200 },
  );
});

/** Fn::Sub and the older version read some texts otherwise; what they refuse is not the lint's. */
function isService(describe: () => unknown): boolean {
  try {
    describe();
    return true;
  } catch {
    return false;
  }
}
