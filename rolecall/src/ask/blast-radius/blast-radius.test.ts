import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import { inTheBestContext } from "../../iam/best-context.ts";
import { decide } from "../../iam/evaluate.ts";
import { parsePolicy } from "../../iam/policy.ts";
import { ACCOUNT, request } from "../../iam/test-support.ts";
import { type FilmArchive, filmArchive, statementsOf } from "../../testing/film-archive/film-archive.ts";
import { blastRadius } from "./blast-radius.ts";
import { universeOf } from "./pairs.ts";

let service: FilmArchive["service"];

beforeAll(async () => {
  ({ service } = await filmArchive());
});

/** How far listFilms reaches with one more statement in its role. */
async function reachWith(...statements: object[]) {
  const { roles, pairs } = await blastRadius(
    service((resources) => {
      statementsOf(resources, "ListFilms").push(...statements);
    }),
  );
  const reach = roles.find(({ functionKey }) => functionKey === "listFilms");
  return { ...reach, pairs };
}

describe("the pairs that roles are measured by", () => {
  it("join each action with the stack's resources of its types, and with one foreign resource of each", async () => {
    const { pairs } = await universeOf(service());
    const resourcesOf = (action: string) =>
      pairs.filter((pair) => pair.action === action).map(({ resource, whose }) => `${whose} ${resource}`);
    const bucket = "arn:aws:s3:::film-archive-dev-123456789012-us-east-1";

    expect(resourcesOf("transcribe:StartTranscriptionJob")).toEqual(["any *"]);
    expect(resourcesOf("transcribe:GetTranscriptionJob")).toEqual([
      `stack arn:aws:transcribe:us-east-1:${ACCOUNT}:transcription-job/film-archive_dev_any`,
      `foreign arn:aws:transcribe:us-east-1:${ACCOUNT}:transcription-job/foreign`,
    ]);
    expect(resourcesOf("s3:ListBucket")).toEqual(
      expect.arrayContaining([`stack ${bucket}`, "foreign arn:aws:s3:::foreign"]),
    );
    expect(resourcesOf("s3:GetObject").filter((one) => one.includes(bucket))).toEqual([
      `stack ${bucket}/any`,
      `stack ${bucket}/films/any`,
      `stack ${bucket}/captions/any`,
    ]);
    expect(resourcesOf("sqs:SendMessage")).toEqual([
      `stack arn:aws:sqs:us-east-1:${ACCOUNT}:film-archive-dev-reels`,
      `stack arn:aws:sqs:us-east-1:${ACCOUNT}:film-archive-dev-reels-dead-letters`,
      `foreign arn:aws:sqs:us-east-1:${ACCOUNT}:foreign`,
    ]);
  });

  it("are each counted once", async () => {
    const { pairs } = await universeOf(service());

    expect(new Set(pairs.map(({ action, resource }) => `${action} ${resource}`)).size).toBe(pairs.length);
  });
});

describe("a role's blast radius", () => {
  it("is its statements' own, where they are as narrow as can be", async () => {
    // Logging, and s3:ListBucket on the one bucket.
    expect(await reachWith()).toMatchObject({ allowed: 3, stack: 3, foreign: 0, any: 0 });
  });

  it("is everything for a role that may do everything", async () => {
    const { allowed, pairs } = await reachWith({ Sid: "All", Effect: "Allow", Action: "*", Resource: "*" });

    expect(allowed).toBe(pairs);
  });

  it("grows by what a wider resource takes in, foreign buckets among them", async () => {
    const objects = { Effect: "Allow", Action: "s3:DeleteObject" };
    const films = await reachWith({
      ...objects,
      Sid: "A",
      Resource: "arn:aws:s3:::film-archive-dev-123456789012-us-east-1/films/*",
    });
    const all = await reachWith({ ...objects, Sid: "A", Resource: "*" });

    expect(films).toMatchObject({ allowed: 4, foreign: 0 });
    expect(all.foreign).toBeGreaterThan(0);
  });

  it("counts what a condition allows, since there is a context that meets it", async () => {
    const grant = { Sid: "Get", Effect: "Allow", Action: "sqs:GetQueueUrl", Resource: "*" };
    const condition = { Condition: { StringEquals: { "aws:PrincipalTag/team": "blue" } } };

    expect((await reachWith({ ...grant, ...condition })).allowed).toBe((await reachWith(grant)).allowed);
  });

  it("shrinks by a Deny, but not by one that a context avoids", async () => {
    const deny = { Sid: "No", Effect: "Deny", Action: "s3:*", Resource: "*" };
    const condition = { Condition: { Bool: { "aws:SecureTransport": "false" } } };

    expect((await reachWith(deny)).allowed).toBe(2);
    expect((await reachWith({ ...deny, ...condition })).allowed).toBe(3);
  });

  it("is far beyond all roles together when the tutorials' role is given to all", async () => {
    const { total, tutorial, roles } = await blastRadius(service());

    expect(total.foreign).toBe(0);
    expect(tutorial.total.allowed).toBe(roles.length * tutorial.role.allowed);
    expect(tutorial.role.allowed).toBeGreaterThan(total.allowed);
    expect(tutorial.role.foreign).toBeGreaterThan(0);
  });
});

describe("the best context for a caller", () => {
  const resources = ["arn:aws:s3:::a/b", "arn:aws:s3:::a/c", "arn:aws:s3:::b"];
  const keys = ["aws:One", "aws:Two"];
  const values = ["x", "y"];
  const statement = fc
    .record({
      Effect: fc.constantFrom("Allow", "Allow", "Deny"),
      not: fc.boolean(),
      // biome-ignore lint/suspicious/noTemplateCurlyInString: a policy variable
      resource: fc.constantFrom(...resources, "arn:aws:s3:::a/*", "arn:aws:s3:::a/${aws:One}", "*"),
      Action: fc.constantFrom("s3:GetObject", "s3:Get*", "s3:PutObject", "*"),
      Condition: fc.dictionary(
        fc.constantFrom("StringEquals", "StringNotEquals", "StringLikeIfExists"),
        fc.dictionary(fc.constantFrom(...keys), fc.constantFrom(...values), {
          minKeys: 1,
          noNullPrototype: true,
        }),
        { maxKeys: 1, noNullPrototype: true },
      ),
    })
    .map(({ not, resource, ...rest }) => ({ ...rest, [not ? "NotResource" : "Resource"]: resource }));

  it("allows whatever any context allows", () => {
    fc.assert(
      fc.property(
        fc.array(statement, { minLength: 1, maxLength: 4 }),
        fc.constantFrom(...resources),
        fc.dictionary(fc.constantFrom(...keys), fc.constantFrom(...values, "b", "c"), {
          noNullPrototype: true,
        }),
        (statements, resource, context) => {
          const document = parsePolicy({ Version: "2012-10-17", Statement: statements }, "identity-based");
          const outcome = (policy: typeof document, asked: typeof context) =>
            decide(request({ resource, context: asked }), {
              identity: [{ name: "any", document: policy }],
              resource: [],
            }).outcome;

          if (outcome(document, context) === "allowed")
            expect(outcome(inTheBestContext(document), {})).toBe("allowed");
        },
      ),
      { numRuns: 2000 },
    );
  });

  it("changes nothing of a policy without conditions and variables", () => {
    const document = parsePolicy({
      Version: "2012-10-17",
      Statement: [
        { Effect: "Allow", Action: "s3:*", Resource: "arn:aws:s3:::a/*" },
        { Effect: "Deny", NotAction: "s3:Get*", NotResource: "arn:aws:s3:::a/b" },
      ],
    });

    expect(inTheBestContext(document)).toEqual(document);
  });
});
