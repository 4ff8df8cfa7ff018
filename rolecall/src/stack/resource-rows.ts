import { generatedName, type Identity, type Nameable, type Naming, urlSuffix } from "./naming.ts";

/**
 * A type whose names are put together from its own properties. In the texts, `{name}` is its name, `{id}` what AWS makes
 * up for it, `{arn}` its ARN, and `{account}`, `{region}`, `{partition}`, `{suffix}` are the stack's. Attributes that are
 * not written here are unknowns.
 */
interface Row {
  /** The property that names it; where it is not given, a name is made of the logical id. */
  readonly name?: string;
  readonly isLowerCase?: true;
  /** Of the account and the region (`sqs:{name}`) or in full (`arn:…`). */
  readonly arn?: string;
  /** What Ref gives: `{name}`, or `{id}` of what has none, unless it is written here. */
  readonly ref?: string;
  readonly attributes?: Readonly<Record<string, string>>;
}

const Arn = "{arn}";

/** From the types' pages: https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/ */
const ROWS: Readonly<Record<string, Row>> = {
  "AWS::AppSync::GraphQLApi": { arn: "appsync:apis/{id}", ref: Arn, attributes: { Arn, ApiId: "{id}" } },
  "AWS::ApiGateway::Stage": { name: "StageName" },
  "AWS::Athena::WorkGroup": { name: "Name", arn: "athena:workgroup/{name}" },
  "AWS::Batch::JobQueue": {
    name: "JobQueueName",
    arn: "batch:job-queue/{name}",
    ref: Arn,
    attributes: { JobQueueArn: Arn },
  },
  "AWS::Bedrock::Agent": { arn: "bedrock:agent/{id}", attributes: { AgentArn: Arn, AgentId: "{id}" } },
  "AWS::Bedrock::KnowledgeBase": {
    arn: "bedrock:knowledge-base/{id}",
    attributes: { KnowledgeBaseArn: Arn, KnowledgeBaseId: "{id}" },
  },
  "AWS::CertificateManager::Certificate": { arn: "acm:certificate/{id}", ref: Arn },
  "AWS::CloudFront::Distribution": {
    arn: "arn:{partition}:cloudfront::{account}:distribution/{id}",
    attributes: { Id: "{id}" },
  },
  "AWS::CodeBuild::Project": { name: "Name", arn: "codebuild:project/{name}", attributes: { Arn } },
  "AWS::Cognito::IdentityPool": { arn: "cognito-identity:identitypool/{id}", attributes: { Id: "{id}" } },
  "AWS::Cognito::UserPoolClient": { attributes: { ClientId: "{id}" } },
  "AWS::DynamoDB::GlobalTable": { name: "TableName", arn: "dynamodb:table/{name}", attributes: { Arn } },
  "AWS::EC2::Subnet": { arn: "ec2:subnet/{id}", attributes: { SubnetId: "{id}" } },
  "AWS::EC2::VPC": { arn: "ec2:vpc/{id}", attributes: { VpcId: "{id}" } },
  "AWS::ECR::Repository": {
    name: "RepositoryName",
    isLowerCase: true,
    arn: "ecr:repository/{name}",
    attributes: { Arn, RepositoryUri: "{account}.dkr.ecr.{region}.{suffix}/{name}" },
  },
  "AWS::ECS::Cluster": { name: "ClusterName", arn: "ecs:cluster/{name}", attributes: { Arn } },
  "AWS::EFS::AccessPoint": {
    arn: "elasticfilesystem:access-point/{id}",
    attributes: { Arn, AccessPointId: "{id}" },
  },
  "AWS::EFS::FileSystem": {
    arn: "elasticfilesystem:file-system/{id}",
    attributes: { Arn, FileSystemId: "{id}" },
  },
  "AWS::Events::Archive": { name: "ArchiveName", arn: "events:archive/{name}", attributes: { Arn } },
  "AWS::IoT::Thing": { name: "ThingName", arn: "iot:thing/{name}", attributes: { Arn } },
  "AWS::IoT::TopicRule": { name: "RuleName", arn: "iot:rule/{name}", attributes: { Arn } },
  "AWS::KinesisFirehose::DeliveryStream": {
    name: "DeliveryStreamName",
    arn: "firehose:deliverystream/{name}",
    attributes: { Arn },
  },
  "AWS::OpenSearchService::Domain": {
    name: "DomainName",
    isLowerCase: true,
    arn: "es:domain/{name}",
    attributes: { Arn },
  },
  "AWS::Pipes::Pipe": { name: "Name", arn: "pipes:pipe/{name}", attributes: { Arn } },
  "AWS::RDS::DBCluster": {
    name: "DBClusterIdentifier",
    isLowerCase: true,
    arn: "rds:cluster:{name}",
    attributes: { DBClusterArn: Arn },
  },
  "AWS::RDS::DBInstance": {
    name: "DBInstanceIdentifier",
    isLowerCase: true,
    arn: "rds:db:{name}",
    attributes: { DBInstanceArn: Arn },
  },
  "AWS::RDS::DBSubnetGroup": { name: "DBSubnetGroupName", isLowerCase: true, arn: "rds:subgrp:{name}" },
  "AWS::Route53::HostedZone": {
    arn: "arn:{partition}:route53:::hostedzone/{id}",
    attributes: { Id: "{id}" },
  },
  "AWS::S3::AccessPoint": {
    name: "Name",
    isLowerCase: true,
    arn: "s3:accesspoint/{name}",
    attributes: { Arn, Name: "{name}" },
  },
  "AWS::Scheduler::ScheduleGroup": {
    name: "Name",
    arn: "scheduler:schedule-group/{name}",
    attributes: { Arn },
  },
  "AWS::StepFunctions::Activity": {
    name: "Name",
    arn: "states:activity:{name}",
    ref: Arn,
    attributes: { Arn, Name: "{name}" },
  },
};

/** How a type of the table is named; undefined for any other. */
export function rowNaming(type: string): Naming | undefined {
  const row = Object.hasOwn(ROWS, type) ? ROWS[type] : undefined;
  return row && ((resource) => identityOf(resource, row));
}

function identityOf(resource: Nameable, row: Row): Identity {
  const { environment, logicalId } = resource;
  const { accountId, region, partition } = environment;
  const texts: Record<string, string> = {
    account: accountId,
    region,
    partition,
    suffix: urlSuffix(environment),
    id: resource.opaque(logicalId),
    name: row.name === undefined ? "" : nameOf(resource, row.name, row.isLowerCase === true),
  };
  const fill = (text: string) => text.replaceAll(/\{(\w+)\}/g, (_, key: string) => texts[key] ?? "");
  const arn =
    row.arn &&
    fill(
      row.arn.startsWith("arn:")
        ? row.arn
        : row.arn.replace(":", ":{region}:{account}:").replace(/^/, "arn:{partition}:"),
    );
  if (arn !== undefined) texts.arn = arn;
  return {
    physicalId: fill(row.ref ?? (row.name === undefined ? "{id}" : "{name}")),
    ...(arn !== undefined && { arn }),
    attributes: Object.fromEntries(
      Object.entries(row.attributes ?? {}).map(([key, text]) => [key, fill(text)]),
    ),
  };
}

function nameOf(resource: Nameable, property: string, isLowerCase: boolean): string {
  const given = resource.text(property);
  if (given !== undefined) return given;
  const made = generatedName(resource, 63);
  return isLowerCase ? made.toLowerCase() : made;
}
