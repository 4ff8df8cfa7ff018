/*
 * What is right about each foreign template, worked out by hand from its text. `{LogicalId.Arn}` stands for a
 * resource's ARN, `{LogicalId}` for what Ref gives.
 */

export interface Foreign {
  /** Beside this file. */
  readonly folder: string;
  readonly template: string;
  readonly framework: "serverless" | "sam" | "cdk" | "plain";
  /** As their author calls them. */
  readonly functions: readonly string[];
  /** Parameters that have no default. */
  readonly parameters?: Readonly<Record<string, string>>;
  readonly asks: readonly Ask[];
  /** What the report of who may do what must say. */
  readonly report: readonly RegExp[];
  /** Each finding that is right, as `rule subject`; there must be no other. */
  readonly findings: readonly string[];
}

export type Ask = readonly [
  who: string,
  action: string,
  on: string,
  answer: Answer,
  context?: readonly string[],
];

/** By the statement that decides, as `policy/Sid`, or `policy/number` from 0; or what it hangs on. */
export type Answer =
  | { readonly allowed: string }
  | { readonly denied: string | undefined }
  | { readonly unknown: readonly string[] };

const allowed = (by: string) => ({ allowed: by });
/** By a Deny that is named, or else because nothing allows it. */
const denied = (by?: string) => ({ denied: by });
const unknown = (...because: readonly string[]) => ({ unknown: because });

const account = "123456789012";

/** Serverless Framework 3: one role for all functions, none of whose statements has a Sid. */
const serverless3: Foreign = {
  folder: "serverless-3",
  template: "packaged/cloudformation-template-update-stack.json",
  framework: "serverless",
  functions: ["createParcel", "getParcel", "recordScan", "dailyDigest"],
  asks: [
    ["createParcel", "dynamodb:PutItem", "{ParcelsTable.Arn}", allowed("parcel-tracker-dev-lambda/2")],
    // The role is everybody's.
    ["getParcel", "dynamodb:PutItem", "{ParcelsTable.Arn}", allowed("parcel-tracker-dev-lambda/2")],
    ["getParcel", "dynamodb:DeleteItem", "{ParcelsTable.Arn}", denied()],
    [
      "getParcel",
      "dynamodb:Query",
      "{ParcelsTable.Arn}/index/byCustomer",
      allowed("parcel-tracker-dev-lambda/2"),
    ],
    ["createParcel", "s3:PutObject", "{LabelBucket.Arn}/1.pdf", allowed("parcel-tracker-dev-lambda/3")],
    ["createParcel", "s3:GetObject", "{LabelBucket.Arn}/1.pdf", denied()],
    ["recordScan", "sqs:ReceiveMessage", "{ScanQueue.Arn}", allowed("parcel-tracker-dev-lambda/7")],
    ["recordScan", "sqs:SendMessage", "{ScanDeadLetters.Arn}", denied()],
    [
      "dailyDigest",
      "ses:SendEmail",
      `arn:aws:ses:eu-west-1:${account}:identity/shop.example.com`,
      allowed("parcel-tracker-dev-lambda/5"),
    ],
    [
      "dailyDigest",
      "ssm:GetParameter",
      `arn:aws:ssm:eu-west-1:${account}:parameter/parcel-tracker/token`,
      allowed("parcel-tracker-dev-lambda/6"),
    ],
    ["dailyDigest", "ssm:GetParameter", `arn:aws:ssm:eu-west-1:${account}:parameter/other/token`, denied()],
    [
      "events.amazonaws.com",
      "lambda:InvokeFunction",
      "{DailyDigestLambdaFunction.Arn}",
      allowed(
        "DailyDigestLambdaPermissionEventsRuleSchedule1/DailyDigestLambdaPermissionEventsRuleSchedule1",
      ),
      ["aws:SourceArn={DailyDigestEventsRuleSchedule1.Arn}"],
    ],
    ["s3.amazonaws.com", "lambda:InvokeFunction", "{DailyDigestLambdaFunction.Arn}", denied()],
  ],
  report: [
    /createParcel/,
    /dynamodb:UpdateItem/,
    /sqs:ReceiveMessage/,
    /POST \/parcels/,
    /serverless\.yml:23/,
  ],
  findings: [
    "bucket-open-to-public LabelBucket",
    "bucket-open-to-public ServerlessDeploymentBucket",
    "bucket-without-tls LabelBucket",
    "every-resource dailyDigest/5",
    "nameless-statement dailyDigest/2",
    "nameless-statement dailyDigest/3",
    "nameless-statement dailyDigest/4",
    "nameless-statement dailyDigest/5",
    "nameless-statement dailyDigest/6",
    "open-route HttpApiRouteGetParcelsIdVar",
    "open-route HttpApiRoutePostParcels",
    "other-place dailyDigest/6",
    "other-stage dailyDigest/6",
    "shared-role IamRoleLambdaExecution",
  ],
};

/** Serverless Framework 4: a role for each function. */
const serverless4: Foreign = {
  folder: "serverless-4",
  template: "packaged/cloudformation-template-update-stack.json",
  framework: "serverless",
  functions: ["subscribe", "sendIssue", "unsubscribe"],
  asks: [
    [
      "subscribe",
      "dynamodb:PutItem",
      "{Subscribers.Arn}",
      allowed("newsletter-dev-subscribe/AddSubscribers"),
    ],
    ["subscribe", "dynamodb:GetItem", "{Subscribers.Arn}", denied()],
    ["sendIssue", "dynamodb:Scan", "{Subscribers.Arn}", allowed("newsletter-dev-sendIssue/FindSubscribers")],
    [
      "sendIssue",
      "s3:GetObject",
      "{Issues.Arn}/published/1.html",
      allowed("newsletter-dev-sendIssue/ReadIssues"),
    ],
    [
      "sendIssue",
      "s3:GetObject",
      "{Issues.Arn}/published/drafts/2.html",
      denied("newsletter-dev-sendIssue/NotBounced"),
    ],
    [
      "sendIssue",
      "s3:GetObject",
      "{Issues.Arn}/published/1.html",
      denied("IssuesPolicy/TlsOnly"),
      ["aws:SecureTransport=false"],
    ],
    [
      "sendIssue",
      "secretsmanager:GetSecretValue",
      "{MailKey}",
      allowed("newsletter-dev-sendIssue/ReadMailKey"),
    ],
    ["subscribe", "secretsmanager:GetSecretValue", "{MailKey}", denied()],
    [
      "unsubscribe",
      "dynamodb:DeleteItem",
      "{Subscribers.Arn}",
      allowed("newsletter-dev-unsubscribe/RemoveSubscribers"),
      ["dynamodb:LeadingKeys=subscriber#1"],
    ],
    ["unsubscribe", "dynamodb:DeleteItem", "{Subscribers.Arn}", denied(), ["dynamodb:LeadingKeys=admin#1"]],
    [
      "anyone",
      "lambda:InvokeFunctionUrl",
      "{UnsubscribeLambdaFunction.Arn}",
      allowed("UnsubscribeLambdaPermissionFnUrl/UnsubscribeLambdaPermissionFnUrl"),
      ["lambda:FunctionUrlAuthType=NONE"],
    ],
  ],
  report: [/subscribe/, /ReadMailKey/, /NotBounced/, /POST \/subscribers/],
  findings: [
    "bucket-open-to-public ServerlessDeploymentBucket",
    "open-route HttpApiRoutePostSubscribers",
    "open-route UnsubscribeLambdaFunctionUrl",
    "open-to-everyone UnsubscribeLambdaPermissionFnUrl",
    "open-when-absent unsubscribe/RemoveSubscribers",
  ],
};

/** SAM, as it is written: policy templates, events, Globals. */
const sam: Foreign = {
  folder: "sam",
  template: "template.yaml",
  framework: "sam",
  functions: ["ListPhotos", "MakeThumbnail", "IndexPhotos", "CleanUp"],
  asks: [
    ["ListPhotos", "dynamodb:Query", "{Photos.Arn}", allowed("ListPhotosRolePolicy0/0")],
    ["ListPhotos", "dynamodb:PutItem", "{Photos.Arn}", denied()],
    ["MakeThumbnail", "s3:GetObject", "{Originals.Arn}/uploads/1.jpg", allowed("MakeThumbnailRolePolicy0/0")],
    ["MakeThumbnail", "s3:PutObject", "{Originals.Arn}/uploads/1.jpg", denied()],
    ["MakeThumbnail", "s3:PutObject", "{Thumbnails.Arn}/1.jpg", allowed("MakeThumbnailRolePolicy1/0")],
    ["MakeThumbnail", "sqs:SendMessage", "{Failures.Arn}", allowed("DeadLetterQueuePolicy/0")],
    ["MakeThumbnail", "xray:PutTraceSegments", "*", allowed("AWSXrayWriteOnlyAccess/0")],
    [
      "IndexPhotos",
      "ec2:CreateNetworkInterface",
      `arn:aws:ec2:us-east-1:${account}:network-interface/eni-1`,
      unknown("arn:aws:iam::aws:policy/AmazonRekognitionReadOnlyAccess"),
    ],
    // AmazonRekognitionReadOnlyAccess is AWS's own, and not among those that are known here: it might deny as well.
    [
      "IndexPhotos",
      "rekognition:DetectLabels",
      "*",
      unknown("arn:aws:iam::aws:policy/AmazonRekognitionReadOnlyAccess"),
    ],
    ["CleanUp", "dynamodb:Query", "{Photos.Arn}/index/byAge", allowed("CleanUpRolePolicy2/FindOldPhotos")],
    ["CleanUp", "dynamodb:Query", "{Photos.Arn}", denied()],
    ["CleanUp", "sqs:ReceiveMessage", "{Failures.Arn}", allowed("CleanUpRolePolicy1/0")],
    [
      "s3.amazonaws.com",
      "lambda:InvokeFunction",
      "{MakeThumbnail.Arn}",
      allowed("MakeThumbnailUploadedPermission/MakeThumbnailUploadedPermission"),
      [`aws:SourceAccount=${account}`, "aws:SourceArn={Originals.Arn}"],
    ],
    [
      "s3.amazonaws.com",
      "lambda:InvokeFunction",
      "{MakeThumbnail.Arn}",
      denied(),
      ["aws:SourceAccount=999999999999", "aws:SourceArn=arn:aws:s3:::elsewhere"],
    ],
  ],
  report: [/ListPhotos/, /GET \/photos/, /JWT/, /AmazonRekognitionReadOnlyAccess/, /FindOldPhotos/],
  findings: [
    "bucket-open-to-public Originals",
    "bucket-open-to-public Thumbnails",
    "bucket-without-tls Originals",
    "bucket-without-tls Thumbnails",
    "every-resource MakeThumbnail/MakeThumbnailRolePolicy3/0",
    "open-route ListPhotosHealthRoute",
  ],
};

/** The CDK's grants, and the functions that it adds for its own needs. */
const cdk: Foreign = {
  folder: "cdk",
  template: "cdk.out/Invoicing.template.json",
  framework: "cdk",
  functions: [
    "Custom::S3AutoDeleteObjectsCustomResourceProvider/Handler",
    "Ingest",
    "LogRetentionaae0aa3c5b4d4f87b02d85b201efdd8a",
    "Approve",
    "Pay",
    "List",
    "BucketNotificationsHandler050a0587b7544547bf325f094a3db834",
  ],
  asks: [
    [
      "Ingest",
      "s3:GetObject",
      "{InboxA8E05DC3.Arn}/incoming/1.pdf",
      allowed("IngestServiceRoleDefaultPolicyB95F9D07/0"),
    ],
    ["Ingest", "s3:PutObject", "{InboxA8E05DC3.Arn}/incoming/1.pdf", denied()],
    [
      "Ingest",
      "s3:GetObject",
      "{InboxA8E05DC3.Arn}/incoming/1.pdf",
      denied("InboxPolicy63A7501F/0"),
      ["aws:SecureTransport=false"],
    ],
    [
      "Ingest",
      "dynamodb:PutItem",
      "{InvoicesF0222E8D.Arn}",
      allowed("IngestServiceRoleDefaultPolicyB95F9D07/1"),
    ],
    ["Ingest", "dynamodb:Query", "{InvoicesF0222E8D.Arn}", denied()],
    ["List", "dynamodb:Query", "{InvoicesF0222E8D.Arn}", allowed("ListServiceRoleDefaultPolicy24A54E17/1")],
    ["List", "kms:Decrypt", "{Key961B73FD.Arn}", allowed("ListServiceRoleDefaultPolicy24A54E17/0")],
    ["List", "kms:Encrypt", "{Key961B73FD.Arn}", denied()],
    [
      "Pay",
      "secretsmanager:GetSecretValue",
      "{BankToken587D4DBF}",
      allowed("PayServiceRoleDefaultPolicy85A76E38/0"),
    ],
    ["Pay", "sns:Publish", "{PaidB3409D08}", allowed("PayServiceRoleDefaultPolicy85A76E38/1")],
    [
      "Approve",
      "lambda:InvokeFunction",
      "{Pay6F77D406.Arn}",
      allowed("ApproveServiceRoleDefaultPolicyA7EB8DC9/5"),
    ],
    [
      "Approve",
      "sqs:DeleteMessage",
      "{Approvals8537C562.Arn}",
      allowed("ApproveServiceRoleDefaultPolicyA7EB8DC9/4"),
    ],
    [
      "sns.amazonaws.com",
      "sqs:SendMessage",
      "{Approvals8537C562.Arn}",
      allowed("ApprovalsPolicyE48F1B91/0"),
      ["aws:SourceArn={PaidB3409D08}"],
    ],
  ],
  report: [/Ingest/, /kms:GenerateDataKey\*/, /LogRetention/, /secretsmanager:DescribeSecret/],
  // The wildcards are those of grantRead and of the CDK's own functions: warnings.
  findings: [
    "every-resource LogRetentionaae0aa3c5b4d4f87b02d85b201efdd8a/0",
    "wildcard-action Approve/2",
    "wildcard-action InboxPolicy63A7501F/1",
    "wildcard-action Ingest/0",
    "wildcard-action Ingest/2",
  ],
};

/** A database in a VPC: much that CloudFormation makes up, and a policy of another stack's. */
const rdsVpc: Foreign = {
  folder: "rds-vpc",
  template: "template.yaml",
  framework: "plain",
  functions: ["Book", "Migrate"],
  asks: [
    ["Book", "rds-db:connect", `arn:aws:rds-db:us-east-1:${account}:dbuser:db-ABC/owner`, denied()],
    [
      "Book",
      "rds-db:connect",
      `arn:aws:rds-db:us-east-1:${account}:dbuser:db-ABC/writer`,
      unknown("Database.DbiResourceId"),
    ],
    ["Book", "secretsmanager:GetSecretValue", "{DatabaseSecret}", denied()],
    [
      "Book",
      "ec2:CreateNetworkInterface",
      `arn:aws:ec2:us-east-1:${account}:subnet/subnet-1`,
      allowed("AWSLambdaVPCAccessExecutionRole/AWSLambdaVPCAccessExecutionPermissions"),
    ],
    ["Book", "s3:GetObject", "arn:aws:s3:::any/x", denied()],
    [
      "Migrate",
      "secretsmanager:GetSecretValue",
      "{DatabaseSecret}",
      unknown("import:company-audit-ReadAuditPolicyArn"),
    ],
    ["Migrate", "s3:GetObject", "arn:aws:s3:::any/x", unknown("import:company-audit-ReadAuditPolicyArn")],
    [
      "Migrate",
      "rds:DeleteDBInstance",
      `arn:aws:rds:us-east-1:${account}:db:any`,
      denied("owner/NeverDelete"),
    ],
    [
      "events.amazonaws.com",
      "lambda:InvokeFunction",
      "{Book.Arn}",
      allowed("RemindersMayBook/RemindersMayBook"),
      ["aws:SourceArn={Reminders.Arn}"],
    ],
    ["events.amazonaws.com", "lambda:InvokeFunction", "{Migrate.Arn}", denied()],
  ],
  report: [/Book/, /rds-db:connect/, /company-audit-ReadAuditPolicyArn/, /NeverDelete/],
  findings: ["nameless-statement Book/0", "nameless-statement Migrate/0"],
};

/** DynamoDB, SNS and Step Functions in plain CloudFormation. */
const orderFlow: Foreign = {
  folder: "order-flow",
  template: "template.yaml",
  framework: "plain",
  functions: ["PlaceOrder", "ChargeCard", "Ship"],
  asks: [
    ["PlaceOrder", "states:StartExecution", "{Fulfilment}", allowed("place-order/StartFulfilment")],
    ["PlaceOrder", "states:StopExecution", `arn:aws:states:us-east-1:${account}:execution:any:1`, denied()],
    [
      "PlaceOrder",
      "dynamodb:PutItem",
      "{Orders.Arn}",
      allowed("place-order/StoreOwnOrders"),
      ["dynamodb:Attributes=customer", "dynamodb:Attributes=order"],
    ],
    [
      "PlaceOrder",
      "dynamodb:PutItem",
      "{Orders.Arn}",
      denied(),
      ["dynamodb:Attributes=customer", "dynamodb:Attributes=price"],
    ],
    ["ChargeCard", "dynamodb:UpdateItem", "{Orders.Arn}", allowed("ChargeCardRights/MarkPaid")],
    ["ChargeCard", "sns:Publish", "{OrderEvents}", allowed("ChargeCardRights/TellOthers")],
    ["ChargeCard", "dynamodb:DeleteItem", "{Orders.Arn}", denied()],
    ["Ship", "sqs:ReceiveMessage", "{ShippingQueue.Arn}", allowed("AWSLambdaSQSQueueExecutionRole/0")],
    ["Ship", "sns:Publish", "{OrderEvents}", denied()],
    [
      "sns.amazonaws.com",
      "sqs:SendMessage",
      "{ShippingQueue.Arn}",
      allowed("ShippingQueuePolicy/OrderEventsMaySend"),
      ["aws:SourceArn={OrderEvents}"],
    ],
    [
      "sns.amazonaws.com",
      "sqs:SendMessage",
      "{ShippingQueue.Arn}",
      denied(),
      [`aws:SourceArn=arn:aws:sns:us-east-1:${account}:other`],
    ],
    ["444455556666", "sns:Publish", "{OrderEvents}", allowed("OrderEventsPolicy/WarehouseMayPublish")],
    ["555566667777", "sns:Publish", "{OrderEvents}", denied()],
  ],
  report: [/PlaceOrder/, /states:StartExecution/, /MarkPaid/, /444455556666/],
  findings: [
    "nameless-statement ChargeCard/0",
    "nameless-statement PlaceOrder/0",
    "nameless-statement Ship/0",
    "other-account OrderEventsPolicy/WarehouseMayPublish",
    "spare-principal FulfilmentRole",
  ],
};

export const foreign: readonly Foreign[] = [serverless3, serverless4, sam, cdk, rdsVpc, orderFlow];
