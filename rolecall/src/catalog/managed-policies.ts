interface ManagedPolicy {
  /** When AWS last edited it. */
  readonly edited: string;
  readonly statements: readonly {
    readonly Sid?: string;
    readonly Action: readonly string[];
    readonly Resource: string;
  }[];
}

const LOGS = ["logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"];
const everywhere = (edited: string, Action: readonly string[], Sid?: string): ManagedPolicy => ({
  edited,
  statements: [{ ...(Sid !== undefined && { Sid }), Action, Resource: "*" }],
});

/**
 * AWS managed policies that Lambda, its frameworks and their plugins attach. Every statement of theirs is an Allow.
 * Others are unknowns by their ARN.
 *
 * https://docs.aws.amazon.com/aws-managed-policy/latest/reference/policy-list.html
 */
const POLICIES: Readonly<Record<string, ManagedPolicy>> = {
  AdministratorAccess: everywhere("2015-02-06", ["*"]),
  AWSLambdaBasicExecutionRole: everywhere("2015-04-09", LOGS),
  AWSLambdaBasicDurableExecutionRolePolicy: everywhere("2026-02-12", [
    ...LOGS,
    "lambda:CheckpointDurableExecution",
    "lambda:GetDurableExecutionState",
  ]),
  AWSLambdaDynamoDBExecutionRole: everywhere("2015-04-09", [
    "dynamodb:DescribeStream",
    "dynamodb:GetRecords",
    "dynamodb:GetShardIterator",
    "dynamodb:ListStreams",
    ...LOGS,
  ]),
  AWSLambdaKinesisExecutionRole: everywhere("2018-11-19", [
    "kinesis:DescribeStream",
    "kinesis:DescribeStreamSummary",
    "kinesis:GetRecords",
    "kinesis:GetShardIterator",
    "kinesis:ListShards",
    "kinesis:ListStreams",
    "kinesis:SubscribeToShard",
    ...LOGS,
  ]),
  AWSLambdaRole: everywhere("2015-02-06", ["lambda:InvokeFunction"]),
  AWSLambdaSQSQueueExecutionRole: everywhere("2018-06-14", [
    "sqs:ReceiveMessage",
    "sqs:DeleteMessage",
    "sqs:GetQueueAttributes",
    ...LOGS,
  ]),
  AWSLambdaVPCAccessExecutionRole: everywhere(
    "2024-01-05",
    [
      ...LOGS,
      "ec2:CreateNetworkInterface",
      "ec2:DescribeNetworkInterfaces",
      "ec2:DescribeSubnets",
      "ec2:DeleteNetworkInterface",
      "ec2:AssignPrivateIpAddresses",
      "ec2:UnassignPrivateIpAddresses",
    ],
    "AWSLambdaVPCAccessExecutionPermissions",
  ),
  AWSXRayDaemonWriteAccess: everywhere(
    "2024-02-13",
    [
      "xray:PutTraceSegments",
      "xray:PutTelemetryRecords",
      "xray:GetSamplingRules",
      "xray:GetSamplingTargets",
      "xray:GetSamplingStatisticSummaries",
    ],
    "AWSXRayDaemonWriteAccess",
  ),
  AWSXrayWriteOnlyAccess: everywhere("2018-08-28", [
    "xray:PutTraceSegments",
    "xray:PutTelemetryRecords",
    "xray:GetSamplingRules",
    "xray:GetSamplingTargets",
    "xray:GetSamplingStatisticSummaries",
  ]),
  CloudWatchLambdaInsightsExecutionRolePolicy: {
    edited: "2020-10-07",
    statements: [
      { Action: ["logs:CreateLogGroup"], Resource: "*" },
      {
        Action: ["logs:CreateLogStream", "logs:PutLogEvents"],
        Resource: "arn:aws:logs:*:*:log-group:/aws/lambda-insights:*",
      },
    ],
  },
};

/**
 * The document of an AWS managed policy, whatever its partition; undefined for one that is not known here.
 *
 * @returns With the date of the edition that is known here.
 */
export function awsManagedPolicy(
  arn: string,
): { readonly name: string; readonly edited: string; readonly document: object } | undefined {
  const [, partition, name = ""] = /^arn:([^:]+):iam::aws:policy\/(?:service-role\/)?(\w+)$/.exec(arn) ?? [];
  const policy = Object.hasOwn(POLICIES, name) ? POLICIES[name] : undefined;
  if (policy === undefined) return undefined;
  const Statement = policy.statements.map((statement) => ({
    Effect: "Allow",
    ...statement,
    Resource: statement.Resource.replace(/^arn:aws:/, `arn:${partition}:`),
  }));
  return { name, edited: policy.edited, document: { Version: "2012-10-17", Statement } };
}
