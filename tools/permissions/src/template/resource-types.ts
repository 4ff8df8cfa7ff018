import { createHash } from "node:crypto";

/** Where a template is deployed, or would be. */
export interface Environment {
  /** Twelve digits. */
  readonly accountId: string;
  readonly region: string;
  /** `aws`, `aws-cn` or `aws-us-gov`. */
  readonly partition: string;
  readonly stackName: string;
  /** Values of the template's parameters; those left out take their defaults. */
  readonly parameters?: Readonly<Record<string, string>>;
}

/** What a deployed resource is called. */
export interface Identity {
  /** What `Ref` gives. */
  readonly physicalId: string;
  readonly arn?: string;
  /** What `Fn::GetAtt` gives. */
  readonly attributes: Readonly<Record<string, string>>;
}

/** A resource of the template, as far as its names are needed. */
export interface Nameable {
  readonly logicalId: string;
  readonly environment: Environment;
  /** A property as resolved text; undefined when the template does not give it. */
  text(property: string): string | undefined;
}

/** Throws where a property that the names are made of is missing. */
type Naming = (resource: Nameable) => Identity;

const URL_SUFFIXES: ReadonlyMap<string, string> = new Map([
  ["aws", "amazonaws.com"],
  ["aws-cn", "amazonaws.com.cn"],
  ["aws-us-gov", "amazonaws.com"],
]);

/**
 * What the resource types of this table return, from the pages under
 * https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-template-resource-type-ref.html
 */
const TYPES: ReadonlyMap<string, Naming> = new Map<string, Naming>([
  ["AWS::ApiGatewayV2::Api", api],
  ["AWS::ApiGatewayV2::Authorizer", (resource) => identified("AuthorizerId", lowerId(resource, 6))],
  ["AWS::ApiGatewayV2::Integration", (resource) => identified("IntegrationId", lowerId(resource, 7))],
  ["AWS::ApiGatewayV2::Route", (resource) => identified("RouteId", lowerId(resource, 7))],
  [
    "AWS::ApiGatewayV2::Stage",
    (resource) => ({ physicalId: required(resource, "StageName"), attributes: {} }),
  ],
  [
    "AWS::CloudWatch::Alarm",
    (resource) => named(resource, "cloudwatch", "AlarmName", 255, (name) => `alarm:${name}`),
  ],
  ["AWS::Events::Rule", rule],
  ["AWS::IAM::ManagedPolicy", managedPolicy],
  ["AWS::IAM::Policy", (resource) => identified("Id", generatedName(resource, 128))],
  ["AWS::IAM::Role", role],
  [
    "AWS::Lambda::EventInvokeConfig",
    (resource) => ({ physicalId: generatedName(resource, 128), attributes: {} }),
  ],
  ["AWS::Lambda::EventSourceMapping", eventSourceMapping],
  [
    "AWS::Lambda::Function",
    (resource) => named(resource, "lambda", "FunctionName", 64, (name) => `function:${name}`),
  ],
  ["AWS::Lambda::Permission", (resource) => identified("Id", generatedName(resource, 100))],
  ["AWS::Lambda::Version", functionVersion],
  [
    "AWS::Logs::LogGroup",
    (resource) => named(resource, "logs", "LogGroupName", 512, (name) => `log-group:${name}:*`),
  ],
  ["AWS::S3::Bucket", bucket],
  ["AWS::S3::BucketPolicy", (resource) => ({ physicalId: required(resource, "Bucket"), attributes: {} })],
  ["AWS::SNS::Subscription", subscription],
  ["AWS::SNS::Topic", topic],
  ["AWS::SNS::TopicPolicy", (resource) => identified("Id", generatedName(resource, 128))],
  ["AWS::SQS::Queue", queue],
  ["AWS::SQS::QueuePolicy", (resource) => identified("Id", generatedName(resource, 128))],
]);

/**
 * How resources of a type are called once deployed. Where the template gives no name, one is made that looks like
 * CloudFormation's and is always the same for the same stack.
 *
 * @throws Error when the type is not known.
 */
export function namingOf(type: string, logicalId: string): Naming {
  const naming = TYPES.get(type);
  if (naming === undefined)
    throw new Error(
      `resource "${logicalId}" has the type ${type}, which is not known here: add it to resource-types.ts`,
    );
  return naming;
}

/**
 * The domain of the partition's endpoints, `AWS::URLSuffix`.
 *
 * @throws Error for a partition that is not known.
 */
export function urlSuffix({ partition }: Environment): string {
  const suffix = URL_SUFFIXES.get(partition);
  if (suffix === undefined)
    throw new Error(
      `unknown partition "${partition}": expected one of ${[...URL_SUFFIXES.keys()].join(", ")}`,
    );
  return suffix;
}

/** The ARN of something that belongs to the account and the region. */
function arnOf(
  { environment: { partition, region, accountId } }: Nameable,
  service: string,
  resource: string,
) {
  return `arn:${partition}:${service}:${region}:${accountId}:${resource}`;
}

function named(
  resource: Nameable,
  service: string,
  property: string,
  limit: number,
  inArn: (name: string) => string,
): Identity {
  const physicalId = resource.text(property) ?? generatedName(resource, limit);
  const arn = arnOf(resource, service, inArn(physicalId));
  return { physicalId, arn, attributes: { Arn: arn } };
}

function identified(attribute: string, physicalId: string): Identity {
  return { physicalId, attributes: { [attribute]: physicalId } };
}

function api(resource: Nameable): Identity {
  const { region } = resource.environment;
  const physicalId = lowerId(resource, 10);
  const ApiEndpoint = `https://${physicalId}.execute-api.${region}.${urlSuffix(resource.environment)}`;
  return { physicalId, attributes: { ApiId: physicalId, ApiEndpoint } };
}

function bucket(resource: Nameable): Identity {
  const { partition, region } = resource.environment;
  const suffix = urlSuffix(resource.environment);
  const physicalId = resource.text("BucketName") ?? generatedName(resource, 63).toLowerCase();
  const arn = `arn:${partition}:s3:::${physicalId}`;
  return {
    physicalId,
    arn,
    attributes: {
      Arn: arn,
      DomainName: `${physicalId}.s3.${suffix}`,
      RegionalDomainName: `${physicalId}.s3.${region}.${suffix}`,
      DualStackDomainName: `${physicalId}.s3.dualstack.${region}.${suffix}`,
    },
  };
}

function eventSourceMapping(resource: Nameable): Identity {
  const digits = hash(resource);
  const parts = [0, 8, 12, 16, 20].map((start, index) => digits.slice(start, [8, 12, 16, 20, 32][index]));
  const physicalId = parts.join("-");
  const arn = arnOf(resource, "lambda", `event-source-mapping:${physicalId}`);
  return { physicalId, arn, attributes: { Id: physicalId, EventSourceMappingArn: arn } };
}

function functionVersion(resource: Nameable): Identity {
  const functionName = required(resource, "FunctionName").split(":").at(-1);
  const arn = arnOf(resource, "lambda", `function:${functionName}:1`);
  return { physicalId: arn, arn, attributes: { FunctionArn: arn, Version: "1" } };
}

function managedPolicy(resource: Nameable): Identity {
  const { partition, accountId } = resource.environment;
  const name = resource.text("ManagedPolicyName") ?? generatedName(resource, 128);
  const arn = `arn:${partition}:iam::${accountId}:policy${resource.text("Path") ?? "/"}${name}`;
  return { physicalId: arn, arn, attributes: { PolicyArn: arn } };
}

function role(resource: Nameable): Identity {
  const { partition, accountId } = resource.environment;
  const physicalId = resource.text("RoleName") ?? generatedName(resource, 64);
  const arn = `arn:${partition}:iam::${accountId}:role${resource.text("Path") ?? "/"}${physicalId}`;
  return { physicalId, arn, attributes: { Arn: arn, RoleId: `AROA${upperId(resource, 17)}` } };
}

/** On a bus of its own a rule's identifiers carry the bus's name. */
function rule(resource: Nameable): Identity {
  const name = resource.text("Name") ?? generatedName(resource, 64);
  const bus = resource.text("EventBusName")?.split("/").at(-1) ?? "default";
  const isOnDefaultBus = bus === "default";
  const arn = arnOf(resource, "events", isOnDefaultBus ? `rule/${name}` : `rule/${bus}/${name}`);
  return { physicalId: isOnDefaultBus ? name : `${bus}|${name}`, arn, attributes: { Arn: arn } };
}

function topic(resource: Nameable): Identity {
  const name = resource.text("TopicName") ?? generatedName(resource, 256);
  const arn = arnOf(resource, "sns", name);
  return { physicalId: arn, arn, attributes: { TopicArn: arn, TopicName: name } };
}

function subscription(resource: Nameable): Identity {
  const arn = `${required(resource, "TopicArn")}:${lowerId(resource, 12)}`;
  return { physicalId: arn, arn, attributes: { Arn: arn } };
}

function queue(resource: Nameable): Identity {
  const { region, accountId } = resource.environment;
  const isFifo = resource.text("FifoQueue") === "true";
  const name =
    resource.text("QueueName") ??
    (isFifo ? `${generatedName(resource, 75)}.fifo` : generatedName(resource, 80));
  const arn = arnOf(resource, "sqs", name);
  const url = `https://sqs.${region}.${urlSuffix(resource.environment)}/${accountId}/${name}`;
  return { physicalId: url, arn, attributes: { Arn: arn, QueueName: name, QueueUrl: url } };
}

function required(resource: Nameable, property: string): string {
  const text = resource.text(property);
  if (text === undefined) throw new Error(`resource "${resource.logicalId}" has no ${property}`);
  return text;
}

/** `stack-logicalId-SUFFIX`, at most `limit` characters. */
function generatedName(resource: Nameable, limit: number): string {
  const suffix = upperId(resource, 12);
  const name = `${resource.environment.stackName}-${resource.logicalId}`;
  return `${name.slice(0, limit - suffix.length - 1)}-${suffix}`;
}

function upperId(resource: Nameable, length: number): string {
  return lowerId(resource, length).toUpperCase();
}

function lowerId(resource: Nameable, length: number): string {
  return BigInt(`0x${hash(resource)}`)
    .toString(36)
    .slice(0, length);
}

/** In hexadecimal digits. */
function hash({ logicalId, environment }: Nameable): string {
  const { accountId, region, stackName } = environment;
  return createHash("sha256").update([accountId, region, stackName, logicalId].join("/")).digest("hex");
}
