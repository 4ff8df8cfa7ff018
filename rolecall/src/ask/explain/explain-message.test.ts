import { stripVTControlCharacters } from "node:util";
import { beforeAll, describe, expect, it, vi } from "vitest";
import { openProject } from "../../project/open.ts";
import type { Sources } from "../../stack/source/sources.ts";
import { root, name as service, template } from "../../testing/film-archive/film-archive.ts";
import { explainMessage } from "./explain-message.ts";
import type { Place } from "./message-place.ts";
import { messageText } from "./text.ts";

let sources: Sources;
/** Where the template was last resolved. */
let opened: Place | undefined;
beforeAll(async () => {
  sources = (await openProject({ root, template })).sources;
});

/** Always the package of the stage dev, which other tests have too, resolved where the message is from. */
function explained(pasted: string, ...context: string[]) {
  return explainMessage(pasted, {
    serviceName: service,
    sources,
    context,
    open: (place) => {
      opened = place;
      const { accountId = "123456789012", partition = "aws", region = "us-east-1" } = place;
      return openProject({ root, template, region, accountId, partition });
    },
  });
}

function denial(functionKey: string, action: string, resource: string, reason: string): string {
  const name = `${service}-dev-${functionKey}`;
  return `User: arn:aws:sts::111122223333:assumed-role/${name}-us-east-1-lambdaRole/${name} is not authorized to perform: ${action} on resource: "${resource}" ${reason}`;
}
const bucket = `arn:aws:s3:::${service}-dev-111122223333-us-east-1`;
const noIdentity = (action: string) => `because no identity-based policy allows the ${action} action`;

describe("a denial from a log", () => {
  it("is explained in the account, the region and the stage that it comes from", async () => {
    const { explanation } = await explained(
      denial("keepFilm", "s3:PutObject", `${bucket}/captions/x`, noIdentity("s3:PutObject")),
    );

    expect(opened).toEqual({
      partition: "aws",
      accountId: "111122223333",
      region: "us-east-1",
      stage: "dev",
    });
    expect(explanation?.asked.principal.name).toBe("keepFilm");
    expect(explanation?.decision.outcome).toBe("implicitly denied");
    expect(explanation?.nearest?.statement.sid).toBe("KeepFilm");
  });

  it.each<[string, Place]>([
    [
      "arn:aws-cn:sts::111122223333:assumed-role/film-archive-dev-anna-keepFilm-cn-north-1-lambdaRole/film-archive-dev-anna-keepFilm",
      { partition: "aws-cn", accountId: "111122223333", region: "cn-north-1", stage: "dev-anna" },
    ],
    [
      "arn:aws-us-gov:sts::111122223333:assumed-role/film-archive-prod-us-gov-west-1-keepFilm-1ABC/film-archive-prod-keepFilm",
      { partition: "aws-us-gov", accountId: "111122223333", region: "us-gov-west-1", stage: "prod" },
    ],
  ])("of %s comes from there", async (principal, place) => {
    const said = `User: ${principal} is not authorized to perform: s3:PutObject on resource: "${bucket}/films/x"`;
    const open = vi.fn().mockRejectedValue(new Error("not packaged here"));
    await explainMessage(said, { serviceName: service, sources, open }).catch(() => {});

    expect(open).toHaveBeenCalledWith(place);
  });

  it("that this template would allow means that something else is deployed", async () => {
    const { explanation, says } = await explained(
      denial("keepFilm", "s3:PutObject", `${bucket}/films/x`, noIdentity("s3:PutObject")),
    );

    expect(explanation?.decision.outcome).toBe("allowed");
    expect(says.join("\n")).toMatch(/what is deployed differs from it: deploy the stage/);
  });

  it("of a role that is called otherwise is the function's whose session it is", async () => {
    const said = denial("keepFilm", "s3:PutObject", `${bucket}/films/x`, noIdentity("s3:PutObject")).replace(
      "keepFilm-us-east-1-lambdaRole",
      "us-east-1-keepFilm-1ABC",
    );
    const { explanation, says } = await explained(said);

    expect(explanation?.asked.principal.name).toBe("keepFilm");
    expect(says.join("\n")).toMatch(/The role is called .*1ABC there/);
  });

  it("that names a job where the action has no resource type is asked about *", async () => {
    const job = `arn:aws:transcribe:us-east-1:111122223333:transcription-job/${service}_dev_x`;
    const said = denial(
      "startCaptions",
      "transcribe:StartTranscriptionJob",
      job,
      noIdentity("transcribe:StartTranscriptionJob"),
    );
    const { explanation, says } = await explained(said);

    expect(explanation?.asked.resource).toBe("*");
    expect(says.join("\n")).toMatch(/has no resource type/);
    expect(says.join("\n")).toMatch(/ask again: --context transcribe:OutputBucketName=…/);
    const bucketName = bucket.split(":").at(-1);
    const again = await explained(said, `transcribe:OutputBucketName=${bucketName}`);
    expect(again.explanation?.decision.outcome).toBe("allowed");
  });

  it("by a Deny of a resource-based policy names the Deny that it can only be", async () => {
    const { says } = await explained(
      denial(
        "keepFilm",
        "s3:PutObject",
        `${bucket}/films/x`,
        "with an explicit deny in a resource-based policy",
      ),
    );

    expect(says.join("\n")).toMatch(/RefuseWithoutTls denies it when Bool aws:SecureTransport is false/);
  });

  it("by a Deny that this template does not have says so", async () => {
    const { says } = await explained(
      denial(
        "keepFilm",
        "s3:PutObject",
        `${bucket}/films/x`,
        "with an explicit deny in an identity-based policy",
      ),
    );

    expect(says.join("\n")).toMatch(
      /^In the account, the identity-based policy denies it, and this template has no such Deny/,
    );
  });

  it.each(["service control policy", "resource control policy", "VPC endpoint policy"])(
    "by a %s is for somebody else to lift",
    async (policy) => {
      const { says } = await explained(
        denial("keepFilm", "s3:PutObject", `${bucket}/films/x`, `with an explicit deny in a ${policy}`),
      );

      expect(says.join("\n")).toContain(`A ${policy} decided, and none stands in this template`);
    },
  );

  it("of somebody who is not ours is explained by what our resource-based policies say", async () => {
    const { explanation } = await explained(
      `User: arn:aws:iam::444455556666:user/anna is not authorized to perform: s3:GetObject on resource: "arn:aws:s3:::${service}-dev-111122223333-us-east-1/films/x"`,
    );

    expect(opened?.accountId).toBe("111122223333");
    expect(explanation?.asked.principal.name).toBe("arn:aws:iam::444455556666:user/anna");
    expect(explanation?.decision).toEqual({ outcome: "implicitly denied", missing: "resource-based" });
  });

  it("of somebody whose own policies nobody knows here is not called a difference to what is deployed", async () => {
    const explanation = await explained(
      `User: arn:aws:sts::111122223333:assumed-role/deployer/AWSCloudFormation is not authorized to perform: lambda:CreateFunction on resource: arn:aws:lambda:us-east-1:111122223333:function:${service}-dev-keepFilm ${noIdentity("lambda:CreateFunction")}`,
    );

    const text = stripVTControlCharacters(messageText(explanation));
    expect(text).not.toContain("✔");
    expect(text).toContain("no policy of the role deployer allows this");
    expect(text).toContain(
      `  - Sid: SayWhatItIsFor
    Effect: Allow
    Action: lambda:CreateFunction
    Resource: arn:aws:lambda:us-east-1:111122223333:function:${service}-dev-keepFilm
`,
    );
  });

  it("of such a somebody, by a Deny, is looked for among their own policies", async () => {
    const { says } = await explained(
      `User: arn:aws:iam::111122223333:user/anna is not authorized to perform: s3:GetObject on resource: "${bucket}/films/x" with an explicit deny in an identity-based policy`,
    );

    expect(says).toEqual([
      expect.stringMatching(/^A Deny decided.*policies of arn:aws:iam::111122223333:user\/anna/),
    ]);
  });

  it.each([
    ["permissions boundary", /this template gives the role none/],
    ["session policy", /Lambda sets none/],
  ])("by a %s that this template does not have says who has it", async (policy, reason) => {
    const { says } = await explained(
      denial(
        "keepFilm",
        "s3:PutObject",
        `${bucket}/films/x`,
        `because no ${policy} allows the s3:PutObject action`,
      ),
    );

    expect(says).toEqual([expect.stringMatching(reason)]);
  });

  it("about a resource with an asterisk is about just that", async () => {
    const { explanation } = await explained(
      denial("keepFilm", "ec2:RunInstances", "arn:aws:ec2:us-east-1:111122223333:instance/*", ""),
    );

    expect(explanation?.decision.outcome).toBe("implicitly denied");
  });

  it("that takes a resource-based policy too says so", async () => {
    const { says } = await explained(
      denial(
        "keepFilm",
        "kms:Decrypt",
        "arn:aws:kms:us-east-1:111122223333:key/one",
        "because no resource-based policy allows the kms:Decrypt action",
      ),
    );

    expect(says.join("\n")).toMatch(
      /no resource-based policy allows it, this template that no identity-based/,
    );
  });

  it("is shown with who, what, on which and why, before what this template says", async () => {
    const text = messageText(
      await explained(denial("keepFilm", "s3:PutObject", `${bucket}/films/x`, noIdentity("s3:PutObject"))),
    );

    expect(text).toMatch(
      /who +role .*, session .*\n +what +s3:PutObject\n +on +arn.*\n +why +no identity-based policy allows it\n\nThis template: /,
    );
  });
});

describe("a refusal that hides a denial", () => {
  it("of Transcribe names the right that its caller lacks, and who starts jobs", async () => {
    const reading = await explained(
      "The S3 URI that you provided can't be accessed. Make sure that you have read permission and try your request again.",
    );
    expect(reading.says.join("\n")).toMatch(/the caller was denied s3:GetObject/);
    expect(reading.says.join("\n")).toMatch(
      /startCaptions starts jobs, and has s3:GetObject by LetTranscribeReadFilms \(serverless\.yml:\d+/,
    );

    const writing = await explained(
      "The specified S3 bucket can't be accessed. Make sure you have write permission on the bucket and try your request again.",
    );
    expect(writing.says.join("\n")).toMatch(/LetTranscribeWriteCaptions/);
  });

  it("of Lambda is asked of the function that polls", async () => {
    const { explanation } = await explained(
      'Resource handler returned message: "The provided execution role does not have permissions to call ReceiveMessage on SQS (Service: Lambda, Status Code: 400)"',
    );

    expect(explanation?.asked).toMatchObject({
      principal: { name: "startCaptions" },
      action: "sqs:ReceiveMessage",
      resource: `arn:aws:sqs:us-east-1:123456789012:${service}-dev-reels`,
    });
  });

  it("of Lambda about a destination that this template does not have names no function", async () => {
    const { explanation, says } = await explained(
      "The function's execution role does not have permissions to call SendMessage on arn:aws:sqs:us-east-1:123456789012:failures",
    );

    expect(explanation).toBeUndefined();
    expect(says.join("\n")).toMatch(/does not say which function/);
  });

  it("of API Gateway says what the caller needs", async () => {
    expect((await explained('{"message":"Forbidden"}')).says.join("\n")).toMatch(/needs execute-api:Invoke/);
  });

  it("that breaks off in its action is not taken for one about an action that does not exist", async () => {
    await expect(
      explained(denial("keepFilm", "s3:PutObj", "", "").replace(/ on resource.*/, "")),
    ).rejects.toThrow("The message breaks off at s3:PutObj");
  });

  it("is not found in any other text", async () => {
    await expect(explained("all is well")).rejects.toMatchObject({ name: "SenselessQuestion" });
  });
});
