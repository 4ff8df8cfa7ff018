import { parsePolicy } from "rolecall";
import { describe, expect, it } from "vitest";
import { comparePolicies } from "./policies.ts";

const bucket = "arn:aws:s3:::bucket";
const expected = parsePolicy({
  Version: "2012-10-17",
  Statement: [
    {
      Sid: "Read",
      Effect: "Allow",
      Action: ["s3:GetObject", "s3:PutObject"],
      Resource: [`${bucket}/a/*`, `${bucket}/b/*`],
    },
    {
      Sid: "List",
      Effect: "Allow",
      Action: "s3:ListBucket",
      Resource: bucket,
      Condition: { StringLike: { "s3:prefix": "a/*" } },
    },
  ],
});

const compare = (statements: readonly object[], options: { ignoreSids?: boolean } = {}) =>
  comparePolicies([expected], [JSON.stringify({ Version: "2012-10-17", Statement: statements })], {
    kind: "identity-based",
    ...options,
  });

const list = {
  Sid: "List",
  Effect: "Allow",
  Action: "s3:ListBucket",
  Resource: bucket,
  Condition: { StringLike: { "s3:prefix": "a/*" } },
};
const read = {
  Sid: "Read",
  Effect: "Allow",
  Action: ["s3:GetObject", "s3:PutObject"],
  Resource: [`${bucket}/a/*`, `${bucket}/b/*`],
};

describe("policies that say the same", () => {
  it.each([
    ["in another order", [list, read]],
    ["lists in another order", [{ ...read, Action: ["s3:PutObject", "s3:GetObject"] }, list]],
    ["one as a list", [read, { ...list, Action: ["s3:ListBucket"], Resource: [bucket] }]],
    ["actions in another case", [{ ...read, Action: ["S3:getobject", "s3:PUTOBJECT"] }, list]],
    [
      "condition keys in another case",
      [read, { ...list, Condition: { StringLike: { "S3:Prefix": ["a/*"] } } }],
    ],
    ["repeated values", [{ ...read, Action: ["s3:GetObject", "s3:PutObject", "s3:GetObject"] }, list]],
  ])("%s do not differ", (_, statements) => {
    expect(compare(statements)).toEqual([]);
  });

  it("do not differ by Sids that a service made up, where those are not compared", () => {
    expect(
      compare(
        [
          { ...read, Sid: "x1" },
          { ...list, Sid: "x2" },
        ],
        { ignoreSids: true },
      ),
    ).toEqual([]);
  });

  it("name an account by its id or its root", () => {
    const statement = (AWS: string) => ({
      Version: "2012-10-17",
      Statement: { Sid: "S", Effect: "Allow", Principal: { AWS }, Action: "sqs:SendMessage", Resource: "*" },
    });

    expect(
      comparePolicies(
        [parsePolicy(statement("123456789012"))],
        [JSON.stringify(statement("arn:aws:iam::123456789012:root"))],
        { kind: "resource-based" },
      ),
    ).toEqual([]);
  });
});

describe("policies that differ", () => {
  it.each([
    ["a statement less", [read], /^List: Allow s3:listbucket/, /^no such statement$/],
    ["a statement more", [read, list, { ...list, Sid: "More" }], /^no such statement$/, /^More: Allow/],
    [
      "another resource",
      [{ ...read, Resource: `${bucket}/*` }, list],
      /a\/\*, .*b\/\*$/,
      /on arn:aws:s3:::bucket\/\*$/,
    ],
    [
      "no condition",
      [read, { ...list, Condition: undefined }],
      /if s3:prefix StringLike a\/\*$/,
      /on arn:aws:s3:::bucket$/,
    ],
    [
      "values in another case",
      [read, { ...list, Condition: { StringLike: { "s3:prefix": "A/*" } } }],
      /a\/\*$/,
      /A\/\*$/,
    ],
    ["a Deny", [{ ...read, Effect: "Deny" }, list], /^Read: Allow/, /^Read: Deny/],
  ])("by %s show it, expected beside observed", (_, statements, wanted, seen) => {
    const differences = compare(statements);

    expect(differences).toHaveLength(1);
    expect(differences[0]?.expected).toMatch(wanted);
    expect(differences[0]?.observed).toMatch(seen);
  });

  it("are those that cannot be read, too", () => {
    const [first] = comparePolicies(
      [],
      ['{"Version":"2012-10-17","Statement":{"Effect":"Allow","Future":1}}'],
      {
        kind: "identity-based",
      },
    );

    expect(first?.observed).toMatch(/unknown element "Future"/);
  });
});
