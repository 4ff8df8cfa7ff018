// What a function's settings need its role to be allowed: tracing, a VPC, a destination. The framework grants these to
// its role for all functions, and the plugin that makes a role for each function leaves most of them out. Here they are
// granted to that one function, as narrowly as AWS allows; least-privilege.js adds them.
// @ts-check

/**
 * @typedef {{ Sid: string; Effect: "Allow" | "Deny"; Action: string[]; Resource: unknown; Condition?: object }} Statement
 * @typedef {{ Type: string; Properties?: any }} Resource
 * @typedef {object} Subject
 * @property {string} key the function's, in serverless.yml
 * @property {string} id of its AWS::Lambda::Function
 * @property {any} settings what serverless.yml says of it
 * @property {any} compiled the properties of its AWS::Lambda::Function
 * @property {Record<string, Resource>} resources of the template
 * @property {(key: string) => any} settingsOf another function's
 */

/** Without a type of resource, so that "*" is all that can be written: https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsx-ray.html */
const sendTraces = ["xray:PutTraceSegments", "xray:PutTelemetryRecords"];

/** What Lambda needs to attach a function to a VPC: https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc.html */
const manageInterfaces = [
  "ec2:CreateNetworkInterface",
  "ec2:DescribeNetworkInterfaces",
  "ec2:DescribeSubnets",
  "ec2:DeleteNetworkInterface",
  "ec2:AssignPrivateIpAddresses",
  "ec2:UnassignPrivateIpAddresses",
];

/** What sends to each kind of destination. @type {Record<string, string>} */
const sending = {
  sqs: "sqs:SendMessage",
  sns: "sns:Publish",
  function: "lambda:InvokeFunction",
  lambda: "lambda:InvokeFunction",
  eventBus: "events:PutEvents",
  events: "events:PutEvents",
};

/** The kind of destination that a resource of the template is. @type {Record<string, string>} */
const kinds = {
  "AWS::SQS::Queue": "sqs",
  "AWS::SNS::Topic": "sns",
  "AWS::Lambda::Function": "function",
  "AWS::Events::EventBus": "eventBus",
};

/**
 * The statements that a function's settings need.
 *
 * @param {Subject} subject
 * @returns {Statement[]}
 * @throws Error when it cannot be told from the template what is needed; it says what to write
 */
export function rightsOfSettings(subject) {
  const { key, settings, compiled } = subject;
  /** @type {Statement[]} */
  const statements = [];
  /** @param {string} Sid @param {string[]} Action @param {unknown} Resource @param {object} [Condition] */
  const allow = (Sid, Action, Resource, Condition) => {
    const number = statements.filter((statement) => statement.Sid.replace(/\d+$/, "") === Sid).length;
    statements.push({
      Sid: number === 0 ? Sid : `${Sid}${number + 1}`,
      Effect: "Allow",
      Action,
      Resource,
      ...(Condition && { Condition }),
    });
  };
  /** @param {string} setting @param {string} sid @param {unknown} to */
  const allowSending = (setting, sid, to) => {
    if (!to) return;
    const { arn, kind } = destination(to, subject);
    const action = sending[kind ?? ""];
    if (action) allow(sid, [action], arn);
    else if (!isGranted(settings.iamRoleStatements, arn)) {
      throw new Error(
        `${key}: what ${setting} ${JSON.stringify(arn)} is cannot be told here, so neither what sending to it takes. Write that in iamRoleStatements of ${key}, with this very Resource (sqs:SendMessage for a queue, sns:Publish for a topic).`,
      );
    }
  };

  // The daemon, or the SDK's tracer, sends the segments as the function's role.
  if (compiled.TracingConfig) allow("SendTraces", sendTraces, "*");
  // Lambda decrypts the environment when an instance starts, as the role.
  if (compiled.KmsKeyArn) allow("DecryptEnvironment", ["kms:Decrypt"], compiled.KmsKeyArn);
  if (compiled.VpcConfig) {
    allow("AttachToVpc", manageInterfaces, "*"); // Lambda's own checks take no narrower resource
    // Lambda acts as the role before any code runs. The code acts as it too, and needs none of this:
    // https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc.html#configuration-vpc-best-practice
    statements.push({
      Sid: "KeepVpcFromCode",
      Effect: "Deny",
      Action: manageInterfaces,
      Resource: "*",
      Condition: { ArnEquals: { "lambda:SourceFunctionArn": functionArn(settings) } },
    });
  }
  for (const { Arn } of compiled.FileSystemConfigs ?? []) {
    // Both are asked of the file system; which of its access points is a condition:
    // https://docs.aws.amazon.com/efs/latest/ug/iam-access-control-nfs-efs.html
    allow(
      "MountFiles",
      ["elasticfilesystem:ClientMount", "elasticfilesystem:ClientWrite"],
      {
        "Fn::Sub": `arn:\${AWS::Partition}:elasticfilesystem:\${AWS::Region}:\${AWS::AccountId}:file-system/*`,
      },
      { ArnEquals: { "elasticfilesystem:AccessPointArn": Arn } },
    );
  }
  if (settings.durableConfig) {
    allow(
      "KeepDurableProgress",
      ["lambda:CheckpointDurableExecution", "lambda:GetDurableExecutionState"],
      functionArn(settings, ":*/durable-execution/*/*"),
    );
  }
  allowSending("onError", "SendDeadLetters", settings.onError);
  allowSending("destinations.onSuccess", "SendSuccesses", settings.destinations?.onSuccess);
  allowSending("destinations.onFailure", "SendFailures", settings.destinations?.onFailure);
  for (const event of settings.events ?? []) {
    const source = event.stream ?? event.kafka;
    const onFailure = source?.destinations?.onFailure ?? source?.onFailureDestination;
    allowSending("the onFailure destination", "SendFailedRecords", onFailure);
    if (event.stream?.consumer) {
      // https://docs.aws.amazon.com/lambda/latest/dg/services-kinesis-create.html
      allow("FindShards", ["kinesis:DescribeStreamSummary", "kinesis:ListShards"], event.stream.arn);
      allow("SubscribeToShards", ["kinesis:SubscribeToShard"], consumerOf(subject, event.stream));
    }
  }
  return statements;
}

/**
 * Whether one of a function's own statements names this very resource.
 *
 * @param {readonly any[]} statements
 * @param {unknown} arn
 */
const isGranted = (statements, arn) =>
  statements.some(
    ({ Effect, Resource }) =>
      Effect === "Allow" && [Resource].flat().some((one) => JSON.stringify(one) === JSON.stringify(arn)),
  );

/**
 * By its name: a reference would make the two functions of a pair that call each other wait for each other.
 *
 * @param {{ name: string }} settings
 */
const functionArn = ({ name }, rest = "") => ({
  "Fn::Sub": `arn:\${AWS::Partition}:lambda:\${AWS::Region}:\${AWS::AccountId}:function:${name}${rest}`,
});

/**
 * @param {any} to an ARN, a function's key, something of CloudFormation's, or one of these with its type
 * @param {Pick<Subject, "resources" | "settingsOf">} subject
 * @returns {{ arn: unknown; kind: string | undefined }}
 */
function destination(to, { resources, settingsOf }) {
  if (typeof to === "object" && "arn" in to) {
    return { arn: to.arn, kind: to.type ?? destination(to.arn, { resources, settingsOf }).kind };
  }
  if (typeof to === "string") {
    if (to.startsWith("arn:")) return { arn: to, kind: to.split(":")[2] };
    const target = settingsOf(to);
    return {
      arn: functionArn(target, target.targetAlias ? `:${target.targetAlias.name}` : ""),
      kind: "function",
    };
  }
  const id = to.Ref ?? [to["Fn::GetAtt"]].flat()[0];
  return { arn: to, kind: kinds[resources[String(id).split(".")[0] ?? ""]?.Type ?? ""] };
}

/**
 * The ARN of the consumer that a function reads a stream through: its own, or the one that the framework made for it.
 *
 * @param {Subject} subject
 * @param {any} stream
 */
function consumerOf({ key, id, resources }, stream) {
  if (stream.consumer !== true) return stream.consumer;
  for (const { Type, Properties } of Object.values(resources)) {
    if (Type !== "AWS::Lambda::EventSourceMapping") continue;
    const { FunctionName, EventSourceArn } = Properties;
    const isOwn = JSON.stringify(FunctionName).includes(JSON.stringify(id));
    const made = resources[EventSourceArn.Ref]?.Properties;
    if (isOwn && made && JSON.stringify(made.StreamARN) === JSON.stringify(stream.arn)) return EventSourceArn;
  }
  throw new Error(`${key}: the consumer of its stream is not in the template: write its ARN as consumer.`);
}
