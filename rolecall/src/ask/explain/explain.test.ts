import { beforeAll, describe, expect, it } from "vitest";
import { parsePolicy } from "../../iam/policy.ts";
import { openProject } from "../../project/open.ts";
import { root, template } from "../../testing/film-archive/film-archive.ts";
import { explain, type Material } from "./explain.ts";
import type { Explanation } from "./explanation.ts";
import { explanationText } from "./text.ts";

const bucket = "arn:aws:s3:::film-archive-dev-123456789012-us-east-1";

let material: Material;
beforeAll(async () => {
  const service = await openProject({ root, template });
  material = { service, sources: service.sources };
});

function ask(
  principal: string,
  action: string,
  resource: string,
  ...context: string[]
): Promise<Explanation> {
  return explain({ principal, action, resource, context }, material);
}

/** What it says of the nearest statement, a line each. */
async function differences(...question: Parameters<typeof ask>): Promise<string> {
  const { nearest } = await ask(...question);
  return [nearest?.statement.sid, ...(nearest?.differences.map(({ says }) => says) ?? [])].join("\n");
}

describe("assuming a function's role", () => {
  const role = "arn:aws:iam::123456789012:role/film-archive-dev-keepFilm-us-east-1-lambdaRole";

  it("is Lambda's alone, by the role's trust policy", async () => {
    const { decision, by } = await ask("lambda.amazonaws.com", "sts:AssumeRole", role);

    expect(decision.outcome).toBe("allowed");
    expect(by).toMatchObject({
      sid: "LetLambdaAssumeThisRole",
      source: { origin: "added" },
    });
  });

  it("is denied to whoever else of the account, whatever their own policies say", async () => {
    const { decision, changes } = await ask("arn:aws:iam::123456789012:user/anna", "sts:AssumeRole", role);

    expect(decision).toEqual({ outcome: "implicitly denied", missing: "resource-based" });
    expect(changes).toMatchObject([{ says: expect.stringContaining("the trust policy of KeepFilm") }]);
    expect(changes[0]?.says).not.toMatch(/Resource/);
  });
});

it("a key's own policy, which is not looked at, is mentioned", async () => {
  const { notes } = await ask("keepFilm", "kms:Decrypt", "arn:aws:kms:us-east-1:123456789012:key/one");

  expect(notes.join()).toMatch(/A key's own policy has to allow it as well/);
});

it("Transcribe, which asks in the name of whoever starts the job, is said to do so", async () => {
  const { notes } = await ask("transcribe.amazonaws.com", "s3:GetObject", "films/x");

  expect(notes.join()).toMatch(/with the rights of whoever starts the job/);
});

it("the developer of the local run is told that no template has them", async () => {
  await expect(ask("developer", "execute-api:Invoke", "GET /films")).rejects.toThrow(
    /^"developer" is who calls the local run's API.*by its ARN/,
  );
});

describe("what is allowed", () => {
  it("names the statement that allows it, and the line that it is written on", async () => {
    const { decision, by, changes } = await ask("keepFilm", "s3:PutObject", "films/x.wav");

    expect(decision.outcome).toBe("allowed");
    expect(by).toMatchObject({
      sid: "KeepFilm",
      kind: "identity-based",
      source: { file: "serverless.yml" },
    });
    expect(changes).toEqual([]);
  });

  it("says of a statement that it was added, where a plugin did", async () => {
    const { by } = await ask("startCaptions", "sqs:ReceiveMessage", "reels");

    expect(by).toMatchObject({ sid: "PollQueue", source: { origin: "added" } });
  });

  it("is asked with what every request carries, and shows it", async () => {
    const { asked } = await ask("keepFilm", "s3:PutObject", "films/x.wav");

    expect(asked.filledIn).toMatchObject({
      "aws:SecureTransport": "true",
      "aws:PrincipalAccount": "123456789012",
      "aws:RequestedRegion": "us-east-1",
    });
  });

  it.each<[string, string, string, string]>([
    ["S3, sending to the queue", "s3.amazonaws.com", "sqs:SendMessage", "reels"],
    ["the API, calling its function", "apigateway.amazonaws.com", "lambda:InvokeFunction", "keepFilm"],
    ["EventBridge, calling its target", "events.amazonaws.com", "lambda:InvokeFunction", "reportCaptions"],
  ])("%s, comes with the source that the template connects to it", async (_, principal, action, resource) => {
    const { decision, asked } = await ask(principal, action, resource);

    expect(decision.outcome).toBe("allowed");
    expect(asked.filledIn["aws:SourceArn"]).toMatch(/^arn:/);
  });
});

describe("a denial", () => {
  it("names the condition that does not hold, what it wants and what the request has", async () => {
    const { decision, nearest } = await ask(
      "startCaptions",
      "transcribe:StartTranscriptionJob",
      "*",
      "transcribe:OutputBucketName=other",
    );

    expect(decision).toEqual({ outcome: "implicitly denied", missing: "identity-based" });
    expect(nearest?.statement).toMatchObject({
      sid: "StartJobsForOurBucket",
      conditions: [
        {
          operator: "StringEquals",
          key: "transcribe:OutputBucketName",
          values: ["film-archive-dev-123456789012-us-east-1"],
          actual: ["other"],
          holds: false,
        },
      ],
    });
    expect(nearest?.differences).toEqual([
      {
        part: "condition",
        says: "StringEquals transcribe:OutputBucketName: the statement wants film-archive-dev-123456789012-us-east-1, the request has other",
        instead: "transcribe:OutputBucketName=film-archive-dev-123456789012-us-east-1",
      },
    ]);
  });

  it("tells a key that is absent from one that has another value", async () => {
    expect(await differences("listFilms", "s3:ListBucket", "bucket")).toMatch(
      /ListFilms\nStringLike s3:prefix: the statement wants films\/\*, the request does not carry the key/,
    );
    expect(await differences("listFilms", "s3:ListBucket", "bucket", "s3:prefix=captions/")).toMatch(
      /the request has captions\//,
    );
  });

  it.each<[string, string, string, string, RegExp]>([
    [
      "another key",
      "keepFilm",
      "s3:PutObject",
      "captions/x.json",
      /^KeepFilm\nanother key: the statement is for films\/\*, the question about captions\/x\.json$/,
    ],
    [
      "another stage",
      "keepFilm",
      "s3:PutObject",
      "s3://film-archive-prod-123456789012-us-east-1/films/x",
      /another stage: the statement is for dev, the question about prod/,
    ],
    [
      "a stage whose name begins with ours, in another region",
      "keepFilm",
      "s3:PutObject",
      "s3://film-archive-dev-anna-123456789012-eu-west-1/films/x",
      /another stage and region: the statement is for dev and us-east-1, the question about dev-anna and eu-west-1/,
    ],
    [
      "another stage's job",
      "showFilm",
      "transcribe:GetTranscriptionJob",
      "transcription-job/film-archive_prod_x",
      /^ReadStatus\nanother stage: the statement is for dev, the question about prod$/,
    ],
    [
      "another account",
      "startCaptions",
      "sqs:ReceiveMessage",
      "arn:aws:sqs:us-east-1:111122223333:film-archive-dev-reels",
      /^PollQueue\nanother account: the statement is for 123456789012, the question about 111122223333$/,
    ],
    [
      "another bucket",
      "keepFilm",
      "s3:PutObject",
      "s3://elsewhere/films/x",
      /^KeepFilm\nanother bucket: the statement has arn:aws:s3:::film-archive-dev/,
    ],
    [
      "another action on the same object",
      "keepFilm",
      "s3:PutObjectTagging",
      "films/x",
      /^KeepFilm\nanother action: the statement has s3:PutObject, the question s3:PutObjectTagging\. An upload that sets tags/,
    ],
    [
      "listing for reading",
      "listFilms",
      "s3:GetObject",
      "films/x",
      /^ListFilms\nanother action: .*\nthe bucket, not its objects/,
    ],
    [
      "another queue",
      "startCaptions",
      "sqs:ReceiveMessage",
      "ReelsDeadLetterQueue",
      /^PollQueue\nanother resource/,
    ],
  ])("for %s names the nearest statement and says so", async (_, principal, action, resource, says) => {
    expect(await differences(principal, action, resource)).toMatch(says);
  });

  it.each([
    ["SendMessage", "reels"],
    ["ReceiveMessage", "ReelsDeadLetterQueue"],
  ])(
    "does not have a plugin's statement widened, which nobody could: sqs:%s on %s",
    async (operation, queue) => {
      const { nearest, changes } = await ask("startCaptions", `sqs:${operation}`, queue);

      expect(nearest?.statement.sid).toBe("PollQueue");
      expect(changes).toMatchObject([
        {
          edit: "statement",
          says: expect.stringMatching(/^give startCaptions a statement of its own/),
          source: { file: "serverless.yml" },
        },
      ]);
    },
  );

  it("does not have an event's permission widened either", async () => {
    const { changes } = await ask(
      "events.amazonaws.com",
      "lambda:InvokeFunction",
      "reportCaptions",
      "aws:SourceArn=arn:aws:events:us-east-1:123456789012:rule/other",
    );

    expect(changes).toMatchObject([{ edit: "statement", says: expect.stringMatching(/an event of its/) }]);
  });

  it.each([
    [
      "a condition's value",
      ["listFilms", "s3:ListBucket", "bucket", "s3:prefix=Films/"],
      "wants films/*, the request has Films/: the case of the letters counts",
    ],
    [
      "a key",
      ["showFilm", "s3:GetObject", "Films/x"],
      "the question about Films/x: the case of the letters counts",
    ],
    [
      "a name",
      ["startCaptions", "sqs:ReceiveMessage", "arn:aws:sqs:us-east-1:123456789012:Film-Archive-dev-reels"],
      "film-archive-dev-reels: the case of the letters counts",
    ],
  ] as const)(
    "says of %s that it differs in case alone",
    async (_, [principal, action, resource, ...context], says) => {
      expect(await differences(principal, action, resource, ...context)).toContain(says);
    },
  );

  it("does not speak of case where more differs", async () => {
    expect(await differences("listFilms", "s3:ListBucket", "bucket", "s3:prefix=Other/")).not.toMatch(/case/);
    expect(await differences("showFilm", "s3:GetObject", "Other/x")).not.toMatch(/case/);
  });

  it.each([
    ["anyone", "execute-api:Invoke", "GET /films"],
    ["999999999999", "execute-api:Invoke", "GET /films"],
    [
      "showFilm",
      "transcribe:GetTranscriptionJob",
      "arn:aws:transcribe:us-east-1:999999999999:transcription-job/film-archive_dev_x",
    ],
  ])("of %s, %s from outside offers no policy for what cannot carry one", async (...question) => {
    const { decision, changes, notes } = await ask(...question);

    expect(decision.outcome).toBe("implicitly denied");
    expect(changes).toEqual([]);
    expect(notes.join()).toMatch(/cannot carry a policy.*sts:AssumeRole/);
  });

  it("for what no statement is about has no nearest one, and says where a new one would stand", async () => {
    const { nearest, changes } = await ask("reportCaptions", "s3:GetObject", "films/x");

    expect(nearest).toBeUndefined();
    expect(changes).toMatchObject([
      {
        edit: "statement",
        says: expect.stringMatching(
          /^give reportCaptions a statement of its own.*Action s3:GetObject, Resource !Sub \$\{FilmsBucket\.Arn\}\/films\/\*/,
        ),
        source: { file: "serverless.yml" },
      },
    ]);
  });

  it("by an explicit deny names it, and the call that it does not apply to", async () => {
    const { decision, by, changes } = await ask(
      "keepFilm",
      "s3:PutObject",
      "films/x",
      "aws:SecureTransport=false",
    );

    expect(decision.outcome).toBe("explicitly denied");
    expect(by).toMatchObject({
      sid: "RefuseWithoutTls",
      source: { file: "resources/films-bucket.yml" },
    });
    expect(changes).toMatchObject([{ edit: "context", key: "aws:SecureTransport", values: ["true"] }]);
  });

  it("of a service that calls for another account names the account", async () => {
    expect(
      await differences("s3.amazonaws.com", "sqs:SendMessage", "reels", "aws:SourceAccount=111122223333"),
    ).toMatch(/^LetFilmsBucketSend\nStringEquals aws:SourceAccount: .*the request has 111122223333$/);
  });

  it("of a service that nobody let in says whom the permission is for", async () => {
    expect(await differences("events.amazonaws.com", "lambda:InvokeFunction", "keepFilm")).toMatch(
      /the statement is for apigateway\.amazonaws\.com, and not for events\.amazonaws\.com/,
    );
  });

  it.each(["111122223333", "anyone", "arn:aws:iam::111122223333:user/anna"])(
    "of %s rests on what the resource-based policy says, and says so",
    async (principal) => {
      const { decision, notes } = await ask(principal, "s3:GetObject", "films/x");

      expect(decision).toEqual({ outcome: "implicitly denied", missing: "resource-based" });
      expect(notes.join()).toMatch(/policies/);
    },
  );

  it("of somebody in our own account is only known as far as our policies go", async () => {
    const explanation = await ask("arn:aws:iam::123456789012:user/anna", "s3:GetObject", "films/x");

    expect(explanation.decision.outcome).toBe("allowed");
    expect(explanation.notes.join()).toMatch(/Its own identity-based policies are not in this template/);
    expect(explanationText(explanation)).toMatch(
      /^– open: .*user\/anna may s3:GetObject there if its own identity-based policies/,
    );
  });

  it("of whoever does not sign names the resource-based statement that lets them in", async () => {
    const { service, sources } = material;
    const document = parsePolicy({
      Statement: { Sid: "Open", Effect: "Allow", Principal: "*", Action: "s3:GetObject", Resource: "*" },
    });
    const resourcePolicies = new Map([[bucket, [{ name: "Public", document }]]]);
    const { decision, by } = await explain(
      { principal: "anyone", action: "s3:GetObject", resource: "films/x" },
      { service: { ...service, resourcePolicies }, sources },
    );

    expect(decision).toEqual({
      outcome: "allowed",
      by: { kind: "resource-based", policy: "Public", index: 0, sid: "Open" },
    });
    expect(by?.sid).toBe("Open");
  });
});

describe("a principal and a resource can be written in several ways", () => {
  const role = "film-archive-dev-keepFilm-us-east-1-lambdaRole";
  it.each([
    "film-archive-dev-keepFilm",
    role,
    `arn:aws:iam::123456789012:role/${role}`,
    `arn:aws:sts::123456789012:assumed-role/${role}/film-archive-dev-keepFilm`,
  ])("%s is keepFilm", async (principal) => {
    expect((await ask(principal, "s3:PutObject", "films/x")).asked.principal).toEqual({
      name: "keepFilm",
      arn: `arn:aws:sts::123456789012:assumed-role/${role}/film-archive-dev-keepFilm`,
    });
  });

  it.each([
    ["s3:GetObject", "films/x.wav", `${bucket}/films/x.wav`],
    ["s3:GetObject", "s3://elsewhere/a b/$c", "arn:aws:s3:::elsewhere/a b/$c"],
    ["s3:ListBucket", "bucket", bucket],
    ["s3:ListBucket", "FilmsBucket", bucket],
    ["s3:ListBucket", "s3://elsewhere/", "arn:aws:s3:::elsewhere"],
    ["sqs:SendMessage", "reels", "arn:aws:sqs:us-east-1:123456789012:film-archive-dev-reels"],
    [
      "sqs:SendMessage",
      "film-archive-dev-reels",
      "arn:aws:sqs:us-east-1:123456789012:film-archive-dev-reels",
    ],
    [
      "lambda:InvokeFunction",
      "keepFilm",
      "arn:aws:lambda:us-east-1:123456789012:function:film-archive-dev-keepFilm",
    ],
    [
      "transcribe:GetTranscriptionJob",
      "transcription-job/j",
      "arn:aws:transcribe:us-east-1:123456789012:transcription-job/j",
    ],
  ])("for %s, %s is %s", async (action, resource, arn) => {
    expect((await ask("keepFilm", action, resource)).asked.resource).toBe(arn);
  });

  it("a route of the API is its execute-api ARN", async () => {
    expect((await ask("keepFilm", "execute-api:Invoke", "GET /films/x")).asked.resource).toMatch(
      /^arn:aws:execute-api:us-east-1:123456789012:\w+\/\$default\/GET\/films\/x$/,
    );
  });
});

describe("a question that makes no sense is told so, and what to ask instead", () => {
  it.each<[string, string, string, string, string[], RegExp]>([
    [
      "an action that does not exist",
      "keepFilm",
      "s3:GetObjects",
      "films/x",
      [],
      /s3:GetObjects does not exist\. Did you mean s3:GetObject\?/,
    ],
    [
      "a service that does not exist",
      "keepFilm",
      "transcrib:GetTranscriptionJob",
      "*",
      [],
      /no service "transcrib".*Did you mean transcribe\?/,
    ],
    [
      "an action without its service",
      "keepFilm",
      "PutObject",
      "films/x",
      [],
      /SERVICE:ACTION\. Did you mean s3:PutObject\?/,
    ],
    ["a pattern of actions", "keepFilm", "s3:*", "films/x", [], /is a pattern/],
    [
      "HeadObject",
      "keepFilm",
      "s3:HeadObject",
      "films/x",
      [],
      /operation of the API.*\nIt is allowed by s3:GetObject/,
    ],
    [
      "ListObjectsV2",
      "keepFilm",
      "s3:ListObjectsV2",
      "bucket",
      [],
      /allowed by s3:ListBucket.*\nListing is asked of the bucket/,
    ],
    [
      "CopyObject",
      "keepFilm",
      "s3:CopyObject",
      "films/x",
      [],
      /s3:GetObject on what it reads, and s3:PutObject on what it writes/,
    ],
    ["PostObject", "keepFilm", "s3:PostObject", "films/x", [], /allowed by s3:PutObject/],
    [
      "CreateMultipartUpload",
      "keepFilm",
      "s3:CreateMultipartUpload",
      "films/x",
      [],
      /allowed by s3:PutObject/,
    ],
    ["UploadPart", "keepFilm", "s3:UploadPart", "films/x", [], /allowed by s3:PutObject/],
    [
      "an ARN for an action that has none",
      "startCaptions",
      "transcribe:StartTranscriptionJob",
      "transcription-job/x",
      [],
      /no resource type.*ask about '\*'/,
    ],
    ["* for an action that takes an object", "keepFilm", "s3:GetObject", "*", [], /asked of one resource/],
    [
      "a bucket for an object",
      "keepFilm",
      "s3:GetObject",
      "bucket",
      [],
      /That is a bucket; an object's ARN goes on with \/KEY/,
    ],
    [
      "an object for a bucket",
      "keepFilm",
      "s3:ListBucket",
      "films/x",
      [],
      /That is an object; its bucket's ARN ends before the slash/,
    ],
    ["a queue for an object", "keepFilm", "s3:GetObject", "reels", [], /not asked of arn:aws:sqs/],
    ["a pattern of objects", "keepFilm", "s3:GetObject", "films/*", [], /is a pattern.*Name one, such as/],
    ["half an ARN", "keepFilm", "s3:GetObject", "arn:aws:s3:bucket/x", [], /is no ARN/],
    [
      "a resource that nobody knows",
      "keepFilm",
      "sqs:SendMessage",
      "upload",
      [],
      /is no resource of this stack/,
    ],
    [
      "a condition key that the action never carries",
      "keepFilm",
      "s3:GetObject",
      "films/x",
      ["s3:prefix=films/"],
      /No request for s3:GetObject carries s3:prefix/,
    ],
    [
      "a misspelt condition key",
      "startCaptions",
      "transcribe:StartTranscriptionJob",
      "*",
      ["transcribe:OutputBucket=x"],
      /carries transcribe:OutputBucket:.*\n/,
    ],
    [
      "a value of another type",
      "keepFilm",
      "s3:PutObject",
      "films/x",
      ["aws:SecureTransport=maybe"],
      /true or false in every request, and never "maybe"/,
    ],
    [
      "a number that is none",
      "listFilms",
      "s3:ListBucket",
      "bucket",
      ["s3:max-keys=many"],
      /a number in every request/,
    ],
    [
      "two values of a key that has one",
      "listFilms",
      "s3:ListBucket",
      "bucket",
      ["s3:prefix=a", "s3:prefix=b"],
      /one value in a request, not 2/,
    ],
    [
      "a context entry without a value",
      "keepFilm",
      "s3:PutObject",
      "films/x",
      ["aws:SecureTransport"],
      /is no KEY=VALUE/,
    ],
    [
      "a principal that nobody knows",
      "kepFilm",
      "s3:PutObject",
      "films/x",
      [],
      /nobody that the stage "dev" knows\. Did you mean keepFilm\?\n.*listFilms/,
    ],
    [
      "a role that is named like ours and is not there",
      "arn:aws:iam::123456789012:role/film-archive-dev-gone",
      "s3:PutObject",
      "films/x",
      [],
      /nobody/,
    ],
  ])("%s", async (_, principal, action, resource, context, says) => {
    await expect(ask(principal, action, resource, ...context)).rejects.toThrow(says);
    await expect(ask(principal, action, resource, ...context)).rejects.toMatchObject({
      name: "SenselessQuestion",
    });
  });
});

describe("the explanation as text", () => {
  it("says the verdict first, what differs, what to change, and what was asked", async () => {
    const text = explanationText(
      await ask(
        "startCaptions",
        "transcribe:StartTranscriptionJob",
        "*",
        "transcribe:OutputBucketName=other",
      ),
    );

    const [verdict] = text.split("\n");
    expect(verdict).toMatch(
      /denied: startCaptions may not transcribe:StartTranscriptionJob, no identity-based policy allows it/,
    );
    expect(text).toMatch(
      /nearest +StartJobsForOurBucket \(identity-based policy of startCaptions, serverless\.yml:\d+\)/,
    );
    expect(text).toMatch(
      /the call +make it with transcribe:OutputBucketName=film-archive-dev-123456789012-us-east-1/,
    );
    expect(text).toMatch(/or grant +StartJobsForOurBucket: let its StringEquals/);
    expect(text).toMatch(/context +transcribe:OutputBucketName=other/);
    expect(text).not.toMatch(/WriteOwnLogs/);
  });

  it("lists every statement when all are asked for", async () => {
    const text = explanationText(await ask("startCaptions", "s3:GetObject", "films/x"), { all: true });

    expect(text).toMatch(/✘ Deny RefuseWithoutTls/);
    expect(text).toMatch(/✘ Allow WriteOwnLogs/);
    expect(text).toMatch(/✔ Allow LetTranscribeReadFilms .*, which decides/);
  });
});
