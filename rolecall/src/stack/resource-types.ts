import {
  arnOf,
  generatedName,
  hash,
  type Identity,
  identified,
  lastPart,
  lowerId,
  type Nameable,
  type Naming,
  named,
  required,
  upperId,
  urlSuffix,
  uuid,
} from "./naming.ts";
import { rowNaming } from "./resource-rows.ts";

/**
 * What the resource types of this table return, from the pages under
 * https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-template-resource-type-ref.html
 */
const TYPES: ReadonlyMap<string, Naming> = new Map<string, Naming>([
  ["AWS::ApiGateway::Resource", (resource) => identified("ResourceId", lowerId(resource, 6))],
  ["AWS::ApiGateway::RestApi", restApi],
  ["AWS::ApiGateway::Stage", (resource) => ({ physicalId: required(resource, "StageName"), attributes: {} })],
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
  ["AWS::Cognito::UserPool", userPool],
  ["AWS::DynamoDB::Table", table],
  ["AWS::EC2::SecurityGroup", (resource) => identified("GroupId", `sg-${hash(resource).slice(0, 17)}`)],
  [
    "AWS::Events::EventBus",
    (resource) => named(resource, "events", "Name", 256, (name) => `event-bus/${name}`),
  ],
  ["AWS::Events::Rule", rule],
  ["AWS::IAM::ManagedPolicy", managedPolicy],
  ["AWS::IAM::Policy", (resource) => identified("Id", generatedName(resource, 128))],
  ["AWS::IAM::Role", role],
  ["AWS::Kinesis::Stream", (resource) => named(resource, "kinesis", "Name", 128, (name) => `stream/${name}`)],
  ["AWS::KMS::Alias", keyAlias],
  ["AWS::KMS::Key", key],
  ["AWS::Lambda::Alias", functionAlias],
  [
    "AWS::Lambda::EventInvokeConfig",
    (resource) => ({ physicalId: generatedName(resource, 128), attributes: {} }),
  ],
  ["AWS::Lambda::EventSourceMapping", eventSourceMapping],
  [
    "AWS::Lambda::Function",
    (resource) => named(resource, "lambda", "FunctionName", 64, (name) => `function:${name}`),
  ],
  ["AWS::Lambda::LayerVersion", layerVersion],
  ["AWS::Lambda::Permission", (resource) => identified("Id", generatedName(resource, 100))],
  ["AWS::Lambda::Url", functionUrl],
  ["AWS::Lambda::Version", functionVersion],
  [
    "AWS::Logs::LogGroup",
    (resource) => named(resource, "logs", "LogGroupName", 512, (name) => `log-group:${name}:*`),
  ],
  ["AWS::S3::Bucket", bucket],
  ["AWS::S3::BucketPolicy", (resource) => ({ physicalId: required(resource, "Bucket"), attributes: {} })],
  ["AWS::Scheduler::Schedule", schedule],
  ["AWS::SecretsManager::Secret", secret],
  ["AWS::SNS::Subscription", subscription],
  ["AWS::SNS::Topic", topic],
  ["AWS::SNS::TopicPolicy", (resource) => identified("Id", generatedName(resource, 128))],
  ["AWS::SQS::Queue", queue],
  ["AWS::SQS::QueuePolicy", (resource) => identified("Id", generatedName(resource, 128))],
  ["AWS::SSM::Parameter", parameter],
  ["AWS::StepFunctions::StateMachine", stateMachine],
]);

/**
 * How resources of a type are called once deployed. Where the template gives no name, one is made that looks like
 * CloudFormation's and is always the same for the same stack. What a type that is not known gives is unknown.
 */
export function namingOf(type: string): Naming {
  return (
    TYPES.get(type) ??
    rowNaming(type) ??
    (({ logicalId, opaque }) => ({ physicalId: opaque(logicalId), attributes: {} }))
  );
}

/** Whether all that the type gives is known here. */
export function isWellKnown(type: string): boolean {
  return TYPES.has(type);
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

function restApi(resource: Nameable): Identity {
  const physicalId = lowerId(resource, 10);
  return { physicalId, attributes: { RestApiId: physicalId, RootResourceId: physicalId.slice(0, 6) } };
}

function userPool(resource: Nameable): Identity {
  const physicalId = `${resource.environment.region}_${upperId(resource, 9)}`;
  const arn = arnOf(resource, "cognito-idp", `userpool/${physicalId}`);
  return { physicalId, arn, attributes: { Arn: arn, UserPoolId: physicalId } };
}

/** A stream is called after the moment that it was switched on. */
function table(resource: Nameable): Identity {
  const { physicalId, arn = "" } = named(resource, "dynamodb", "TableName", 255, (name) => `table/${name}`);
  return {
    physicalId,
    arn,
    attributes: { Arn: arn, StreamArn: `${arn}/stream/2025-01-01T00:00:00.000` },
  };
}

function key(resource: Nameable): Identity {
  const physicalId = uuid(resource);
  const arn = arnOf(resource, "kms", `key/${physicalId}`);
  return { physicalId, arn, attributes: { Arn: arn, KeyId: physicalId } };
}

function keyAlias(resource: Nameable): Identity {
  const physicalId = required(resource, "AliasName");
  return { physicalId, arn: arnOf(resource, "kms", physicalId), attributes: {} };
}

function functionAlias(resource: Nameable): Identity {
  const functionName = lastPart(required(resource, "FunctionName"), ":function:");
  const arn = arnOf(resource, "lambda", `function:${functionName}:${required(resource, "Name")}`);
  return { physicalId: arn, arn, attributes: { AliasArn: arn } };
}

function layerVersion(resource: Nameable): Identity {
  const name = resource.text("LayerName") ?? generatedName(resource, 140);
  const arn = arnOf(resource, "lambda", `layer:${name}:1`);
  return { physicalId: arn, arn, attributes: { LayerVersionArn: arn } };
}

/** It has no ARN of its own: who may call it is asked of its function. */
function functionUrl(resource: Nameable): Identity {
  const { region } = resource.environment;
  const functionArn = required(resource, "TargetFunctionArn");
  const FunctionUrl = `https://${lowerId(resource, 32)}.lambda-url.${region}.on.aws/`;
  return { physicalId: functionArn, attributes: { FunctionArn: functionArn, FunctionUrl } };
}

function schedule(resource: Nameable): Identity {
  const group = resource.text("GroupName") ?? "default";
  return named(resource, "scheduler", "Name", 64, (name) => `schedule/${group}/${name}`);
}

/** Secrets Manager ends an ARN with six characters of its own. */
function secret(resource: Nameable): Identity {
  const name = resource.text("Name") ?? generatedName(resource, 512);
  const arn = arnOf(resource, "secretsmanager", `secret:${name}-${upperId(resource, 6)}`);
  return { physicalId: arn, arn, attributes: { Id: arn } };
}

/** A name that is a path begins with a slash, and its ARN has no second one. */
function parameter(resource: Nameable): Identity {
  const physicalId = resource.text("Name") ?? generatedName(resource, 1011);
  const arn = arnOf(resource, "ssm", `parameter/${physicalId.replace(/^\//, "")}`);
  return { physicalId, arn, attributes: {} };
}

function stateMachine(resource: Nameable): Identity {
  const name = resource.text("StateMachineName") ?? generatedName(resource, 80);
  const arn = arnOf(resource, "states", `stateMachine:${name}`);
  return { physicalId: arn, arn, attributes: { Arn: arn, Name: name } };
}

function eventSourceMapping(resource: Nameable): Identity {
  const physicalId = uuid(resource);
  const arn = arnOf(resource, "lambda", `event-source-mapping:${physicalId}`);
  return { physicalId, arn, attributes: { Id: physicalId, EventSourceMappingArn: arn } };
}

function functionVersion(resource: Nameable): Identity {
  const functionName = lastPart(required(resource, "FunctionName"), ":");
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
  const bus = lastPart(resource.text("EventBusName") ?? "default", "/");
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
