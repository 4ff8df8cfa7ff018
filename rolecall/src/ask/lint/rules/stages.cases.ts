import { name } from "../../../testing/film-archive/film-archive.ts";
import { add, arn, type Cases, job, read, send, start, store } from "../testing/changes.ts";

export const cases: Cases = {
  "other-stage": {
    found: [
      {
        when: "a dash ends the stage",
        change: read({ Resource: job(`${name}-dev-*`) }),
        says: /dev-\* also covers what the stage dev-2 /,
        severity: "error",
        at: ["serverless.yml", "Sid: ReadStatus"],
      },
      {
        when: "nothing ends the stage",
        change: read({ Resource: job(`${name}_dev*`) }),
        says: /the stage dev-2 /,
      },
      {
        when: "the stage ends a name that may begin with anything",
        change: add({ Action: "sqs:SendMessage", Resource: arn("sqs", "*-dev") }),
        says: /the stage my-dev /,
      },
      {
        when: "the bucket's name is cut off",
        change: store({ Resource: `arn:aws:s3:::${name}-dev-*/films/*` }),
        says: /also covers/,
      },
      {
        when: "no stage is in the name",
        change: store({ Resource: `arn:aws:s3:::${name}-*/films/*` }),
        says: /names no stage, so it covers every stage's/,
        severity: "error",
      },
      {
        when: "all jobs of the service are meant",
        change: read({ Resource: job(`${name}_*`) }),
        says: /covers every stage's/,
        severity: "error",
      },
      {
        when: "stages share something",
        change: store({ Resource: "arn:aws:s3:::models/*" }),
        says: /every stage of the service shares it/,
        severity: "warning",
      },
      {
        when: "a condition's pattern leaks",
        change: start({ Condition: { StringLike: { "transcribe:OutputBucketName": `${name}-dev-*` } } }),
        says: /lets through what the stage dev-2 /,
      },
      {
        when: "another stage's bucket may send",
        change: send({
          Condition: {
            ArnLike: { "aws:SourceArn": `arn:aws:s3:::${name}-dev-*` },
            StringEquals: { "aws:SourceAccount": "123456789012" },
          },
        }),
        says: /ReelsQueuePolicy.*aws:SourceArn .* also lets through what the stage dev-2/,
      },
    ],
    notFound: [
      { when: "an underscore ends the stage", change: read({ Resource: job(`${name}_dev_*`) }) },
      {
        when: "the name is whole",
        change: add({ Action: "sqs:SendMessage", Resource: arn("sqs", `${name}-dev-reels`) }),
      },
      {
        when: "it is AWS's own",
        change: add({
          Action: "bedrock:InvokeModel",
          Resource: "arn:aws:bedrock:us-east-1::foundation-model/one",
        }),
      },
      {
        when: "AWS makes the name up",
        change: add({
          Action: "execute-api:Invoke",
          Resource: { "Fn::Sub": arn("execute-api", `\${HttpApi}/*`) },
        }),
      },
      {
        when: "a Deny covers more",
        change: add({
          Effect: "Deny",
          Action: "s3:DeleteObject",
          Resource: `arn:aws:s3:::${name}-*/films/*`,
        }),
      },
    ],
  },
};
