import { decide } from "../../../iam/evaluate.ts";
import { hasUnknown } from "../../../iam/unknown.ts";
import type { StackResource } from "../../../stack/template.ts";
import { asWritten } from "../../../stack/written.ts";
import type { Material, Rule } from "../finding.ts";
import { at, functionCalled, items, notAllowed, ofType, roleOf } from "../stack.ts";
import { list } from "../words.ts";

/** https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html */
const polling = ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"];

/**
 * What Lambda asks of the role to poll, by the service of the source's ARN.
 *
 * https://docs.aws.amazon.com/lambda/latest/dg/with-ddb.html
 * https://docs.aws.amazon.com/lambda/latest/dg/with-kinesis.html
 */
const pollingOf: ReadonlyMap<string, readonly string[]> = new Map([
  ["sqs", polling],
  ["dynamodb", ["dynamodb:DescribeStream", "dynamodb:GetRecords", "dynamodb:GetShardIterator"]],
  ["kinesis", ["kinesis:DescribeStream", "kinesis:GetRecords", "kinesis:GetShardIterator"]],
]);

/** What a function's role must allow on a destination, by the service of its ARN. */
const delivering: ReadonlyMap<string, { readonly action: string; readonly of: (arn: string) => string }> =
  new Map([
    ["events", { action: "events:PutEvents", of: (arn: string) => arn }],
    ["lambda", { action: "lambda:InvokeFunction", of: (arn: string) => arn }],
    ["s3", { action: "s3:PutObject", of: (arn: string) => `${arn}/aws/lambda/async/any` }],
    ["sns", { action: "sns:Publish", of: (arn: string) => arn }],
    ["sqs", { action: "sqs:SendMessage", of: (arn: string) => arn }],
  ]);

/** Lambda looks at the role when the mapping is made, and the deployment fails when it may not poll. */
export const pollingRights: Rule = {
  name: "polling-rights",
  *check({ service, sources }) {
    const { stack } = service;
    for (const mapping of ofType(stack, "AWS::Lambda::EventSourceMapping")) {
      const { logicalId, properties } = mapping;
      const lambda = functionCalled(stack, properties.FunctionName);
      const role = lambda && roleOf(service, lambda);
      const arn = String(properties.EventSourceArn);
      const found = { subject: logicalId, source: sources.resourceLine(logicalId) };
      const actions = pollingOf.get(arn.split(":")[2] ?? "");
      // What another stack or CloudFormation names is not judged.
      if (hasUnknown(arn) || hasUnknown(String(properties.FunctionName))) continue;
      if (role === undefined) {
        if (lambda !== undefined) continue;
        yield {
          ...found,
          severity: "error",
          message: `${logicalId} is for ${String(properties.FunctionName)}, which is no function of the template.`,
          fix: "Name a function of the template, by !GetAtt.",
        };
      } else if (actions === undefined) {
        yield {
          ...found,
          severity: "warning",
          message: `${logicalId} polls ${arn}; what Lambda demands of ${role.functionKey}'s role for that is not known here.`,
          fix: "Compare the role with the service's page of the Lambda guide.",
        };
      } else {
        const missing = notAllowed(service, role, actions, arn);
        const queue = ofType(stack, "AWS::SQS::Queue").find((one) => one.arn === arn);
        const key = keyOf(queue);
        if (missing.length > 0) {
          yield {
            ...found,
            severity: "error",
            message: `${logicalId}: ${role.functionKey}'s role may not ${list(missing, "and")} on ${arn}, so Lambda refuses to make the mapping.`,
            fix: `Add a statement to ${role.functionKey}: Allow ${list(missing, "and")} on ${asWritten(arn, stack)}.`,
          };
        }
        if (key !== undefined && notAllowed(service, role, ["kms:Decrypt"], keyArn(key, arn)).length > 0) {
          yield {
            ...found,
            severity: "error",
            message: `${logicalId}: the queue is encrypted with the key ${key}, and ${role.functionKey}'s role may not kms:Decrypt with it.`,
            fix: `Add a statement to ${role.functionKey}: Allow kms:Decrypt on the key's ARN.`,
          };
        }
      }
    }
  },
};

/** A key of one's own; SQS's own needs no right. */
function keyOf(queue: StackResource | undefined): string | undefined {
  const key = queue?.properties.KmsMasterKeyId;
  return typeof key === "string" && key !== "alias/aws/sqs" ? key : undefined;
}

function keyArn(key: string, queueArn: string): string {
  const [, partition, , region, account] = queueArn.split(":");
  return key.startsWith("arn:")
    ? key
    : `arn:${partition}:kms:${region}:${account}:${key.startsWith("alias/") ? key : `key/${key}`}`;
}

/** https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html */
export const destinationRights: Rule = {
  name: "destination-rights",
  *check({ service, sources }) {
    for (const { owner, lambda, arn } of destinations(service)) {
      const role = roleOf(service, lambda);
      const delivery = delivering.get(arn.split(":")[2] ?? "");
      const found = { subject: owner, source: sources.resourceLine(owner) };
      if (role === undefined || hasUnknown(arn)) continue;
      if (delivery === undefined) {
        yield {
          ...found,
          severity: "error",
          message: `${owner}: ${arn} is nothing that Lambda delivers to.`,
          fix: "Write the ARN of an SQS queue, an SNS topic, a function, an event bus or a bucket.",
        };
      } else if (notAllowed(service, role, [delivery.action], delivery.of(arn)).length > 0) {
        yield {
          ...found,
          severity: "error",
          message: `${owner}: ${role.functionKey}'s role may not ${delivery.action} on ${arn}, so Lambda refuses the destination.`,
          fix: `Add a statement to ${role.functionKey}: Allow ${delivery.action} on ${asWritten(delivery.of(arn) === arn ? arn : `${arn}/*`, service.stack)}.`,
        };
      }
    }
  },
};

interface Destination {
  /** The resource that names it. */
  readonly owner: string;
  readonly lambda: StackResource;
  readonly arn: string;
}

function destinations({ stack }: Material["service"]): readonly Destination[] {
  const to = (
    owner: string,
    lambda: StackResource | undefined,
    arns: readonly unknown[],
  ): readonly Destination[] =>
    lambda === undefined
      ? []
      : arns.flatMap((arn) => (typeof arn === "string" ? [{ owner, lambda, arn }] : []));
  return [
    ...ofType(stack, "AWS::Lambda::EventInvokeConfig").flatMap(({ logicalId, properties }) =>
      to(logicalId, functionCalled(stack, properties.FunctionName), [
        at(properties, "DestinationConfig", "OnSuccess", "Destination"),
        at(properties, "DestinationConfig", "OnFailure", "Destination"),
      ]),
    ),
    ...ofType(stack, "AWS::Lambda::EventSourceMapping").flatMap(({ logicalId, properties }) =>
      to(logicalId, functionCalled(stack, properties.FunctionName), [
        at(properties, "DestinationConfig", "OnFailure", "Destination"),
      ]),
    ),
    ...ofType(stack, "AWS::Lambda::Function").flatMap((lambda) =>
      to(lambda.logicalId, lambda, [at(lambda.properties, "DeadLetterConfig", "TargetArn")]),
    ),
  ];
}

/** What Lambda and SQS take when the template says nothing, in seconds. */
const defaults = { functionTimeout: 3, visibilityTimeout: 30 };

/** https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html */
export const visibilityTimeout: Rule = {
  name: "visibility-timeout",
  *check({ service: { stack }, sources }) {
    for (const mapping of ofType(stack, "AWS::Lambda::EventSourceMapping")) {
      const queue = ofType(stack, "AWS::SQS::Queue").find(
        ({ arn }) => arn === mapping.properties.EventSourceArn,
      );
      const lambda = functionCalled(stack, mapping.properties.FunctionName);
      if (queue === undefined || lambda === undefined) continue;
      const hidden = Number(queue.properties.VisibilityTimeout ?? defaults.visibilityTimeout);
      const timeout = Number(lambda.properties.Timeout ?? defaults.functionTimeout);
      if (hidden >= 6 * timeout) continue;
      const isRefused = hidden < timeout;
      yield {
        severity: isRefused ? "error" : "warning",
        subject: queue.logicalId,
        message: `${queue.logicalId} hides a message for ${hidden} s, and ${lambda.physicalId} may take ${timeout} s: ${
          isRefused
            ? "Lambda refuses to make the mapping"
            : "a message that is still being worked on comes again"
        }.`,
        fix: `Set VisibilityTimeout to at least ${6 * timeout}, six times the function's timeout.`,
        source: sources.resourceLine(queue.logicalId, "Properties", "VisibilityTimeout"),
      };
    }
  },
};

const notifications = [
  { list: "QueueConfigurations", target: "Queue", action: "sqs:SendMessage", policy: "queue policy" },
  { list: "TopicConfigurations", target: "Topic", action: "sns:Publish", policy: "topic policy" },
  { list: "LambdaConfigurations", target: "Function", action: "lambda:InvokeFunction", policy: "permission" },
] as const;

/** S3 tries its right when the notification is set up: the policy must allow it, and stand first. */
export const notificationRights: Rule = {
  name: "notification-rights",
  *check({ service, sources }) {
    const { stack, resourcePolicies } = service;
    for (const bucket of ofType(stack, "AWS::S3::Bucket")) {
      const configuration = bucket.properties.NotificationConfiguration;
      for (const { list: key, target, action, policy } of notifications) {
        for (const arn of items(at(configuration, key)).map((one) => at(one, target))) {
          if (typeof arn !== "string" || bucket.arn === undefined) continue;
          const decision = decide(
            {
              caller: { type: "service", service: "s3.amazonaws.com" },
              action,
              resource: arn,
              resourceAccountId: stack.environment.accountId,
              context: {
                "aws:SourceArn": bucket.arn,
                "aws:SourceAccount": stack.environment.accountId,
                "aws:SecureTransport": "true",
              },
            },
            { identity: [], resource: resourcePolicies.get(arn) ?? [] },
          );
          const found = {
            severity: "error",
            subject: bucket.logicalId,
            source: sources.resourceLine(bucket.logicalId, "Properties", "NotificationConfiguration"),
          } as const;
          if (decision.outcome === "unknown") continue;
          if (decision.outcome !== "allowed") {
            yield {
              ...found,
              message: `${bucket.logicalId} tells ${arn} of its objects, and no ${policy} lets it, so S3 refuses the notification.`,
              fix: `Allow s3.amazonaws.com ${action} in a ${policy}, with the bucket as aws:SourceArn and the account as aws:SourceAccount.`,
            };
          } else if (!dependencies(bucket, stack.resources).has(decision.by.policy)) {
            yield {
              ...found,
              message: `${bucket.logicalId} may be made before ${decision.by.policy}, and then S3 refuses the notification.`,
              fix: `Add DependsOn: ${decision.by.policy} to ${bucket.logicalId}.`,
              source: sources.resourceLine(bucket.logicalId, "DependsOn"),
            };
          }
        }
      }
    }
  },
};

/** Whatever stands before a resource by DependsOn, its own and others'. */
function dependencies(
  resource: StackResource,
  resources: ReadonlyMap<string, StackResource>,
): ReadonlySet<string> {
  const found = new Set<string>();
  const visit = ({ dependsOn }: StackResource): void => {
    for (const id of dependsOn) {
      const dependency = resources.get(id);
      if (dependency === undefined || found.has(id)) continue;
      found.add(id);
      visit(dependency);
    }
  };
  visit(resource);
  return found;
}
