import { arn, both, type Cases, destination, edit, queue, send, set } from "../testing/changes.ts";
import { name, policyOf, type Resources } from "../testing/packaged.ts";

export const cases: Cases = {
  "polling-rights": {
    found: [
      {
        when: "an action is missing",
        change: edit("StartTranscription", "PollQueue", {
          Action: ["sqs:ReceiveMessage", "sqs:GetQueueAttributes"],
        }),
        says: /startTranscription's role may not sqs:DeleteMessage on arn:aws:sqs/,
        at: ["serverless.yml", "- sqs:"],
      },
      {
        when: "it is another queue",
        change: edit("StartTranscription", "PollQueue", {
          Resource: { "Fn::GetAtt": ["UploadsDeadLetterQueue", "Arn"] },
        }),
        says: /may not sqs:ReceiveMessage, sqs:DeleteMessage and sqs:GetQueueAttributes/,
      },
      {
        when: "the queue has a key of its own",
        change: set("UploadsQueue", { KmsMasterKeyId: "0000-1111" }),
        says: /may not kms:Decrypt/,
      },
      {
        when: "it is no queue",
        change: set("StartTranscriptionEventSourceMappingSQSUploadsQueue", {
          EventSourceArn: arn("kafka", `cluster/${name}-dev/1`),
        }),
        says: /not known here/,
        severity: "warning",
      },
      {
        when: "it is no function",
        change: set("StartTranscriptionEventSourceMappingSQSUploadsQueue", { FunctionName: "elsewhere" }),
        says: /no function of the template/,
      },
    ],
    notFound: [
      { when: "the queue has SQS's key", change: set("UploadsQueue", { KmsMasterKeyId: "alias/aws/sqs" }) },
      {
        when: "the role may use the queue's key",
        change: both(set("UploadsQueue", { KmsMasterKeyId: "0000-1111" }), (resources) => {
          policyOf(resources, "StartTranscription").Statement.push({
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
        says: /reportOutcome's role may not sqs:SendMessage.*Allow sqs:SendMessage on !GetAtt Uploads\w*Queue\.Arn\./s,
      },
      {
        when: "the function's own dead letters",
        change: set("ReportOutcomeLambdaFunction", { DeadLetterConfig: { TargetArn: queue } }),
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
          policyOf(resources, "ReportOutcome").Statement.push({
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
        change: set("UploadsQueue", { VisibilityTimeout: 59 }),
        says: /refuses to make the mapping.*at least 360/s,
        severity: "error",
        at: ["resources/uploads-queue.yml", "VisibilityTimeout: 600"],
      },
      {
        when: "it is less than six times as long",
        change: set("UploadsQueue", { VisibilityTimeout: 359 }),
        says: /comes again/,
        severity: "warning",
      },
      {
        when: "it is SQS's own",
        change: set("UploadsQueue", { VisibilityTimeout: undefined }),
        says: /for 30 s/,
        severity: "error",
      },
    ],
    notFound: [{ when: "it is six times as long", change: set("UploadsQueue", { VisibilityTimeout: 360 }) }],
  },
  "notification-rights": {
    found: [
      {
        when: "the queue has no policy",
        change: ({ RecordingsBucket, ...resources }: Resources) => {
          RecordingsBucket.DependsOn = [];
          resources.UploadsQueuePolicy.Properties.Queues = [{ Ref: "UploadsDeadLetterQueue" }];
        },
        says: /no queue policy lets it/,
        at: ["resources/recordings-bucket.yml", "NotificationConfiguration:"],
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
        change: ({ RecordingsBucket }) => {
          delete RecordingsBucket.DependsOn;
        },
        says: /may be made before UploadsQueuePolicy.*Add DependsOn/s,
      },
    ],
    notFound: [
      {
        when: "the bucket waits for what waits for the policy",
        change: (resources) => {
          resources.UploadsDeadLetterQueue.DependsOn = ["UploadsQueuePolicy"];
          resources.UploadsQueuePolicy.Properties.Queues = [
            {
              "Fn::Sub": `https://sqs.\${AWS::Region}.\${AWS::URLSuffix}/\${AWS::AccountId}/${name}-dev-uploads`,
            },
          ];
          resources.RecordingsBucket.DependsOn = "UploadsDeadLetterQueue";
          resources.UploadsQueue.Properties.RedrivePolicy = undefined;
          resources.UploadsQueuePolicy.Properties.PolicyDocument.Statement[0].Resource = arn(
            "sqs",
            `${name}-dev-uploads`,
          );
        },
      },
    ],
  },
};
