import { fileURLToPath } from "node:url";
import { beforeAll, describe, expect, it } from "vitest";
import { parsePolicy } from "../../iam/policy.ts";
import { openProject } from "../../project/open.ts";
import { explain, type Material } from "./explain.ts";
import type { Explanation } from "./explanation.ts";
import { explanationText } from "./text.ts";

const root = fileURLToPath(new URL("../../../..", import.meta.url));
const bucket = "arn:aws:s3:::voice-notes-dev-123456789012-us-east-1";

let material: Material;
beforeAll(async () => {
  material = {
    service: await openProject({ root, stage: "dev", region: "us-east-1" }),
    sources: (await openProject({ root, stage: "dev", region: "us-east-1" })).sources,
  };
}, 120_000);

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
  const role = "arn:aws:iam::123456789012:role/voice-notes-dev-receiveAudio-us-east-1-lambdaRole";

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
    expect(changes).toMatchObject([{ says: expect.stringContaining("the trust policy of ReceiveAudio") }]);
    expect(changes[0]?.says).not.toMatch(/Resource/);
  });
});

it("a key's own policy, which is not looked at, is mentioned", async () => {
  const { notes } = await ask("receiveAudio", "kms:Decrypt", "arn:aws:kms:us-east-1:123456789012:key/one");

  expect(notes.join()).toMatch(/A key's own policy has to allow it as well/);
});

it("Transcribe, which asks in the name of whoever starts the job, is said to do so", async () => {
  const { notes } = await ask("transcribe.amazonaws.com", "s3:GetObject", "audio/x");

  expect(notes.join()).toMatch(/with the rights of whoever starts the job/);
});

it("the developer of the local run is told that no template has them", async () => {
  await expect(ask("developer", "execute-api:Invoke", "GET /recordings")).rejects.toThrow(
    /^"developer" is who calls the local run's API.*by its ARN/,
  );
});

describe("what is allowed", () => {
  it("names the statement that allows it, and the line that it is written on", async () => {
    const { decision, by, changes } = await ask("receiveAudio", "s3:PutObject", "audio/x.wav");

    expect(decision.outcome).toBe("allowed");
    expect(by).toMatchObject({
      sid: "StoreAudio",
      kind: "identity-based",
      source: { file: "serverless.yml" },
    });
    expect(changes).toEqual([]);
  });

  it("says of a statement that it was added, where a plugin did", async () => {
    const { by } = await ask("startTranscription", "sqs:ReceiveMessage", "uploads");

    expect(by).toMatchObject({ sid: "PollQueue", source: { origin: "added" } });
  });

  it("is asked with what every request carries, and shows it", async () => {
    const { asked } = await ask("receiveAudio", "s3:PutObject", "audio/x.wav");

    expect(asked.filledIn).toMatchObject({
      "aws:SecureTransport": "true",
      "aws:PrincipalAccount": "123456789012",
      "aws:RequestedRegion": "us-east-1",
    });
  });

  it.each<[string, string, string, string]>([
    ["S3, sending to the queue", "s3.amazonaws.com", "sqs:SendMessage", "uploads"],
    ["the API, calling its function", "apigateway.amazonaws.com", "lambda:InvokeFunction", "receiveAudio"],
    ["EventBridge, calling its target", "events.amazonaws.com", "lambda:InvokeFunction", "reportOutcome"],
  ])("%s, comes with the source that the template connects to it", async (_, principal, action, resource) => {
    const { decision, asked } = await ask(principal, action, resource);

    expect(decision.outcome).toBe("allowed");
    expect(asked.filledIn["aws:SourceArn"]).toMatch(/^arn:/);
  });
});

describe("a denial", () => {
  it("names the condition that does not hold, what it wants and what the request has", async () => {
    const { decision, nearest } = await ask(
      "startTranscription",
      "transcribe:StartTranscriptionJob",
      "*",
      "transcribe:OutputBucketName=other",
    );

    expect(decision).toEqual({ outcome: "implicitly denied", missing: "identity-based" });
    expect(nearest?.statement).toMatchObject({
      sid: "StartJobsIntoOurBucket",
      conditions: [
        {
          operator: "StringEquals",
          key: "transcribe:OutputBucketName",
          values: ["voice-notes-dev-123456789012-us-east-1"],
          actual: ["other"],
          holds: false,
        },
      ],
    });
    expect(nearest?.differences).toEqual([
      {
        part: "condition",
        says: "StringEquals transcribe:OutputBucketName: the statement wants voice-notes-dev-123456789012-us-east-1, the request has other",
        instead: "transcribe:OutputBucketName=voice-notes-dev-123456789012-us-east-1",
      },
    ]);
  });

  it("tells a key that is absent from one that has another value", async () => {
    expect(await differences("listRecordings", "s3:ListBucket", "bucket")).toMatch(
      /ListAudio\nStringLike s3:prefix: the statement wants audio\/\*, the request does not carry the key/,
    );
    expect(await differences("listRecordings", "s3:ListBucket", "bucket", "s3:prefix=transcripts/")).toMatch(
      /the request has transcripts\//,
    );
  });

  it.each<[string, string, string, string, RegExp]>([
    [
      "another key",
      "receiveAudio",
      "s3:PutObject",
      "transcripts/x.json",
      /^StoreAudio\nanother key: the statement is for audio\/\*, the question about transcripts\/x\.json$/,
    ],
    [
      "another stage",
      "receiveAudio",
      "s3:PutObject",
      "s3://voice-notes-prod-123456789012-us-east-1/audio/x",
      /another stage: the statement is for dev, the question about prod/,
    ],
    [
      "a stage whose name begins with ours, in another region",
      "receiveAudio",
      "s3:PutObject",
      "s3://voice-notes-dev-anna-123456789012-eu-west-1/audio/x",
      /another stage and region: the statement is for dev and us-east-1, the question about dev-anna and eu-west-1/,
    ],
    [
      "another stage's job",
      "readRecording",
      "transcribe:GetTranscriptionJob",
      "transcription-job/voice-notes_prod_x",
      /^ReadStatus\nanother stage: the statement is for dev, the question about prod$/,
    ],
    [
      "another account",
      "startTranscription",
      "sqs:ReceiveMessage",
      "arn:aws:sqs:us-east-1:111122223333:voice-notes-dev-uploads",
      /^PollQueue\nanother account: the statement is for 123456789012, the question about 111122223333$/,
    ],
    [
      "another bucket",
      "receiveAudio",
      "s3:PutObject",
      "s3://elsewhere/audio/x",
      /^StoreAudio\nanother bucket: the statement has arn:aws:s3:::voice-notes-dev/,
    ],
    [
      "another action on the same object",
      "receiveAudio",
      "s3:PutObjectTagging",
      "audio/x",
      /^StoreAudio\nanother action: the statement has s3:PutObject, the question s3:PutObjectTagging\. An upload that sets tags/,
    ],
    [
      "listing for reading",
      "listRecordings",
      "s3:GetObject",
      "audio/x",
      /^ListAudio\nanother action: .*\nthe bucket, not its objects/,
    ],
    [
      "another queue",
      "startTranscription",
      "sqs:ReceiveMessage",
      "UploadsDeadLetterQueue",
      /^PollQueue\nanother resource/,
    ],
  ])("for %s names the nearest statement and says so", async (_, principal, action, resource, says) => {
    expect(await differences(principal, action, resource)).toMatch(says);
  });

  it.each([
    ["SendMessage", "uploads"],
    ["ReceiveMessage", "UploadsDeadLetterQueue"],
  ])(
    "does not have a plugin's statement widened, which nobody could: sqs:%s on %s",
    async (operation, queue) => {
      const { nearest, changes } = await ask("startTranscription", `sqs:${operation}`, queue);

      expect(nearest?.statement.sid).toBe("PollQueue");
      expect(changes).toMatchObject([
        {
          edit: "statement",
          says: expect.stringMatching(/^give startTranscription a statement of its own/),
          source: { file: "serverless.yml" },
        },
      ]);
    },
  );

  it("does not have an event's permission widened either", async () => {
    const { changes } = await ask(
      "events.amazonaws.com",
      "lambda:InvokeFunction",
      "reportOutcome",
      "aws:SourceArn=arn:aws:events:us-east-1:123456789012:rule/other",
    );

    expect(changes).toMatchObject([{ edit: "statement", says: expect.stringMatching(/an event of its/) }]);
  });

  it.each([
    [
      "a condition's value",
      ["listRecordings", "s3:ListBucket", "bucket", "s3:prefix=Audio/"],
      "wants audio/*, the request has Audio/: the case of the letters counts",
    ],
    [
      "a key",
      ["readRecording", "s3:GetObject", "Audio/x"],
      "the question about Audio/x: the case of the letters counts",
    ],
    [
      "a name",
      [
        "startTranscription",
        "sqs:ReceiveMessage",
        "arn:aws:sqs:us-east-1:123456789012:Voice-Notes-dev-uploads",
      ],
      "voice-notes-dev-uploads: the case of the letters counts",
    ],
  ] as const)(
    "says of %s that it differs in case alone",
    async (_, [principal, action, resource, ...context], says) => {
      expect(await differences(principal, action, resource, ...context)).toContain(says);
    },
  );

  it("does not speak of case where more differs", async () => {
    expect(await differences("listRecordings", "s3:ListBucket", "bucket", "s3:prefix=Other/")).not.toMatch(
      /case/,
    );
    expect(await differences("readRecording", "s3:GetObject", "Other/x")).not.toMatch(/case/);
  });

  it.each([
    ["anyone", "execute-api:Invoke", "GET /recordings"],
    ["999999999999", "execute-api:Invoke", "GET /recordings"],
    [
      "readRecording",
      "transcribe:GetTranscriptionJob",
      "arn:aws:transcribe:us-east-1:999999999999:transcription-job/voice-notes_dev_x",
    ],
  ])("of %s, %s from outside offers no policy for what cannot carry one", async (...question) => {
    const { decision, changes, notes } = await ask(...question);

    expect(decision.outcome).toBe("implicitly denied");
    expect(changes).toEqual([]);
    expect(notes.join()).toMatch(/cannot carry a policy.*sts:AssumeRole/);
  });

  it("for what no statement is about has no nearest one, and says where a new one would stand", async () => {
    const { nearest, changes } = await ask("reportOutcome", "s3:GetObject", "audio/x");

    expect(nearest).toBeUndefined();
    expect(changes).toMatchObject([
      {
        edit: "statement",
        says: expect.stringMatching(
          /^give reportOutcome a statement of its own.*Action s3:GetObject, Resource !Sub \$\{RecordingsBucket\.Arn\}\/audio\/\*/,
        ),
        source: { file: "serverless.yml" },
      },
    ]);
  });

  it("by an explicit deny names it, and the call that it does not apply to", async () => {
    const { decision, by, changes } = await ask(
      "receiveAudio",
      "s3:PutObject",
      "audio/x",
      "aws:SecureTransport=false",
    );

    expect(decision.outcome).toBe("explicitly denied");
    expect(by).toMatchObject({
      sid: "RefuseWithoutTls",
      source: { file: "resources/recordings-bucket.yml" },
    });
    expect(changes).toMatchObject([{ edit: "context", key: "aws:SecureTransport", values: ["true"] }]);
  });

  it("of a service that calls for another account names the account", async () => {
    expect(
      await differences("s3.amazonaws.com", "sqs:SendMessage", "uploads", "aws:SourceAccount=111122223333"),
    ).toMatch(/^LetOurBucketSend\nStringEquals aws:SourceAccount: .*the request has 111122223333$/);
  });

  it("of a service that nobody let in says whom the permission is for", async () => {
    expect(await differences("events.amazonaws.com", "lambda:InvokeFunction", "receiveAudio")).toMatch(
      /the statement is for apigateway\.amazonaws\.com, and not for events\.amazonaws\.com/,
    );
  });

  it.each(["111122223333", "anyone", "arn:aws:iam::111122223333:user/anna"])(
    "of %s rests on what the resource-based policy says, and says so",
    async (principal) => {
      const { decision, notes } = await ask(principal, "s3:GetObject", "audio/x");

      expect(decision).toEqual({ outcome: "implicitly denied", missing: "resource-based" });
      expect(notes.join()).toMatch(/policies/);
    },
  );

  it("of somebody in our own account is only known as far as our policies go", async () => {
    const explanation = await ask("arn:aws:iam::123456789012:user/anna", "s3:GetObject", "audio/x");

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
      { principal: "anyone", action: "s3:GetObject", resource: "audio/x" },
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
  const role = "voice-notes-dev-receiveAudio-us-east-1-lambdaRole";
  it.each([
    "voice-notes-dev-receiveAudio",
    role,
    `arn:aws:iam::123456789012:role/${role}`,
    `arn:aws:sts::123456789012:assumed-role/${role}/voice-notes-dev-receiveAudio`,
  ])("%s is receiveAudio", async (principal) => {
    expect((await ask(principal, "s3:PutObject", "audio/x")).asked.principal).toEqual({
      name: "receiveAudio",
      arn: `arn:aws:sts::123456789012:assumed-role/${role}/voice-notes-dev-receiveAudio`,
    });
  });

  it.each([
    ["s3:GetObject", "audio/x.wav", `${bucket}/audio/x.wav`],
    ["s3:GetObject", "s3://elsewhere/a b/$c", "arn:aws:s3:::elsewhere/a b/$c"],
    ["s3:ListBucket", "bucket", bucket],
    ["s3:ListBucket", "RecordingsBucket", bucket],
    ["s3:ListBucket", "s3://elsewhere/", "arn:aws:s3:::elsewhere"],
    ["sqs:SendMessage", "uploads", "arn:aws:sqs:us-east-1:123456789012:voice-notes-dev-uploads"],
    [
      "sqs:SendMessage",
      "voice-notes-dev-uploads",
      "arn:aws:sqs:us-east-1:123456789012:voice-notes-dev-uploads",
    ],
    [
      "lambda:InvokeFunction",
      "receiveAudio",
      "arn:aws:lambda:us-east-1:123456789012:function:voice-notes-dev-receiveAudio",
    ],
    [
      "transcribe:GetTranscriptionJob",
      "transcription-job/j",
      "arn:aws:transcribe:us-east-1:123456789012:transcription-job/j",
    ],
  ])("for %s, %s is %s", async (action, resource, arn) => {
    expect((await ask("receiveAudio", action, resource)).asked.resource).toBe(arn);
  });

  it("a route of the API is its execute-api ARN", async () => {
    expect((await ask("receiveAudio", "execute-api:Invoke", "GET /recordings/x")).asked.resource).toMatch(
      /^arn:aws:execute-api:us-east-1:123456789012:\w+\/\$default\/GET\/recordings\/x$/,
    );
  });
});

describe("a question that makes no sense is told so, and what to ask instead", () => {
  it.each<[string, string, string, string, string[], RegExp]>([
    [
      "an action that does not exist",
      "receiveAudio",
      "s3:GetObjects",
      "audio/x",
      [],
      /s3:GetObjects does not exist\. Did you mean s3:GetObject\?/,
    ],
    [
      "a service that does not exist",
      "receiveAudio",
      "transcrib:GetTranscriptionJob",
      "*",
      [],
      /no service "transcrib".*Did you mean transcribe\?/,
    ],
    [
      "an action without its service",
      "receiveAudio",
      "PutObject",
      "audio/x",
      [],
      /SERVICE:ACTION\. Did you mean s3:PutObject\?/,
    ],
    ["a pattern of actions", "receiveAudio", "s3:*", "audio/x", [], /is a pattern/],
    [
      "HeadObject",
      "receiveAudio",
      "s3:HeadObject",
      "audio/x",
      [],
      /operation of the API.*\nIt is allowed by s3:GetObject/,
    ],
    [
      "ListObjectsV2",
      "receiveAudio",
      "s3:ListObjectsV2",
      "bucket",
      [],
      /allowed by s3:ListBucket.*\nListing is asked of the bucket/,
    ],
    [
      "CopyObject",
      "receiveAudio",
      "s3:CopyObject",
      "audio/x",
      [],
      /s3:GetObject on what it reads, and s3:PutObject on what it writes/,
    ],
    ["PostObject", "receiveAudio", "s3:PostObject", "audio/x", [], /allowed by s3:PutObject/],
    [
      "CreateMultipartUpload",
      "receiveAudio",
      "s3:CreateMultipartUpload",
      "audio/x",
      [],
      /allowed by s3:PutObject/,
    ],
    ["UploadPart", "receiveAudio", "s3:UploadPart", "audio/x", [], /allowed by s3:PutObject/],
    [
      "an ARN for an action that has none",
      "startTranscription",
      "transcribe:StartTranscriptionJob",
      "transcription-job/x",
      [],
      /no resource type.*ask about '\*'/,
    ],
    [
      "* for an action that takes an object",
      "receiveAudio",
      "s3:GetObject",
      "*",
      [],
      /asked of one resource/,
    ],
    [
      "a bucket for an object",
      "receiveAudio",
      "s3:GetObject",
      "bucket",
      [],
      /That is a bucket; an object's ARN goes on with \/KEY/,
    ],
    [
      "an object for a bucket",
      "receiveAudio",
      "s3:ListBucket",
      "audio/x",
      [],
      /That is an object; its bucket's ARN ends before the slash/,
    ],
    ["a queue for an object", "receiveAudio", "s3:GetObject", "uploads", [], /not asked of arn:aws:sqs/],
    [
      "a pattern of objects",
      "receiveAudio",
      "s3:GetObject",
      "audio/*",
      [],
      /is a pattern.*Name one, such as/,
    ],
    ["half an ARN", "receiveAudio", "s3:GetObject", "arn:aws:s3:bucket/x", [], /is no ARN/],
    [
      "a resource that nobody knows",
      "receiveAudio",
      "sqs:SendMessage",
      "upload",
      [],
      /is no resource of this stack/,
    ],
    [
      "a condition key that the action never carries",
      "receiveAudio",
      "s3:GetObject",
      "audio/x",
      ["s3:prefix=audio/"],
      /No request for s3:GetObject carries s3:prefix/,
    ],
    [
      "a misspelt condition key",
      "startTranscription",
      "transcribe:StartTranscriptionJob",
      "*",
      ["transcribe:OutputBucket=x"],
      /carries transcribe:OutputBucket:.*\n/,
    ],
    [
      "a value of another type",
      "receiveAudio",
      "s3:PutObject",
      "audio/x",
      ["aws:SecureTransport=maybe"],
      /true or false in every request, and never "maybe"/,
    ],
    [
      "a number that is none",
      "listRecordings",
      "s3:ListBucket",
      "bucket",
      ["s3:max-keys=many"],
      /a number in every request/,
    ],
    [
      "two values of a key that has one",
      "listRecordings",
      "s3:ListBucket",
      "bucket",
      ["s3:prefix=a", "s3:prefix=b"],
      /one value in a request, not 2/,
    ],
    [
      "a context entry without a value",
      "receiveAudio",
      "s3:PutObject",
      "audio/x",
      ["aws:SecureTransport"],
      /is no KEY=VALUE/,
    ],
    [
      "a principal that nobody knows",
      "receivAudio",
      "s3:PutObject",
      "audio/x",
      [],
      /nobody that the stage "dev" knows\. Did you mean receiveAudio\?\n.*listRecordings/,
    ],
    [
      "a role that is named like ours and is not there",
      "arn:aws:iam::123456789012:role/voice-notes-dev-gone",
      "s3:PutObject",
      "audio/x",
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
        "startTranscription",
        "transcribe:StartTranscriptionJob",
        "*",
        "transcribe:OutputBucketName=other",
      ),
    );

    const [verdict] = text.split("\n");
    expect(verdict).toMatch(
      /denied: startTranscription may not transcribe:StartTranscriptionJob, no identity-based policy allows it/,
    );
    expect(text).toMatch(
      /nearest +StartJobsIntoOurBucket \(identity-based policy of startTranscription, serverless\.yml:\d+\)/,
    );
    expect(text).toMatch(
      /the call +make it with transcribe:OutputBucketName=voice-notes-dev-123456789012-us-east-1/,
    );
    expect(text).toMatch(/or grant +StartJobsIntoOurBucket: let its StringEquals/);
    expect(text).toMatch(/context +transcribe:OutputBucketName=other/);
    expect(text).not.toMatch(/WriteOwnLogs/);
  });

  it("lists every statement when all are asked for", async () => {
    const text = explanationText(await ask("startTranscription", "s3:GetObject", "audio/x"), { all: true });

    expect(text).toMatch(/✘ Deny RefuseWithoutTls/);
    expect(text).toMatch(/✘ Allow WriteOwnLogs/);
    expect(text).toMatch(/✔ Allow LetTranscribeReadAudio .*, which decides/);
  });
});
