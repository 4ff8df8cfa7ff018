// biome-ignore-all lint/suspicious/noTemplateCurlyInString: ${…} is of the framework and of CloudFormation here
import type { LocalAws } from "rolecall/run";
import type { Change } from "../labs/src/change.ts";

/** What somebody changes in a copy of the service on its first day, and what is true then. */
export interface OrdinaryChange {
  readonly name: string;
  readonly changes: readonly Change[];
  /** As in `sls package --param NAME=VALUE`. */
  readonly params?: Readonly<Record<string, string>>;
  /** What packaging says when it refuses the change: what to write instead. */
  readonly refusal?: RegExp;
  /** What the lint is right to say of it. */
  readonly finds?: readonly RegExp[];
  /** What `prove` is right to say of it: by default that nothing is missing, spare or open. */
  readonly proves?: RegExp;
  /** Set where the service does not do any more what the demo shows. */
  readonly endsDemo?: true;
  /** Set where there is no route left to ask. */
  readonly hasNoApi?: true;
  /** What the change does newly, and is easy to see. */
  readonly shows?: (aws: LocalAws) => Promise<void>;
}

const file = "serverless.yml";
const bucketFile = "resources/recordings-bucket.yml";
const bucket = ["Resources", "RecordingsBucket", "Properties"];

/** Adds to what serverless.yml says of `resources:`. */
const adds = (yaml: string): Change => {
  const last = "  - ${file(resources/outputs.yml)}\n";
  return { file, replace: last, by: `${last}  - ${yaml.trim().replaceAll("\n", "\n    ")}\n` };
};

/** What somebody expects; the difference is the error's message. */
function expectSame(seen: unknown, wanted: unknown): void {
  if (JSON.stringify(seen) !== JSON.stringify(wanted))
    throw new Error(`Expected ${JSON.stringify(wanted)}, and there was ${JSON.stringify(seen)}.`);
}

const listRoute = "      - httpApi: { method: GET, path: /recordings, authorizer: { type: aws_iam } }\n";

export const ordinaryChanges: readonly OrdinaryChange[] = [
  {
    name: "a tag",
    changes: [{ file, at: ["provider", "tags"], to: "{ team: audio }" }],
  },
  {
    name: "CORS of the API",
    changes: [{ file, at: ["provider", "httpApi", "cors"], to: "true" }],
    async shows({ api }) {
      const headers = { origin: "https://example.com", "access-control-request-method": "GET" };
      const { headers: answered } = await fetch(`${api}/recordings`, { method: "OPTIONS", headers });
      expectSame(answered.get("access-control-allow-origin"), "*");
    },
  },
  {
    name: "CORS of the bucket",
    changes: [
      {
        file: bucketFile,
        at: [...bucket, "CorsConfiguration"],
        to: '{ CorsRules: [{ AllowedMethods: [POST], AllowedOrigins: ["https://example.com"] }] }',
      },
    ],
    async shows({ endpoint, buckets }) {
      const headers = { origin: "https://example.com", "access-control-request-method": "POST" };
      const url = `${endpoint}/${buckets.get("RecordingsBucket")}/audio/x`;
      const { headers: answered } = await fetch(url, { method: "OPTIONS", headers });
      expectSame(answered.get("access-control-allow-origin"), "https://example.com");
    },
  },
  {
    name: "versions of the bucket's objects",
    changes: [{ file: bucketFile, at: [...bucket, "VersioningConfiguration"], to: "{ Status: Enabled }" }],
  },
  {
    name: "a schedule",
    proves: /lambda:InvokeFunction .*Schedule1/,
    changes: [
      {
        file,
        replace: "    events:\n      - eventBridge:\n",
        by: "    events:\n      - schedule: rate(1 day)\n      - eventBridge:\n",
      },
    ],
    async shows(aws) {
      expectSame(
        aws.schedules.map(({ expression }) => expression),
        ["rate(1 day)"],
      );
      const before = aws.decisions.length;
      aws.invokeSchedule(aws.schedules[0]?.name ?? "");
      await aws.idle();
      const invoked = aws.decisions.slice(before).some(({ action }) => action === "lambda:InvokeFunction");
      expectSame(invoked, true);
    },
  },
  {
    name: "tracing",
    changes: [{ file, at: ["provider", "tracing"], to: "{ lambda: true }" }],
  },
  {
    name: "another Node",
    changes: [{ file, at: ["provider", "runtime"], to: "nodejs22.x" }],
  },
  {
    name: "a route for tokens",
    changes: [
      {
        file,
        at: ["provider", "httpApi", "authorizers"],
        to: 'users: { type: jwt, identitySource: $request.header.Authorization, issuerUrl: "https://example.com/", audience: [app] }\n# of people',
      },
      {
        file,
        replace: listRoute,
        by: `${listRoute}      - httpApi: { method: GET, path: /mine, authorizer: { name: users } }\n`,
      },
    ],
    async shows({ api, issuer }) {
      expectSame((await fetch(`${api}/mine`)).status, 401);
      const authorization = `Bearer ${issuer?.token()}`;
      expectSame((await fetch(`${api}/mine`, { headers: { authorization } })).status, 200);
    },
  },
  {
    name: "access logs of the API",
    changes: [{ file, at: ["provider", "logs"], to: "{ httpApi: true }" }],
  },
  {
    name: "Lambda's own lines as JSON",
    changes: [{ file, at: ["functions", "listRecordings", "logs"], to: "{ logFormat: JSON }" }],
  },
  {
    name: "a destination for failures",
    changes: [
      {
        file,
        at: ["functions", "reportOutcome", "destinations"],
        to: "{ onFailure: { type: sqs, arn: !GetAtt UploadsDeadLetterQueue.Arn } }",
      },
    ],
  },
  {
    name: "a VPC",
    changes: [
      {
        file,
        at: ["functions", "listRecordings", "vpc"],
        to: "securityGroupIds: [sg-0a1b2c3d]\nsubnetIds: [!ImportValue SharedSubnet]",
      },
    ],
  },
  {
    name: "more room in /tmp",
    changes: [{ file, at: ["functions", "listRecordings", "ephemeralStorageSize"], to: "1024" }],
  },
  {
    name: "no notification",
    changes: [{ file: bucketFile, at: [...bucket, "NotificationConfiguration"], to: undefined }],
    endsDemo: true,
  },
  {
    name: "no API",
    changes: ["receiveAudio", "issueUploadForm", "listRecordings", "readRecording", "deleteRecording"].map(
      (key) => ({ file, at: ["functions", key, "events"], to: "[]" }),
    ),
    endsDemo: true,
    hasNoApi: true,
  },
  {
    name: "a function URL",
    changes: [{ file, at: ["functions", "listRecordings", "url"], to: "{ authorizer: aws_iam }" }],
    async shows({ apis }) {
      const url = apis.find(({ type }) => type === "function URL")?.url;
      // Nobody signed.
      expectSame((await fetch(`${url}`)).status, 403);
    },
  },
  {
    name: "a second bucket",
    changes: [adds("Resources:\n  Exports: { Type: AWS::S3::Bucket }")],
    finds: [/^Exports: no policy refuses .* without TLS/, /^Exports: PublicAccessBlockConfiguration/],
    async shows({ buckets }) {
      expectSame(buckets.size >= 2, true);
    },
  },
  {
    name: "a table, and the right to read it",
    proves: /dynamodb:GetItem .*listRecordings \(ReadNotes/,
    changes: [
      adds(`
Resources:
  Notes:
    Type: AWS::DynamoDB::Table
    Properties:
      BillingMode: PAY_PER_REQUEST
      KeySchema: [{ AttributeName: id, KeyType: HASH }]
      AttributeDefinitions: [{ AttributeName: id, AttributeType: S }]`),
      {
        file,
        replace: "      - Sid: ListAudio # ",
        by: "      - { Sid: ReadNotes, Effect: Allow, Action: dynamodb:GetItem, Resource: !GetAtt Notes.Arn }\n      - Sid: ListAudio # ",
      },
    ],
  },
  {
    name: "a topic",
    changes: [adds("Resources:\n  Finished: { Type: AWS::SNS::Topic }")],
  },
  {
    name: "AWS's own policy, for functions that inherit nothing",
    changes: [
      {
        file,
        at: ["provider", "iam", "role"],
        to: '{ permissionsBoundary: "${param:boundary, null}", managedPolicies: [arn:aws:iam::aws:policy/AWSXRayDaemonWriteAccess] }',
      },
    ],
    refusal: /provider\.iam\.role\.managedPolicies reaches no function.*iamRoleStatementsInherit: true/s,
    endsDemo: true,
  },
  {
    name: "AWS's own policy",
    changes: [
      {
        file,
        at: ["provider", "iam", "role"],
        to: '{ permissionsBoundary: "${param:boundary, null}", managedPolicies: [arn:aws:iam::aws:policy/AWSXRayDaemonWriteAccess] }',
      },
      { file, at: ["functions", "listRecordings", "iamRoleStatementsInherit"], to: "true" },
    ],
    proves: /xray:\w+ on \* of listRecordings \(AWSXRayDaemonWriteAccess\)/,
  },
  {
    name: "a database's address",
    changes: [
      adds(`
Resources:
  Db: { Type: AWS::RDS::DBInstance, Properties: { Engine: postgres, DBInstanceClass: db.t4g.micro, AllocatedStorage: "20", MasterUsername: notes, ManageMasterUserPassword: true } }
Outputs:
  DbAddress: { Value: !GetAtt Db.Endpoint.Address }`),
      {
        file,
        at: ["functions", "readRecording", "environment", "DB_HOST"],
        to: "!GetAtt Db.Endpoint.Address",
      },
    ],
  },
  {
    name: "an imported value",
    changes: [
      { file, at: ["functions", "readRecording", "environment", "VPC_ID"], to: "!ImportValue SharedVpcId" },
    ],
  },
  {
    name: "a custom resource",
    changes: [
      adds(
        "Resources:\n  Seed: { Type: Custom::Seed, Properties: { ServiceToken: !Sub 'arn:aws:lambda:${AWS::Region}:${AWS::AccountId}:function:seed' } }",
      ),
    ],
  },
];
