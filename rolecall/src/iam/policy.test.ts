// biome-ignore-all lint/suspicious/noTemplateCurlyInString: policy variables are written like that
import { describe, expect, it } from "vitest";
import { parsePolicy } from "./policy.ts";

const statement = { Effect: "Allow", Action: "s3:GetObject", Resource: "*" };
const document = (changes: object = {}) => ({
  Version: "2012-10-17",
  Statement: { ...statement, ...changes },
});

describe("a policy", () => {
  it("has every one-or-many field made a list", () => {
    expect(
      parsePolicy({
        Version: "2012-10-17",
        Id: "example",
        Statement: {
          Sid: "ReadAudio",
          Effect: "Allow",
          Principal: { AWS: "123456789012", Service: ["s3.amazonaws.com"] },
          Action: "s3:GetObject",
          NotResource: ["arn:aws:s3:::photos/*"],
          Condition: {
            Bool: { "aws:SecureTransport": true },
            NumericLessThan: { "s3:max-keys": [10, "20"] },
          },
        },
      }),
    ).toEqual({
      version: "2012-10-17",
      id: "example",
      statements: [
        {
          sid: "ReadAudio",
          effect: "Allow",
          principals: {
            not: false,
            anyone: false,
            aws: ["123456789012"],
            services: ["s3.amazonaws.com"],
            federated: [],
          },
          actions: { not: false, patterns: ["s3:GetObject"] },
          resources: { not: true, patterns: ["arn:aws:s3:::photos/*"] },
          conditions: [
            { operator: "Bool", key: "aws:SecureTransport", values: ["true"] },
            { operator: "NumericLessThan", key: "s3:max-keys", values: ["10", "20"] },
          ],
        },
      ],
    });
  });

  it("without a Version is of the old one", () => {
    expect(parsePolicy({ Statement: [statement] }).version).toBe("2008-10-17");
  });

  it('with the Principal "*" names anyone', () => {
    const anyone = { not: false, anyone: true, aws: ["*"], services: [], federated: [] };
    expect(parsePolicy(document({ Principal: "*" })).statements[0]?.principals).toEqual(anyone);
    expect(parsePolicy(document({ Principal: { AWS: "*" } })).statements[0]?.principals).toEqual(anyone);
  });

  it.each([
    [{ Sid: "ReadAudio", Resouce: "*" }, 'statement 1 (Sid "ReadAudio"): unknown element "Resouce"'],
    [{ Effect: "Permit" }, "statement 1: Effect: "],
    [{ Action: undefined }, "statement 1: neither Action nor NotAction"],
    [{ Resource: undefined }, "statement 1: neither Resource nor NotResource"],
    [{ NotAction: "s3:*" }, "both Action and NotAction"],
    [{ NotResource: "*" }, "both Resource and NotResource"],
    [{ Principal: "*", NotPrincipal: "*" }, "both Principal and NotPrincipal"],
    [{ Resource: { Ref: "Bucket" } }, "statement 1: Resource: expected a string or a list of strings"],
    [{ Resource: "photos" }, '"photos" names no resource'],
    [{ Resource: "arn:aws:*:::photos" }, "names no resource"],
    [{ Resource: "arn:aws:sqs:us-east-1:${aws:PrincipalAccount}:q" }, "sixth segment only"],
    [{ Action: "GetObject" }, '"GetObject" names no action'],
    [{ Action: "s*:GetObject" }, "names no action"],
    [{ Condition: { StringIs: { "s3:prefix": "a" } } }, 'unknown condition operator "StringIs"'],
    [{ Principal: { AWS: "arn:aws:iam::123456789012:role/*" } }, "names no principal"],
    [{ Principal: { Canonical: "abc" } }, "statement 1: Principal"],
  ])("with %j is refused by name", (changes, message) => {
    expect(() => parsePolicy(document(changes))).toThrow(message);
  });

  it("is refused when it is no policy at all", () => {
    expect(() => parsePolicy({ Version: "2020-01-01", Statement: [] })).toThrow("Version");
    expect(() => parsePolicy({ Version: "2012-10-17" })).toThrow("Statement");
    expect(() => parsePolicy({ ...document(), Statments: [] })).toThrow('unknown element "Statments"');
    expect(() => parsePolicy("policy")).toThrow("policy: ");
    expect(() => parsePolicy(null)).toThrow("policy: ");
  });

  it("does not repeat a Sid", () => {
    const twice = [
      { ...statement, Sid: "A" },
      { ...statement, Sid: "A" },
    ];
    expect(() => parsePolicy({ Version: "2012-10-17", Statement: twice })).toThrow('the Sid "A"');
  });

  it("names principals where it is attached to a resource, and there only", () => {
    expect(() => parsePolicy(document(), "resource-based")).toThrow("names its Principal");
    expect(() => parsePolicy(document({ Principal: "*" }), "identity-based")).toThrow("no place");
    expect(() => parsePolicy(document({ Principal: "*", Resource: undefined }), "trust")).not.toThrow();
  });

  it("has Sids of letters and digits where IAM stores it", () => {
    expect(() => parsePolicy(document({ Sid: "read audio" }), "identity-based")).toThrow(
      "letters and digits",
    );
    expect(() =>
      parsePolicy(document({ Sid: "read audio", Principal: "*" }), "resource-based"),
    ).not.toThrow();
  });
});
