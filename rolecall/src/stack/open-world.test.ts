// biome-ignore-all lint/suspicious/noTemplateCurlyInString: templates are written like that
import { stripVTControlCharacters } from "node:util";
import { describe, expect, it } from "vitest";
import { blastRadius } from "../ask/blast-radius/blast-radius.ts";
import { explain } from "../ask/explain/explain.ts";
import { explanationText } from "../ask/explain/text.ts";
import { lint } from "../ask/lint/lint.ts";
import { permissionsText } from "../ask/report/text.ts";
import { viewPermissions } from "../ask/report/view.ts";
import { fromYaml } from "../project/yaml.ts";
import type { Environment } from "./naming.ts";
import { describeService } from "./source/service.ts";
import type { Sources } from "./source/sources.ts";
import { parseTemplate, resolveTemplate } from "./template.ts";

/** What people write without a thought, and what can be known of it only in the account. */
const template = `
AWSTemplateFormatVersion: "2010-09-09"
Transform: AWS::LanguageExtensions
Metadata: { Anything: [1] }
Rules: { Some: { Assertions: [] } }
Parameters:
  VpcId: { Type: AWS::EC2::VPC::Id }
  IsTraced: { Type: String, Default: true }
  Zones: { Type: Number, Default: 2 }
  Stage: { Type: String }
  Ami: { Type: "AWS::SSM::Parameter::Value<String>", Default: /ami/id }
Conditions:
  IsProd: !Equals [!Ref Stage, prod]
  IsTracing: !Equals [!Ref IsTraced, "true"]
Resources:
  Db:
    Type: AWS::RDS::DBInstance
    DeletionPolicy: Snapshot
    Properties:
      DBInstanceClass: db.t4g.micro
      AvailabilityZone: !Select [0, !GetAZs ""]
  Custom:
    Type: Custom::Thing
    Properties: { ServiceToken: !ImportValue SharedToken }
  Table:
    Type: AWS::DynamoDB::Table
    Properties: { TableName: !Sub "orders-\${AWS::Region}" }
  Archive:
    Type: AWS::S3::Bucket
    Condition: IsProd
    Properties: { BucketName: !If [IsProd, prod-archive, dev-archive], VersioningConfiguration: { Status: Enabled } }
  ArchivePolicy:
    Type: AWS::S3::BucketPolicy
    Condition: IsProd
    Properties:
      Bucket: !Ref Archive
      PolicyDocument:
        Version: 2012-10-17
        Statement:
          - Effect: Allow
            Principal: { CanonicalUser: !GetAtt Identity.S3CanonicalUserId }
            Action: s3:GetObject
            Resource: !Sub "\${Archive.Arn}/*"
  Identity:
    Type: AWS::CloudFront::CloudFrontOriginAccessIdentity
    Properties: { CloudFrontOriginAccessIdentityConfig: { Comment: none } }
  Odd:
    Type: AWS::Odd::ResourcePolicy
    Properties: { Target: !GetAtt Table.Arn }
  OrdersRole:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument:
        Version: 2012-10-17
        Statement: { Effect: Allow, Principal: { Service: lambda.amazonaws.com }, Action: sts:AssumeRole }
      PermissionsBoundary: !Sub "arn:\${AWS::Partition}:iam::\${AWS::AccountId}:policy/ceiling"
      ManagedPolicyArns:
        - !Sub "arn:\${AWS::Partition}:iam::aws:policy/service-role/AWSLambdaVPCAccessExecutionRole"
      Policies:
        - PolicyName: orders
          PolicyDocument:
            Version: 2012-10-17
            Statement:
              - { Sid: Put, Effect: Allow, Action: dynamodb:PutItem, Resource: "*" }
              - { Sid: Custom, Effect: Allow, Action: "sqs:SendMessage", Resource: !GetAtt Custom.QueueArn }
              - !If [IsProd, { Sid: Prod, Effect: Allow, Action: "s3:*", Resource: "*" }, !Ref AWS::NoValue]
  Orders:
    Type: AWS::Lambda::Function
    Properties:
      FunctionName: orders
      Role: !GetAtt OrdersRole.Arn
      Runtime: nodejs22.x
      Handler: index.handler
      Code: { ZipFile: "" }
      Tags: [{ Key: a, Value: b }]
      TracingConfig: { Mode: !If [IsTracing, Active, PassThrough] }
      VpcConfig: { SubnetIds: !Split [",", !ImportValue SubnetIds], SecurityGroupIds: [!Ref VpcId] }
      Environment:
        Variables:
          HOST: !GetAtt Db.Endpoint.Address
          SECRET: "{{resolve:ssm:/db/secret:1}}"
          AMI: !Ref Ami
  Guests:
    Type: AWS::Lambda::Function
    Properties: { FunctionName: guests, Role: !ImportValue GuestsRole, Code: { ZipFile: "" } }
  Plain:
    Type: AWS::Lambda::Function
    Properties: { FunctionName: plain, Role: "arn:aws:iam::123456789012:role/plain", Code: { ZipFile: "" } }
  Elsewhere:
    Type: AWS::Lambda::Permission
    Properties: { Action: lambda:InvokeFunction, FunctionName: other, Principal: s3.amazonaws.com }
Outputs:
  Host: { Value: !GetAtt Db.Endpoint.Address, Export: { Name: host } }
`;

const TABLE = "arn:aws:dynamodb:eu-west-1:123456789012:table/x";
const CEILING = "arn:aws:iam::123456789012:policy/ceiling";
const sources: Sources = {
  language: "plain",
  statement: () => undefined,
  functionLine: () => undefined,
  resourceLine: () => undefined,
  routeLine: () => undefined,
  serviceLine: () => ({ file: "template.yaml", line: 1 }),
};

function serviceOf(changes: Partial<Environment> = {}) {
  const environment = { accountId: "123456789012", region: "eu-west-1", partition: "aws", stackName: "shop" };
  const stack = resolveTemplate(parseTemplate(fromYaml(template)), { ...environment, ...changes });
  return describeService(stack, "dev");
}

describe("a template of which much can be known only in the account", () => {
  const service = serviceOf();
  const ask = (principal: string, action: string, resource: string, of = service) =>
    explain({ principal, action, resource }, { service: of, sources });

  it("is described, its unknowns by name", () => {
    const { stack, roles } = service;
    expect(stack.outputs.Host).toBe("⟨Db.Endpoint.Address⟩");
    expect(stack.resources.get("Orders")?.properties).toMatchObject({
      Environment: {
        Variables: {
          HOST: "⟨Db.Endpoint.Address⟩",
          SECRET: "⟨resolve:ssm:/db/secret:1⟩",
          AMI: "⟨resolve:ssm:/ami/id⟩",
        },
      },
      TracingConfig: { Mode: "Active" },
      VpcConfig: { SecurityGroupIds: ["⟨parameter:VpcId⟩"] },
    });
    expect(roles.map(({ functionKey, name }) => [functionKey, name])).toEqual([
      ["Orders", expect.stringMatching(/^shop-OrdersRole-/)],
      ["Guests", "⟨import:GuestsRole⟩"],
      ["Plain", "plain"],
    ]);
  });

  it("notes what it does not understand, each once", () => {
    const places = service.stack.notes.map(({ where }) => where);
    expect(new Set(places)).toEqual(
      new Set([
        "Transform",
        "Resources.Archive",
        "Resources.ArchivePolicy",
        "Resources.Odd",
        "Resources.Elsewhere",
      ]),
    );
    expect(places).toHaveLength(5);
  });

  it("is explained: what hangs on an unknown is unknown, and says on which", async () => {
    const put = await ask("Orders", "dynamodb:PutItem", "Table");
    expect(put.decision).toMatchObject({ outcome: "unknown", otherwise: { outcome: "allowed" } });
    const text = stripVTControlCharacters(explanationText(put));
    expect(text).toContain("unknown");
    expect(text).toContain(CEILING);
    expect(text).toContain("--policy ARN=FILE");
    // No policy of the role's allows it, whatever the boundary says.
    const dev = serviceOf({ parameters: { Stage: "dev" } });
    expect((await ask("Orders", "dynamodb:DeleteTable", TABLE, dev)).decision).toEqual({
      outcome: "implicitly denied",
      missing: "identity-based",
    });
    const plain = await ask("Plain", "dynamodb:PutItem", TABLE);
    expect(plain.decision).toMatchObject({ because: ["arn:aws:iam::123456789012:role/plain"] });
    const guests = await ask("Guests", "dynamodb:PutItem", TABLE);
    expect(guests.decision).toMatchObject({ because: ["import:GuestsRole"] });
  });

  it("is decided once what is missing is supplied", async () => {
    const everything = { Version: "2012-10-17", Statement: { Effect: "Allow", Action: "*", Resource: "*" } };
    const supplied = serviceOf({ parameters: { Stage: "dev" }, policies: { [CEILING]: everything } });
    const outcome = async (action: string, resource: string) =>
      (await ask("Orders", action, resource, supplied)).decision.outcome;
    expect(await outcome("dynamodb:PutItem", TABLE)).toBe("allowed");
    expect(await outcome("ec2:CreateNetworkInterface", "arn:aws:ec2:eu-west-1:123456789012:subnet/s")).toBe(
      "allowed",
    );
    expect(await outcome("s3:GetObject", "arn:aws:s3:::other/x")).toBe("implicitly denied");
    expect(await outcome("sqs:SendMessage", "arn:aws:sqs:eu-west-1:123456789012:q")).toBe("unknown");
    // A policy of a type that is not known is attached to it.
    expect(await outcome("dynamodb:PutItem", "Table")).toBe("unknown");
  });

  it("is reported, with the policies that nobody knows", () => {
    const text = stripVTControlCharacters(permissionsText(viewPermissions(service, sources), service.stack));
    expect(text).toContain(
      `unknown: ${CEILING} (not in the template; give it with --policy ${CEILING}=FILE)`,
    );
    expect(text).toContain("unknown: import:GuestsRole (not in the template)");
  });

  it("is linted, and nothing is found fault with that nobody knows", async () => {
    const findings = await lint(service, sources, []);
    const said = findings.map(({ rule, message }) => `${rule}: ${message}`);
    expect(said.filter((one) => one.includes("⟨"))).toEqual([]);
    expect(said.filter((one) => one.includes("AWSLambdaVPCAccess"))).toEqual([]);
    expect(findings.map(({ rule }) => rule)).toContain("every-resource");
  });

  it("counts what nobody knows apart from what is allowed", async () => {
    const { roles } = await blastRadius(service);
    const orders = roles.find(({ functionKey }) => functionKey === "Orders");
    expect(orders).toMatchObject({ allowed: 0 });
    expect(orders?.unknown).toBeGreaterThan(0);
  });
});
