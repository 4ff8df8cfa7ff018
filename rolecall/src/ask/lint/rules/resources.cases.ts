import { name } from "../../../testing/film-archive/film-archive.ts";
import {
  add,
  arn,
  bucket,
  type Cases,
  films,
  find,
  job,
  queue,
  send,
  start,
  store,
  written,
} from "../testing/changes.ts";

export const cases: Cases = {
  "resource-type": {
    found: [
      {
        when: "an action without a resource gets an ARN",
        change: start({ Resource: job(`${name}_dev_*`) }),
        says: /StartTranscriptionJob takes no resource.*never allowed.*Resource: "\*"/s,
      },
      {
        when: "objects are read by the bucket's ARN",
        change: store({ Action: "s3:GetObject", Resource: bucket }),
        says: /like arn:.*BucketName}\/\$\{ObjectName\}.*never allowed.*Write !Sub \$\{FilmsBucket\.Arn\}\/\*\./s,
        at: written,
      },
      {
        when: "the bucket is listed by its objects' ARN",
        change: find({ Resource: films }),
        says: /asked of a resource like .*BucketName}, .*Write !GetAtt FilmsBucket\.Arn\./s,
      },
      {
        when: "one of two resources is nobody's",
        change: store({ Resource: [films, queue] }),
        says: /no action of the statement takes arn:aws:sqs/,
      },
      {
        when: "one of two actions finds no resource",
        change: store({ Action: ["s3:PutObject", "s3:ListBucket"] }),
        says: /s3:ListBucket is asked of/,
      },
      {
        when: "a table's index is read by the table's action",
        change: add({
          Action: "dynamodb:GetItem",
          Resource: arn("dynamodb", `table/${name}-dev/index/by-day`),
        }),
        says: /dynamodb:GetItem is asked of/,
      },
    ],
    notFound: [
      {
        when: "each action finds its own resource",
        change: store({ Action: ["s3:GetObject", "s3:ListBucket"], Resource: [films, bucket] }),
      },
      {
        when: "a pattern covers the bucket and its objects",
        change: find({ Resource: { "Fn::Sub": `\${FilmsBucket.Arn}*` } }),
      },
    ],
  },
  "every-resource": {
    found: [
      {
        when: "an object may be stored anywhere",
        change: store({ Resource: "*" }),
        says: /s3:PutObject reach every object /,
      },
      {
        when: "the ARN has only wildcards for a name",
        change: store({ Resource: "arn:aws:s3:::*/*" }),
        says: /every/,
      },
      {
        when: "the ARN ends early",
        change: add({ Action: "sqs:SendMessage", Resource: "arn:aws:sqs:*" }),
        says: /reach every queue/,
      },
      {
        when: "it is every function",
        change: add({ Action: "lambda:InvokeFunction", Resource: arn("lambda", "function:*") }),
        says: /reach every function/,
      },
    ],
    notFound: [
      {
        when: "the action takes no resource",
        change: add({ Action: "xray:PutTraceSegments", Resource: "*" }),
      },
      {
        when: "a bucket's name is followed by a wildcard",
        change: store({ Resource: "arn:aws:s3:::films/*" }),
      },
    ],
  },
  "attached-elsewhere": {
    found: [
      {
        when: "a queue's policy names another queue",
        change: send({ Resource: { "Fn::GetAtt": ["ReelsDeadLetterQueue", "Arn"] } }),
        says: /is not what the policy is attached to.*Write !GetAtt ReelsQueue\.Arn, or/s,
        at: ["resources/reels-queue.yml", "Sid: LetFilmsBucketSend"],
      },
    ],
    notFound: [{ when: "it names everything", change: send({ Resource: "*" }) }],
  },
};
