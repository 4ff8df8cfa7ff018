import { policyOf, type Resources } from "../../../run/testing/changed-package.ts";
import { name } from "../../../testing/film-archive/film-archive.ts";
import { arn, both, type Cases, destination, edit, queue, send, set } from "../testing/changes.ts";

export const cases: Cases = {
  "polling-rights": {
    found: [
      {
        when: "an action is missing",
        change: edit("StartCaptions", "PollQueue", {
          Action: ["sqs:ReceiveMessage", "sqs:GetQueueAttributes"],
        }),
        says: /startCaptions's role may not sqs:DeleteMessage on arn:aws:sqs/,
        at: ["serverless.yml", "- sqs:"],
      },
      {
        when: "it is another queue",
        change: edit("StartCaptions", "PollQueue", {
          Resource: { "Fn::GetAtt": ["ReelsDeadLetterQueue", "Arn"] },
        }),
        says: /may not sqs:ReceiveMessage, sqs:DeleteMessage and sqs:GetQueueAttributes/,
      },
      {
        when: "the queue has a key of its own",
        change: set("ReelsQueue", { KmsMasterKeyId: "0000-1111" }),
        says: /may not kms:Decrypt/,
      },
      {
        when: "it is no queue",
        change: set("StartCaptionsEventSourceMappingSQSReelsQueue", {
          EventSourceArn: arn("kafka", `cluster/${name}-dev/1`),
        }),
        says: /not known here/,
        severity: "warning",
      },
      {
        when: "it is no function",
        change: set("StartCaptionsEventSourceMappingSQSReelsQueue", { FunctionName: "elsewhere" }),
        says: /no function of the template/,
      },
    ],
    notFound: [
      { when: "the queue has SQS's key", change: set("ReelsQueue", { KmsMasterKeyId: "alias/aws/sqs" }) },
      {
        when: "the role may use the queue's key",
        change: both(set("ReelsQueue", { KmsMasterKeyId: "0000-1111" }), (resources) => {
          policyOf(resources, "StartCaptions").Statement.push({
            Sid: "Decrypt",
            Effect: "Allow",
            Action: "kms:Decrypt",
            Resource: arn("kms", "key/0000-1111"),
          });
        }),
      },
    ],
  },
  "destination-rights": {
    found: [
      {
        when: "the role may not send",
        change: destination(queue),
        says: /reportCaptions's role may not sqs:SendMessage.*Allow sqs:SendMessage on !GetAtt Reels\w*Queue\.Arn\./s,
      },
      {
        when: "the function's own dead letters",
        change: set("ReportCaptionsLambdaFunction", { DeadLetterConfig: { TargetArn: queue } }),
        says: /may not sqs:SendMessage/,
      },
      {
        when: "nothing is delivered there",
        change: destination(arn("logs", "log-group:x")),
        says: /nothing that Lambda delivers to/,
      },
    ],
    notFound: [
      {
        when: "the role may send",
        change: both(destination(queue), (resources) => {
          policyOf(resources, "ReportCaptions").Statement.push({
            Sid: "Send",
            Effect: "Allow",
            Action: "sqs:SendMessage",
            Resource: queue,
          });
        }),
      },
    ],
  },
  "visibility-timeout": {
    found: [
      {
        when: "it is shorter than the function's",
        change: set("ReelsQueue", { VisibilityTimeout: 59 }),
        says: /refuses to make the mapping.*at least 360/s,
        severity: "error",
        at: ["resources/reels-queue.yml", "VisibilityTimeout: 600"],
      },
      {
        when: "it is less than six times as long",
        change: set("ReelsQueue", { VisibilityTimeout: 359 }),
        says: /comes again/,
        severity: "warning",
      },
      {
        when: "it is SQS's own",
        change: set("ReelsQueue", { VisibilityTimeout: undefined }),
        says: /for 30 s/,
        severity: "error",
      },
    ],
    notFound: [{ when: "it is six times as long", change: set("ReelsQueue", { VisibilityTimeout: 360 }) }],
  },
  "notification-rights": {
    found: [
      {
        when: "the queue has no policy",
        change: ({ FilmsBucket, ...resources }: Resources) => {
          FilmsBucket.DependsOn = [];
          resources.ReelsQueuePolicy.Properties.Queues = [{ Ref: "ReelsDeadLetterQueue" }];
        },
        says: /no queue policy lets it/,
        at: ["resources/films-bucket.yml", "NotificationConfiguration:"],
      },
      {
        when: "the policy names another bucket",
        change: send({
          Condition: {
            ArnEquals: { "aws:SourceArn": "arn:aws:s3:::another" },
            StringEquals: { "aws:SourceAccount": "123456789012" },
          },
        }),
        says: /no queue policy lets it/,
      },
      {
        when: "the bucket does not wait for the policy",
        change: ({ FilmsBucket }) => {
          delete FilmsBucket.DependsOn;
        },
        says: /may be made before ReelsQueuePolicy.*Add DependsOn/s,
      },
    ],
    notFound: [
      {
        when: "the bucket waits for what waits for the policy",
        change: (resources) => {
          resources.ReelsDeadLetterQueue.DependsOn = ["ReelsQueuePolicy"];
          resources.ReelsQueuePolicy.Properties.Queues = [
            {
              "Fn::Sub": `https://sqs.\${AWS::Region}.\${AWS::URLSuffix}/\${AWS::AccountId}/${name}-dev-reels`,
            },
          ];
          resources.FilmsBucket.DependsOn = "ReelsDeadLetterQueue";
          resources.ReelsQueue.Properties.RedrivePolicy = undefined;
          resources.ReelsQueuePolicy.Properties.PolicyDocument.Statement[0].Resource = arn(
            "sqs",
            `${name}-dev-reels`,
          );
        },
      },
    ],
  },
};
