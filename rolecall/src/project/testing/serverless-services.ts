// biome-ignore-all lint/suspicious/noTemplateCurlyInString: Fn::Sub is written like that
import type { Files } from "./folder.ts";

/*
 * Packages as the Serverless Framework leaves them in .serverless/, written by hand and true to its form: version 3 with
 * one role for all functions and one zip, version 4 with a role for each function.
 */

const trust = {
  Version: "2012-10-17",
  Statement: [
    { Effect: "Allow", Principal: { Service: ["lambda.amazonaws.com"] }, Action: ["sts:AssumeRole"] },
  ],
};

const logs = (name: string) => [
  {
    Effect: "Allow",
    Action: ["logs:CreateLogStream", "logs:CreateLogGroup", "logs:TagResource"],
    Resource: [
      { "Fn::Sub": `arn:\${AWS::Partition}:logs:\${AWS::Region}:\${AWS::AccountId}:log-group:${name}*:*` },
    ],
  },
  {
    Effect: "Allow",
    Action: ["logs:PutLogEvents"],
    Resource: [
      { "Fn::Sub": `arn:\${AWS::Partition}:logs:\${AWS::Region}:\${AWS::AccountId}:log-group:${name}*:*:*` },
    ],
  },
];

const role = (name: string, statements: readonly unknown[]) => ({
  Type: "AWS::IAM::Role",
  Properties: {
    AssumeRolePolicyDocument: trust,
    Policies: [{ PolicyName: name, PolicyDocument: { Version: "2012-10-17", Statement: statements } }],
    Path: "/",
    RoleName: { "Fn::Join": ["-", [name, { Ref: "AWS::Region" }, "lambdaRole"]] },
  },
});

const lambda = (name: string, roleId: string, zip: string) => ({
  Type: "AWS::Lambda::Function",
  Properties: {
    Code: { S3Bucket: { Ref: "ServerlessDeploymentBucket" }, S3Key: `serverless/x/1700000000000/${zip}` },
    Handler: "handler.main",
    Runtime: "nodejs22.x",
    FunctionName: name,
    MemorySize: 1024,
    Timeout: 6,
    Role: { "Fn::GetAtt": [roleId, "Arn"] },
    Environment: { Variables: { TABLE: "orders" } },
  },
});

/** Of provider.iam.role.statements, in JavaScript, in one zip. */
export const version3: Files = {
  "serverless.yml": `service: web-shop
frameworkVersion: "3"

provider:
  name: aws
  runtime: nodejs22.x
  stage: \${opt:stage, 'prod'}
  region: eu-west-1
  environment:
    TABLE: orders
  iam:
    role:
      statements:
        - Effect: Allow
          Action:
            - dynamodb:GetItem
            - dynamodb:PutItem
          Resource: !GetAtt OrdersTable.Arn
        - Sid: Publish # tells the warehouse
          Effect: Allow
          Action: sns:Publish
          Resource: !Ref OrderPlaced

functions:
  place-order:
    handler: handler.main
    events:
      - http: POST /orders
  nightly_report:
    handler: handler.main
    events:
      - schedule: rate(1 day)
      - schedule: cron(0 12 * * ? *)

resources:
  Resources:
    OrdersTable:
      Type: AWS::DynamoDB::Table
      Properties:
        TableName: orders
    OrderPlaced:
      Type: AWS::SNS::Topic
`,
  "handler.js": "exports.main = async () => ({ statusCode: 200 });\n",
  ".serverless/web-shop.zip": "",
  ".serverless/serverless-state.json": {
    service: {
      service: "web-shop",
      serviceFilename: "serverless.yml",
      provider: { name: "aws", stage: "prod", region: "eu-west-1" },
      functions: {
        "place-order": { handler: "handler.main", name: "web-shop-prod-place-order", package: {} },
        nightly_report: { handler: "handler.main", name: "web-shop-prod-nightly_report", package: {} },
      },
    },
    package: { individually: false, artifact: ".serverless/web-shop.zip" },
  },
  ".serverless/cloudformation-template-update-stack.json": {
    AWSTemplateFormatVersion: "2010-09-09",
    Resources: {
      ServerlessDeploymentBucket: { Type: "AWS::S3::Bucket" },
      IamRoleLambdaExecution: role("web-shop-prod-lambda", [
        ...logs("/aws/lambda/web-shop-prod"),
        {
          Effect: "Allow",
          Action: ["dynamodb:GetItem", "dynamodb:PutItem"],
          Resource: { "Fn::GetAtt": ["OrdersTable", "Arn"] },
        },
        { Sid: "Publish", Effect: "Allow", Action: "sns:Publish", Resource: { Ref: "OrderPlaced" } },
      ]),
      PlaceDashorderLambdaFunction: lambda(
        "web-shop-prod-place-order",
        "IamRoleLambdaExecution",
        "web-shop.zip",
      ),
      NightlyUnderscorereportLambdaFunction: lambda(
        "web-shop-prod-nightly_report",
        "IamRoleLambdaExecution",
        "web-shop.zip",
      ),
      NightlyUnderscorereportLambdaPermissionEventsRuleSchedule2: {
        Type: "AWS::Lambda::Permission",
        Properties: {
          FunctionName: { "Fn::GetAtt": ["NightlyUnderscorereportLambdaFunction", "Arn"] },
          Action: "lambda:InvokeFunction",
          Principal: "events.amazonaws.com",
          SourceArn: "arn:aws:events:eu-west-1:123456789012:rule/nightly",
        },
      },
      OrdersTable: { Type: "AWS::DynamoDB::Table", Properties: { TableName: "orders" } },
      OrderPlaced: { Type: "AWS::SNS::Topic" },
    },
  },
};

/** Of iam.role.statements at each function, each in its own zip. */
export const version4: Files = {
  "serverless.yml": `service: photo-album
provider:
  name: aws
  runtime: nodejs22.x
functions:
  store:
    handler: src/store.main
    iam:
      role:
        statements:
          - Sid: StorePhotos
            Effect: Allow
            Action: s3:PutObject
            Resource: !Sub "\${Photos.Arn}/photos/*"
  show:
    handler: src/show.main
    url: true
    iam:
      role:
        statements: \${file(show-rights.yml)}
resources:
  Resources:
    Photos:
      Type: AWS::S3::Bucket
`,
  "show-rights.yml": `- Sid: ReadPhotos
  Effect: Allow
  Action: s3:GetObject
  Resource: !Sub "\${Photos.Arn}/*"
`,
  ".serverless/store.zip": "",
  ".serverless/show.zip": "",
  ".serverless/serverless-state.json": {
    service: {
      service: "photo-album",
      provider: { name: "aws", stage: "dev", region: "us-east-1", stackName: "album-of-dev" },
      functions: {
        store: { name: "photo-album-dev-store", package: { artifact: ".serverless/store.zip" } },
        show: { name: "photo-album-dev-show", package: { artifact: ".serverless/show.zip" } },
      },
    },
    package: { individually: true, artifact: "" },
  },
  ".serverless/cloudformation-template-update-stack.json": {
    Resources: {
      ServerlessDeploymentBucket: { Type: "AWS::S3::Bucket" },
      StoreIamRoleLambdaExecution: role("photo-album-dev-store", [
        ...logs("/aws/lambda/photo-album-dev-store"),
        {
          Sid: "StorePhotos",
          Effect: "Allow",
          Action: "s3:PutObject",
          Resource: { "Fn::Sub": "${Photos.Arn}/photos/*" },
        },
      ]),
      ShowIamRoleLambdaExecution: role("photo-album-dev-show", [
        ...logs("/aws/lambda/photo-album-dev-show"),
        {
          Sid: "ReadPhotos",
          Effect: "Allow",
          Action: "s3:GetObject",
          Resource: { "Fn::Sub": "${Photos.Arn}/*" },
        },
      ]),
      StoreLambdaFunction: lambda("photo-album-dev-store", "StoreIamRoleLambdaExecution", "store.zip"),
      ShowLambdaFunction: lambda("photo-album-dev-show", "ShowIamRoleLambdaExecution", "show.zip"),
      ShowLambdaFunctionUrl: {
        Type: "AWS::Lambda::Url",
        Properties: { AuthType: "NONE", TargetFunctionArn: { "Fn::GetAtt": ["ShowLambdaFunction", "Arn"] } },
      },
      ShowLambdaPermissionFnUrl: {
        Type: "AWS::Lambda::Permission",
        Properties: {
          FunctionName: { "Fn::GetAtt": ["ShowLambdaFunction", "Arn"] },
          Action: "lambda:InvokeFunctionUrl",
          Principal: "*",
          FunctionUrlAuthType: "NONE",
        },
      },
      Photos: { Type: "AWS::S3::Bucket" },
    },
  },
};
