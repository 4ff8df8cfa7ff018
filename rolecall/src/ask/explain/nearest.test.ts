import { describe, expect, it } from "vitest";
import { inspect } from "../../iam/inspect.ts";
import { allow, identity, OBJECT, request } from "../../iam/test-support.ts";
import type { AccessRequest } from "../../iam/types.ts";
import { nearestStatement } from "./nearest.ts";

const naming = {
  service: "photo-album",
  stage: "dev",
  accountId: "123456789012",
  region: "us-east-1",
  partition: "aws",
};
const actions = new Set(["s3:GetObject", "s3:PutObject", "s3:ListBucket", "s3:GetObjectVersion"]);

function nearest(statements: readonly object[], changes: Partial<AccessRequest> = {}) {
  const asked = request(changes);
  const inspection = inspect(asked, { identity: identity(...statements), resource: [] });
  return nearestStatement(inspection, "identity-based", asked, naming, (name) => actions.has(name));
}

const says = (...question: Parameters<typeof nearest>) =>
  nearest(...question)?.differences.map(({ part, says }) => `${part}: ${says}`);

describe("the nearest statement", () => {
  it("that names an operation of the API is told the action", () => {
    expect(says([allow({ Action: "s3:HeadObject" })])).toEqual([
      "action: s3:HeadObject is an operation of the API, and no action; what it asks for is s3:GetObject",
    ]);
  });

  it("that misspells the action is told its spelling", () => {
    expect(says([allow({ Action: "s3:GetObjects" })])).toEqual([
      "action: s3:GetObjects does not exist; it is spelled s3:GetObject",
    ]);
  });

  it("that names an action much like it, which exists, has another one", () => {
    expect(says([allow({ Action: "s3:GetObjectVersion" })])?.[0]).toMatch(
      /^action: another action: the statement has s3:GetObjectVersion/,
    );
  });

  it("that has an ARN for an action without resource types is told that only * fits", () => {
    const action = "transcribe:StartTranscriptionJob";
    const arn = "arn:aws:transcribe:us-east-1:123456789012:transcription-job/x";
    expect(says([allow({ Action: action, Resource: arn })], { action, resource: "*" })).toEqual([
      `resource: ${action} has no resource type, so that only "*" fits; the statement has ${arn}`,
    ]);
  });

  it("that has the bucket for its objects is told so", () => {
    expect(says([allow({ Resource: "arn:aws:s3:::photos" })])?.[0]).toMatch(
      /^resource: the bucket, not its objects/,
    );
  });

  it("that has objects for their bucket is told so", () => {
    const listing = { action: "s3:ListBucket", resource: "arn:aws:s3:::photos" };
    expect(
      says([allow({ Action: "s3:ListBucket", Resource: "arn:aws:s3:::photos/*" })], listing)?.[0],
    ).toMatch(/^resource: objects, not their bucket/);
  });

  it("is the one that lacks least", () => {
    const found = nearest([
      allow({ Sid: "OtherAction", Action: "s3:PutObject" }),
      allow({ Sid: "OtherBucket", Resource: "arn:aws:s3:::elsewhere/*" }),
      allow({ Sid: "OtherPrefix", Resource: "arn:aws:s3:::photos/results/*" }),
      allow({ Sid: "OtherService", Action: "sqs:SendMessage", Resource: "*" }),
    ]);
    expect(found?.statement.sid).toBe("OtherPrefix");
  });

  it("is none when nothing is about anything like it, or leaves it out on purpose", () => {
    expect(nearest([allow({ Action: "sqs:SendMessage" })])).toBeUndefined();
    expect(
      nearest([allow({ Action: "s3:PutObject", Resource: "arn:aws:s3:::elsewhere/*" })]),
    ).toBeUndefined();
    expect(nearest([{ Effect: "Allow", Action: "s3:GetObject", NotResource: OBJECT }])).toBeUndefined();
  });
});
