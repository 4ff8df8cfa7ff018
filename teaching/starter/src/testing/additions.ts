// biome-ignore-all lint/suspicious/noTemplateCurlyInString: they are the framework's and CloudFormation's own

/** What somebody adds to a service of their own. */
export interface Addition {
  /** New files, by path. */
  readonly files?: Readonly<Record<string, string>>;
  /** A text that a file has once, and what stands there then. */
  readonly changes?: readonly { readonly file: string; readonly at: string; readonly put: string }[];
  /** Of what no scenario shows, with why: for rolecall.config.ts. */
  readonly exceptions?: readonly string[];
}

const before = (file: string, at: string, text: string) => ({ file, at, put: `${text}${at}` });
const after = (file: string, at: string, text: string) => ({ file, at, put: `${at}${text}` });

const include = (name: string) =>
  before("serverless.yml", "  - ${file(resources/alarms.yml)}\n", `  - \${file(resources/${name}.yml)}\n`);

/** A statement of readRecording's. */
const statement = (sid: string, action: string, resource: string) =>
  before(
    "serverless.yml",
    "      - Sid: ReadStatus ",
    `      - Sid: ${sid}
        Effect: Allow
        Action: ${action}
        Resource: ${resource}
`,
  );

const table: Addition = {
  files: {
    "resources/titles-table.yml": `Resources:
  TitlesTable:
    Type: AWS::DynamoDB::Table
    Properties:
      TableName: \${self:custom.name}-titles
      BillingMode: PAY_PER_REQUEST
      AttributeDefinitions: [{ AttributeName: id, AttributeType: S }]
      KeySchema: [{ AttributeName: id, KeyType: HASH }]
`,
  },
  changes: [include("titles-table"), statement("ReadTitle", "dynamodb:GetItem", "!GetAtt TitlesTable.Arn")],
  exceptions: ['{ of: "readRecording", sid: "ReadTitle", reason: "the local run has no tables" }'],
};

const topic: Addition = {
  files: {
    "resources/outcomes-topic.yml": `Resources:
  OutcomesTopic:
    Type: AWS::SNS::Topic
    Properties:
      TopicName: \${self:custom.name}-outcomes
`,
  },
  changes: [
    include("outcomes-topic"),
    {
      file: "serverless.yml",
      at: "    iamRoleStatements: [] ",
      put: `    iamRoleStatements:
      - Sid: TellOutcome
        Effect: Allow
        Action: sns:Publish
        Resource: !Ref OutcomesTopic
    # `,
    },
  ],
  exceptions: ['{ of: "reportOutcome", sid: "TellOutcome", reason: "its call is not written yet" }'],
};

const schedule: Addition = {
  changes: [
    after(
      "serverless.yml",
      "    handler: packages/transcription/src/report-outcome.handler\n    memorySize: 256\n    timeout: 10\n    events:\n",
      "      - schedule: rate(1 day)\n",
    ),
  ],
  exceptions: [
    '{ of: "ReportOutcomeLambdaPermissionEventsRuleSchedule1", reason: "no scenario waits for a day" }',
  ],
};

const bucket: Addition = {
  files: {
    "resources/archive-bucket.yml": `Resources:
  ArchiveBucket:
    Type: AWS::S3::Bucket
    Properties:
      BucketName: !Sub \${self:custom.name}-archive-\${AWS::AccountId}
`,
  },
  changes: [
    include("archive-bucket"),
    statement("ReadArchive", "s3:GetObject", "!Sub ${ArchiveBucket.Arn}/*"),
  ],
  exceptions: ['{ of: "readRecording", sid: "ReadArchive", reason: "its call is not written yet" }'],
};

const secret: Addition = {
  files: {
    "resources/api-key.yml": `Resources:
  ApiKey:
    Type: AWS::SecretsManager::Secret
    Properties:
      Name: \${self:custom.name}-api-key
`,
  },
  changes: [include("api-key"), statement("ReadApiKey", "secretsmanager:GetSecretValue", "!Ref ApiKey")],
  exceptions: ['{ of: "readRecording", sid: "ReadApiKey", reason: "the local run has no secrets" }'],
};

const route: Addition = {
  files: {
    "packages/recordings/src/read-status.ts": `import { httpHandler } from "@memo-box/core";

const headers = { "content-type": "text/plain; charset=utf-8", "cache-control": "no-store" };

/** GET /status: whether the service answers. */
export const handler = httpHandler(async () => ({ statusCode: 200, headers, body: "fine" }));
`,
  },
  changes: [
    before(
      "serverless.yml",
      "resources:\n  - ",
      `  readStatus:
    description: GET /status answers whether the service does
    handler: packages/recordings/src/read-status.handler
    memorySize: 256
    timeout: 10
    events:
      - httpApi: { method: GET, path: /status, authorizer: { type: aws_iam } }
    iamRoleStatements: []

`,
    ),
    before(
      "docs/openapi.yaml",
      "\ncomponents:\n",
      `
  /status:
    get:
      operationId: readStatus
      tags: [recordings]
      summary: Answers whether the service does
      responses:
        "200":
          description: It does
          headers:
            Cache-Control: { $ref: "#/components/headers/NoStore" }
          content:
            text/plain: { schema: { type: string }, example: fine }
        "403": { $ref: "#/components/responses/Forbidden" }
        "429": { $ref: "#/components/responses/TooManyRequests" }
        "500": { $ref: "#/components/responses/ServerError" }
        "503": { $ref: "#/components/responses/Unavailable" }
`,
    ),
    after(
      "scenarios/src/scenarios/recordings.ts",
      "export const recordings: readonly Scenario[] = [\n",
      `  {
    name: "the service says that it answers",
    async steps({ api }) {
      assert.equal((await api.call("GET", "/status")).status, 200);
    },
  },
`,
    ),
  ],
};

const tag: Addition = {
  changes: [
    after(
      "serverless.yml",
      "  stage: ${opt:stage, 'dev'}\n",
      "  tags: { team: notes }\n  stackTags: { team: notes }\n",
    ),
  ],
};

const cors: Addition = {
  changes: [
    after("serverless.yml", "    name: ${self:custom.name}\n", "    cors: true\n"),
    before(
      "resources/recordings-bucket.yml",
      "      OwnershipControls:",
      `      CorsConfiguration:
        CorsRules:
          - AllowedMethods: [GET, POST]
            AllowedOrigins: ["https://example.com"]
            AllowedHeaders: ["*"]
`,
    ),
  ],
};

/** What people add without a thought, by what it is. */
export const additions = {
  "a table": table,
  "a topic": topic,
  "a schedule": schedule,
  "a bucket": bucket,
  "a secret": secret,
  "a route": route,
  "a tag": tag,
  CORS: cors,
} as const satisfies Record<string, Addition>;
