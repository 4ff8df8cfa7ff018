import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseTemplate, resolveTemplate } from "../../stack/template.ts";
import { namesOf, ownNames } from "./names.ts";

const stack = resolveTemplate(
  parseTemplate({
    Resources: {
      Notes: { Type: "AWS::S3::Bucket", Properties: { BucketName: "notes" } },
      NotesArchive: { Type: "AWS::S3::Bucket", Properties: { BucketName: "notes-archive" } },
      Nameless: { Type: "AWS::S3::Bucket" },
      Uploads: { Type: "AWS::SQS::Queue", Properties: { QueueName: "notes-reels-of-the-stage" } },
      ReadLogGroup: {
        Type: "AWS::Logs::LogGroup",
        Properties: { LogGroupName: "/aws/lambda/notes-read" },
      },
      Api: { Type: "AWS::ApiGatewayV2::Api", Properties: { Name: "notes" } },
    },
  }),
  { accountId: "123456789012", region: "us-east-1", partition: "aws", stackName: "notes-dev" },
);
const names = namesOf(stack);

describe("a short name", () => {
  it.each([
    ["arn:aws:s3:::notes", "Notes"],
    ["arn:aws:s3:::notes/films/*", "Notes/films/*"],
    ["arn:aws:s3:::notes-archive/*", "NotesArchive/*"],
    ["arn:aws:s3:::notes-elsewhere/*", "arn:aws:s3:::notes-elsewhere/*"],
    ["notes-archive", "NotesArchive"],
    ["arn:aws:sqs:us-east-1:123456789012:notes-reels-of-the-stage", "Uploads"],
    ["arn:aws:transcribe:us-east-1:123456789012:transcription-job/a_*", "transcription-job/a_*"],
    [
      "arn:aws:transcribe:eu-west-1:123456789012:transcription-job/a",
      "arn:aws:transcribe:eu-west-1:123456789012:transcription-job/a",
    ],
    ["arn:aws:sqs:us-east-1:210987654321:uploads", "arn:aws:sqs:us-east-1:210987654321:uploads"],
    ["*", "*"],
    ["films/*", "films/*"],
  ])("of %s is %s", (text, short) => {
    expect(names.shorten(text)).toBe(short);
  });

  it("says whose it is and what is in it, and is never longer", () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...names.all),
        fc.stringMatching(/^([/:][\w*:/-]{0,12})?$/),
        ({ arn }, rest) => {
          const short = names.shorten(arn + rest);
          expect(short.endsWith(rest)).toBe(true);
          expect(short.length).toBeLessThanOrEqual(arn.length + rest.length);
          expect(names.owner(arn + rest)?.arn).toBe(arn);
        },
      ),
    );
  });

  it("tells a name that AWS makes", () => {
    const made = names.all.filter(({ isGenerated }) => isGenerated).map(({ logicalId }) => logicalId);

    expect(made).toEqual(["Nameless", "Api"]);
  });

  it("in a function's own block is the function's own for itself and for its logs, and for no other's", () => {
    const shorten = ownNames(names, {
      functionName: "notes-read",
      functionArn: "arn:aws:lambda:us-east-1:123456789012:function:notes-read",
    });
    const logs = "arn:aws:logs:us-east-1:123456789012:log-group:/aws/lambda";

    expect(shorten("arn:aws:lambda:us-east-1:123456789012:function:notes-read")).toBe("itself");
    expect(shorten(`${logs}/notes-read:*:*`)).toBe("its log group");
    expect(shorten(`${logs}/notes-read:*`)).toBe("its log group");
    expect(shorten(`${logs}/notes-reader:*:*`)).toBe("log-group:/aws/lambda/notes-reader:*:*");
    expect(shorten(`${logs}/notes-read*:*`)).toBe("log-group:/aws/lambda/notes-read*:*");
  });
});
