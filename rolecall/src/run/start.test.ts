import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { recordedTranscripts } from "../engines/speech/recorded.ts";
import { parsePolicy } from "../iam/policy.ts";
import { packagedFolder, statementsOf } from "../testing/film-archive/film-archive.ts";
import { startLocalAws } from "./start.ts";
import { changedPackage, type Resources } from "./testing/changed-package.ts";

const place = { stage: "local", region: "us-east-1" };

describe("a template that AWS would not deploy does not start either", () => {
  let temporary: string;

  beforeAll(async () => {
    temporary = await mkdtemp(join(tmpdir(), "start-test-"));
  });
  afterAll(() => rm(temporary, { recursive: true, force: true }));

  it.each<[string, (resources: Resources) => void, RegExp]>([
    [
      "a function that sets the keys which Lambda sets",
      (resources) => {
        resources.KeepFilmLambdaFunction.Properties.Environment.Variables.AWS_SECRET_ACCESS_KEY = "x";
      },
      /keepFilm: Lambda was unable to configure your environment variables.*Reserved keys used in this request: AWS_SECRET_ACCESS_KEY/,
    ],
    [
      "a role that another service may assume, and Lambda may not",
      (resources) => {
        const [trust] =
          resources.KeepFilmIamRoleLambdaExecution.Properties.AssumeRolePolicyDocument.Statement;
        trust.Principal = { Service: "ec2.amazonaws.com" };
      },
      /The role defined for the function cannot be assumed by Lambda.*KeepFilmIamRoleLambdaExecution/,
    ],
    [
      "a role that may not poll its queue",
      (resources) => {
        const [, poll] = statementsOf(resources, "StartCaptions");
        poll.Action = poll.Action.filter((action: string) => action !== "sqs:ReceiveMessage");
      },
      /startCaptions: The provided execution role does not have permissions to call ReceiveMessage on SQS/,
    ],
    [
      "a queue that does not let the bucket send",
      (resources) => {
        resources.ReelsQueuePolicy.Properties.PolicyDocument.Statement[0].Condition.StringEquals[
          "aws:SourceAccount"
        ] = "210987654321";
      },
      /Unable to validate the following destination configurations/,
    ],
    [
      "a queue that hides messages for less time than its function may take",
      (resources) => {
        resources.ReelsQueue.Properties.VisibilityTimeout = 30;
      },
      /Queue visibility timeout: 30 seconds is less than Function timeout: 60 seconds/,
    ],
    [
      "a circle of references",
      (resources) => {
        resources.ReelsQueue.DependsOn = ["FilmsBucket"];
      },
      /[Cc]ircular dependency/,
    ],
  ])("%s", async (_, change, reason) => {
    const packaged = await changedPackage(packagedFolder, temporary, change);

    await expect(startLocalAws({ packaged, ...place, recogniser: recordedTranscripts() })).rejects.toThrow(
      reason,
    );
  });
});

describe("the policies in force", () => {
  const bucketArn = (bucket: string) => `arn:aws:s3:::${bucket}`;

  it("may be exchanged while it runs, and hold from the next decision on", async () => {
    const aws = await startLocalAws({
      packaged: packagedFolder,
      ...place,
      recogniser: recordedTranscripts(),
    });
    try {
      const bucket = aws.buckets.get("FilmsBucket") ?? "";
      const list = {
        action: "s3:ListBucket",
        resource: bucketArn(bucket),
        context: { "s3:prefix": "films/" },
      };
      const isAllowed = () => aws.ask("listFilms", list).outcome === "allowed";
      const before = aws.policies.identity.get("listFilms") ?? [];
      expect(isAllowed()).toBe(true);

      aws.policies.identity.set("listFilms", []);
      expect(isAllowed()).toBe(false);

      aws.policies.identity.set("listFilms", before);
      expect(isAllowed()).toBe(true);

      const everyone = { AWS: ["*"] };
      const document = parsePolicy({
        Version: "2012-10-17",
        Statement: { Effect: "Deny", Principal: everyone, Action: "s3:*", Resource: bucketArn(bucket) },
      });
      aws.policies.resource.set(bucketArn(bucket), [{ name: "Closed", document }]);
      expect(aws.ask("listFilms", list).outcome).toBe("explicitly denied");
      expect(() => aws.ask("nobody", list)).toThrow("nobody is nobody here");
    } finally {
      await aws.close();
    }
  });
});
