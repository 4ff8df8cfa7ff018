import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { denialMessage } from "../../iam/denial.ts";
import type { PolicyKind } from "../../iam/types.ts";
import { processorTime } from "../../testing/processor-time.ts";
import { readMessage } from "./message.ts";

const who =
  "arn:aws:sts::111122223333:assumed-role/photo-album-prod-storePhoto-us-east-1-lambdaRole/photo-album-prod-storePhoto";
const object = "arn:aws:s3:::photo-album-prod-111122223333-us-east-1/originals/x.wav";
const said = `User: ${who} is not authorized to perform: s3:PutObject on resource: "${object}" because no identity-based policy allows the s3:PutObject action`;
const whole = {
  type: "denial",
  principal: who,
  action: "s3:PutObject",
  resource: object,
  reason: { how: "no allow", policy: "identity-based" },
};

describe("a denial is taken apart", () => {
  it.each<[string, string]>([
    ["bare", said],
    ["with the name of the error before it", `AccessDenied: ${said}`],
    ["over several lines", said.replaceAll(" ", "\n  ")],
    [
      "in a line of JSON",
      JSON.stringify({ level: "ERROR", message: `AccessDenied: ${said}`, requestId: "1" }),
    ],
    [
      "in a line of JSON within another one",
      JSON.stringify({ message: JSON.stringify({ error: { name: "AccessDenied", message: said } }) }),
    ],
    [
      "in S3's XML",
      `<?xml version="1.0"?>\n<Error><Code>AccessDenied</Code><Message>${said.replaceAll('"', "&quot;")}</Message></Error>`,
    ],
    ["coloured by a terminal", `\u001b[31m${said}\u001b[39m`],
    [
      "as CloudFormation reports it",
      `Resource handler returned message: "${said} (Service: S3, Status Code: 403, Request ID: 1)" (RequestToken: 2, HandlerErrorCode: AccessDenied)`,
    ],
    ["after other lines of a log", `START RequestId: 1\n2026-11-24 INFO hello\n${said}\nEND RequestId: 1`],
  ])("%s", (_, pasted) => {
    expect(readMessage(pasted)).toEqual(whole);
  });

  it("with the ARN that Transcribe does not quote", () => {
    const job = "arn:aws:transcribe:us-east-1:111122223333:transcription-job/photo-album_prod_x";
    expect(
      readMessage(
        `AccessDeniedException: User: ${who} is not authorized to perform: transcribe:StartTranscriptionJob on resource: ${job} because no identity-based policy allows the transcribe:StartTranscriptionJob action.`,
      ),
    ).toMatchObject({ action: "transcribe:StartTranscriptionJob", resource: job });
  });

  it.each([20, 47, 80, 100])("broken by a terminal after every %i characters", (width) => {
    const broken = said.match(new RegExp(`.{1,${width}}`, "g"))?.join("\n") ?? "";

    expect(readMessage(broken)).toEqual(whole);
  });

  it("with a Deny that an older message does not place", () => {
    const [before] = said.split(" because");

    expect(readMessage(`${before} with an explicit deny`)).toEqual({
      ...whole,
      reason: { how: "explicit deny" },
    });
  });

  it("with a key that has spaces in it", () => {
    expect(readMessage(said.replace("x.wav", "my song.wav"))).toMatchObject({
      resource: object.replace("x.wav", "my song.wav"),
    });
  });

  it("with nothing after the action", () => {
    expect(readMessage(`User: ${who} is not authorized to perform: s3:ListAllMyBuckets`)).toEqual({
      type: "denial",
      principal: who,
      action: "s3:ListAllMyBuckets",
    });
  });

  it("without the punctuation behind an ARN", () => {
    const function_ = "arn:aws:lambda:us-east-1:111122223333:function:f";
    for (const end of [".", ")", '"', ' (Service: Lambda, Status Code: 403)"', "</Message>"]) {
      expect(
        readMessage(
          `User: ${who} is not authorized to perform: lambda:InvokeFunction on resource: ${function_}${end}`,
        ),
      ).toMatchObject({ resource: function_ });
    }
  });

  it("with the account that API Gateway masks, when it is the caller's", () => {
    const masked = "arn:aws:execute-api:us-east-1:********3333:abc/dev/GET/x";
    expect(
      readMessage(`User: ${who} is not authorized to perform: execute-api:Invoke on resource: ${masked}`),
    ).toMatchObject({ resource: masked.replace("********3333", "111122223333") });
  });

  it.each<[string, object]>([
    ["with an explicit deny in an identity-based policy", { how: "explicit deny", policy: "identity-based" }],
    ["with an explicit deny in a resource-based policy", { how: "explicit deny", policy: "resource-based" }],
    ["with an explicit deny in a permissions boundary", { how: "explicit deny", policy: "boundary" }],
    [
      "with an explicit deny in a service control policy: arn:aws:organizations::111122223333:policy/o-1/p-1",
      { how: "explicit deny", policy: "service-control" },
    ],
    [
      "with an explicit deny in a resource control policy",
      { how: "explicit deny", policy: "resource control" },
    ],
    ["with an explicit deny in a VPC endpoint policy", { how: "explicit deny", policy: "VPC endpoint" }],
    ["because no session policy allows the s3:PutObject action", { how: "no allow", policy: "session" }],
    [
      "because no permissions boundary allows the s3:PutObject action",
      { how: "no allow", policy: "boundary" },
    ],
    [
      "because no resource-based policy allows the s3:PutObject action",
      { how: "no allow", policy: "resource-based" },
    ],
    [
      "because no service control policy allows the s3:PutObject action",
      { how: "no allow", policy: "service-control" },
    ],
  ])("%s", (reason, read) => {
    expect(readMessage(said.replace(/because.*/, reason))).toMatchObject({ resource: object, reason: read });
  });

  it("in whatever words this project says denials itself", () => {
    const kinds: PolicyKind[] = [
      "identity-based",
      "resource-based",
      "boundary",
      "session",
      "service-control",
    ];
    const key = fc.string({ unit: fc.constantFrom(..."abc/._-() é&<>'"), minLength: 1 });
    fc.assert(
      fc.property(
        fc.constantFrom(...kinds),
        fc.boolean(),
        key,
        fc.boolean(),
        (kind, isExplicit, name, isJson) => {
          const resource = `arn:aws:s3:::bucket/${name}`;
          const caller = {
            type: "principal",
            arn: who,
            principalArn: who,
            accountId: "111122223333",
          } as const;
          const message = denialMessage(
            { caller, action: "s3:GetObject", resource },
            isExplicit
              ? { outcome: "explicitly denied", by: { kind, policy: "p", index: 0 } }
              : { outcome: "implicitly denied", missing: kind },
            { quoteResource: true },
          );
          expect(readMessage(isJson ? JSON.stringify({ message }) : message)).toEqual({
            type: "denial",
            principal: who,
            action: "s3:GetObject",
            resource: resource.replace(/ +/g, " "),
            reason: { how: isExplicit ? "explicit deny" : "no allow", policy: kind },
          });
        },
      ),
    );
  });
});

describe("a refusal that names nobody is known by its words", () => {
  it.each<[string, object]>([
    [
      "BadRequestException: The S3 URI that you provided can't be accessed. Make sure that you have read permission and try your request again.",
      { type: "transcribe cannot access", action: "s3:GetObject" },
    ],
    [
      "The specified S3 bucket can't be accessed. Make sure you have write permission on the bucket and try your request again.",
      { type: "transcribe cannot access", action: "s3:PutObject" },
    ],
    [
      "The provided execution role does not have permissions to call ReceiveMessage on SQS",
      { type: "execution role lacks", action: "sqs:ReceiveMessage" },
    ],
    [
      "The function's execution role does not have permissions to call SendMessage on arn:aws:sqs:us-east-1:111122223333:q.",
      {
        type: "execution role lacks",
        action: "sqs:SendMessage",
        resource: "arn:aws:sqs:us-east-1:111122223333:q",
      },
    ],
    ['HTTP 403 {"message":"Forbidden"}', { type: "forbidden" }],
    ["Forbidden", { type: "forbidden" }],
    ["<Error><Code>AccessDenied</Code><Message>Access Denied</Message></Error>", { type: "access denied" }],
    [
      "Access to the resource https://sqs.us-east-1.amazonaws.com/111122223333/q is denied.",
      { type: "access denied" },
    ],
    ["An error occurred (403) when calling the HeadObject operation: Forbidden", { type: "head" }],
    [
      "UnknownError { '$fault': 'client', '$metadata': { httpStatusCode: 403, attempts: 1 } }",
      { type: "head" },
    ],
    ["Unknown: UnknownError { name: 'Unknown', $metadata: { httpStatusCode: 403 } }", { type: "head" }],
    [
      "You are not authorized to perform this operation. Encoded authorization failure message: 4GIOHlTkI-aWHQD0Q",
      { type: "encoded" },
    ],
  ])("%s", (pasted, read) => {
    expect(readMessage(pasted)).toEqual(read);
  });

  it("and any other text is none", () => {
    expect(readMessage("everything is fine")).toBeUndefined();
    expect(readMessage("")).toBeUndefined();
  });

  it("whatever is pasted, it is read, and at once", async () => {
    const piece = fc.constantFrom(
      "User: ",
      who,
      " is not authorized to perform: ",
      "s3:X",
      " on resource: ",
      '"',
      "because no ",
      " allows",
      "\\",
      "&quot;",
      "\n",
    );
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.array(piece, { maxLength: 40 }).map((pieces) => pieces.join("")),
        ),
        (pasted) => {
          readMessage(pasted);
        },
      ),
    );
    const took = await processorTime(() => {
      for (const text of ["because no ", "User: ", "with an explicit deny in a ", "\\", "arn:"]) {
        readMessage(`User: x is not authorized to perform: s3:X ${text.repeat(50_000)}`);
      }
    });
    expect(took).toBeLessThan(2000);
  });
});
