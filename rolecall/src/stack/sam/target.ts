import { type Draft, given, inlinePolicy, type Properties, type Resource } from "./draft.ts";

/** What an event calls: the function, or its alias where it has one. */
export interface Target {
  readonly functionId: string;
  /** What a permission and an event source mapping name it by. */
  readonly name: unknown;
  readonly arn: unknown;
  readonly inherited: Pick<Resource, "Condition">;
}

/** An event of a function, as its author writes it. */
export interface Event {
  /** The function's logical id and the event's: what its resources' ids begin with. */
  readonly id: string;
  readonly properties: Properties;
  readonly target: Target;
  readonly draft: Draft;
}

/** Where an event's resources go. */
export type Placed = Omit<Event, "properties">;

/** A resource of an event's, under the condition of its function. */
export function add(
  { target, draft }: Placed,
  id: string,
  Type: string,
  Properties: Properties,
  more: Properties = {},
) {
  draft.resources.set(id, { Type, Properties: given(Properties), ...target.inherited, ...more });
}

/** Lets a service invoke the function. */
export function addPermission(
  event: Placed,
  Principal: string,
  source: Properties,
  permissionId = `${event.id}Permission`,
): void {
  add(event, permissionId, "AWS::Lambda::Permission", {
    Action: "lambda:InvokeFunction",
    FunctionName: event.target.name,
    Principal,
    ...source,
  });
}

/** The right to send what failed or succeeded to a destination. */
export function destinationPolicy(prefix: string, type: unknown, arn: unknown) {
  switch (type) {
    case "SQS":
      return [inlinePolicy(`${prefix}SQSPolicy`, "sqs:SendMessage", arn)];
    case "SNS":
      return [inlinePolicy(`${prefix}SNSPolicy`, "sns:publish", arn)];
    case "EventBridge":
      return [inlinePolicy(`${prefix}EventBridgePolicy`, "events:PutEvents", arn)];
    case "Lambda":
      return [inlinePolicy(`${prefix}LambdaPolicy`, "lambda:InvokeFunction", arn)];
    case "S3":
    case "S3Bucket": {
      const [put, find] = [
        inlinePolicy("", "s3:PutObject", { "Fn::Join": ["/", [arn, "*"]] }),
        inlinePolicy("", "s3:ListBucket", arn),
      ];
      const Statement = [...put.PolicyDocument.Statement, ...find.PolicyDocument.Statement];
      return [{ PolicyName: `${prefix}S3Policy`, PolicyDocument: { Statement } }];
    }
    default:
      return [];
  }
}
