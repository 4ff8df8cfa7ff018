import { decide, type ExecutionRole, otherwiseOf, type Stack } from "rolecall";
import { nameInArn, ofType, type Plan } from "../stage/plan.ts";
import { type FakeCall, FakeError, type FakeHandler } from "./fake-aws.ts";

/** What is in the account; tests change it as they like. */
export interface AccountState {
  callerArn: string;
  /** Undefined: there is no stack. */
  stackStatus: string | undefined;
  /** What the deleted stack kept, as `[type, physical id]`; undefined when none was ever deleted. */
  deletedStackKept: (readonly [string, string])[] | undefined;
  apiUrl: string;
  buckets: Map<string, Bucket>;
  /** Names of what exists, by kind. */
  logGroups: Set<string>;
  functions: Set<string>;
  queues: Set<string>;
  roles: Set<string>;
  jobs: Map<string, string>;
  concurrency: number;
  /** Changes a document that the account answers, by the name of what carries it. */
  changePolicy: (name: string, document: string) => string;
  /** The permissions boundary of every role. */
  boundary: string | undefined;
  /** Actions that the caller may not do. */
  denied: Set<string>;
  /** How often calls are still throttled, by `service:Operation`. */
  throttled: Map<string, number>;
}

export interface Bucket {
  /** `[key, version id]`, in order. */
  versions: (readonly [string, string])[];
  deleteMarkers: (readonly [string, string])[];
  uploads: (readonly [string, string])[];
  /** Keys that cannot be deleted. */
  locked: Set<string>;
}

export const emptyBucket = (): Bucket => ({
  versions: [],
  deleteMarkers: [],
  uploads: [],
  locked: new Set(),
});

/** An account in which the plan's stack was deployed, just now, and nothing else. */
export function deployedAccount(plan: Plan): AccountState {
  const stack = plan.service.stack;
  const names = (type: string) => ofType(stack, type).map(({ physicalId }) => physicalId);
  return {
    callerArn: `arn:aws:sts::${stack.environment.accountId}:assumed-role/AWSReservedSSO_Developer_0123/anna`,
    stackStatus: "CREATE_COMPLETE",
    deletedStackKept: undefined,
    apiUrl: "https://abcdef1234.execute-api.us-east-1.amazonaws.com",
    buckets: new Map(names("AWS::S3::Bucket").map((name) => [name, emptyBucket()])),
    logGroups: new Set(names("AWS::Logs::LogGroup")),
    functions: new Set(names("AWS::Lambda::Function")),
    queues: new Set(ofType(stack, "AWS::SQS::Queue").map(({ arn = "" }) => nameInArn(arn))),
    roles: new Set(names("AWS::IAM::Role")),
    jobs: new Map(),
    concurrency: 1000,
    changePolicy: (_, document) => document,
    boundary: undefined,
    denied: new Set(),
    throttled: new Map(),
  };
}

/** One in which there is nothing. */
export function bareAccount(plan: Plan): AccountState {
  return {
    ...deployedAccount(plan),
    stackStatus: undefined,
    buckets: new Map(),
    logGroups: new Set(),
    functions: new Set(),
    queues: new Set(),
    roles: new Set(),
  };
}

/** The API's id in the account: another one than is made up for the plan. */
export const deployedApiId = "abcdef1234";

/** How the fake refuses: throttled first, as AWS does before it looks who asks. */
export function refuse(state: AccountState): (call: FakeCall) => void {
  return ({ service, operation }) => {
    const name = `${service}:${operation}`;
    const left = state.throttled.get(name) ?? 0;
    if (left > 0) {
      state.throttled.set(name, left - 1);
      throw service === "s3"
        ? new FakeError("SlowDown", "Please reduce your request rate.", 503)
        : new FakeError("ThrottlingException", "Rate exceeded");
    }
    if (state.denied.has(name))
      throw new FakeError(
        service === "logs" || service === "lambda" ? "AccessDeniedException" : "AccessDenied",
        `User: ${state.callerArn} is not authorized to perform: ${name}`,
        403,
      );
  };
}

/** What the account answers. */
export function accountHandlers(plan: Plan, state: AccountState): Readonly<Record<string, FakeHandler>> {
  const { stack } = plan.service;
  return {
    ...stackHandlers(plan, state),
    ...roleHandlers(plan, state),
    ...queueHandlers(plan, state),
    ...bucketHandlers(plan, state),
    "sts:GetCallerIdentity": () => ({
      Arn: state.callerArn,
      UserId: "AIDAEXAMPLE",
      Account: stack.environment.accountId,
    }),
    "lambda:GetAccountSettings": () => ({
      AccountLimit: {
        ConcurrentExecutions: state.concurrency,
        UnreservedConcurrentExecutions: state.concurrency,
      },
    }),
    "lambda:GetFunctionConfiguration": ({ path }) => {
      const name = path.split("/").at(-2) ?? "";
      if (!state.functions.has(name))
        throw new FakeError("ResourceNotFoundException", `Function not found: ${name}`, 404);
      return { FunctionName: name };
    },
    "lambda:GetPolicy": ({ path }) => {
      const name = decodeURIComponent(path.split("/").at(-2) ?? "");
      const lambda = ofType(stack, "AWS::Lambda::Function").find(({ physicalId }) => physicalId === name);
      const permissions = ofType(stack, "AWS::Lambda::Permission").filter(({ properties }) =>
        [lambda?.arn, name].includes(String(properties.FunctionName)),
      );
      if (permissions.length === 0)
        throw new FakeError("ResourceNotFoundException", "The resource you requested does not exist.", 404);
      const document = {
        Version: "2012-10-17",
        Id: "default",
        Statement: permissions.map(({ logicalId, properties }, index) => ({
          Sid: `${plan.stackName}-${logicalId}-MADEUP${index}`,
          Effect: "Allow",
          Principal: { Service: properties.Principal },
          Action: properties.Action,
          Resource: lambda?.arn,
          Condition: { ArnLike: { "AWS:SourceArn": properties.SourceArn } },
        })),
      };
      return { Policy: state.changePolicy(name, withApiId(plan, JSON.stringify(document))), RevisionId: "1" };
    },
    "logs:DescribeLogGroups": ({ input }) => ({
      logGroups: [...state.logGroups]
        .filter((name) => name.startsWith(String(input.logGroupNamePrefix)))
        .map((logGroupName) => ({ logGroupName })),
    }),
    "transcribe:ListTranscriptionJobs": ({ input }) => {
      const names = [...state.jobs.keys()].filter((name) =>
        name.includes(String(input.JobNameContains ?? "")),
      );
      const from = Number(input.NextToken ?? 0);
      // Small pages, so that whoever reads one only is found out.
      const page = names.slice(from, from + 2);
      return {
        TranscriptionJobSummaries: page.map((name) => ({
          TranscriptionJobName: name,
          TranscriptionJobStatus: state.jobs.get(name),
        })),
        ...(from + 2 < names.length && { NextToken: String(from + 2) }),
      };
    },
    "transcribe:DeleteTranscriptionJob": ({ input }) => {
      const name = String(input.TranscriptionJobName);
      if (state.jobs.get(name) === "IN_PROGRESS")
        throw new FakeError("BadRequestException", "The job is in progress.");
      if (!state.jobs.delete(name))
        throw new FakeError(
          "BadRequestException",
          "The requested job couldn't be found. Check the job name.",
        );
      return {};
    },
  };
}

function stackHandlers(plan: Plan, state: AccountState): Readonly<Record<string, FakeHandler>> {
  const { stack } = plan.service;
  const id = `arn:aws:cloudformation:us-east-1:123456789012:stack/${plan.stackName}/1`;
  const deletedId = `${id}-deleted`;
  const member = <Value>(list: readonly Value[]) => ({ member: list });
  return {
    "cloudformation:DescribeStacks": ({ input }) => {
      if (state.stackStatus === undefined)
        throw new FakeError("ValidationError", `Stack with id ${input.StackName} does not exist`);
      const outputs = { ...stack.outputs, HttpApiUrl: state.apiUrl, HttpApiId: deployedApiId };
      return {
        Stacks: member([
          {
            StackId: id,
            StackName: plan.stackName,
            CreationTime: "2026-11-24T00:00:00Z",
            StackStatus: state.stackStatus,
            Outputs: member(
              Object.entries(outputs).map(([OutputKey, OutputValue]) => ({ OutputKey, OutputValue })),
            ),
          },
        ]),
      };
    },
    "cloudformation:ListStacks": () => ({
      StackSummaries: member(
        state.deletedStackKept === undefined
          ? []
          : [
              {
                StackId: deletedId,
                StackName: plan.stackName,
                CreationTime: "2026-11-24T00:00:00Z",
                DeletionTime: "2026-11-24T01:00:00Z",
                StackStatus: "DELETE_COMPLETE",
              },
            ],
      ),
    }),
    "cloudformation:ListStackResources": ({ input }) => {
      const rows =
        input.StackName === deletedId
          ? [
              ["AWS::IAM::Role", "gone-role", "DELETE_COMPLETE"],
              ...(state.deletedStackKept ?? []).map((one) => [...one, "DELETE_SKIPPED"]),
            ].map(([type, physicalId, status]) => ({ logicalId: physicalId, type, physicalId, status }))
          : [...stack.resources.values()].map(({ logicalId, type, physicalId }) => ({
              logicalId,
              type,
              physicalId: type === "AWS::ApiGatewayV2::Api" ? deployedApiId : physicalId,
              status: "CREATE_COMPLETE",
            }));
      return {
        StackResourceSummaries: member(
          rows.map(({ logicalId, type, physicalId, status }) => ({
            LogicalResourceId: logicalId,
            PhysicalResourceId: physicalId,
            ResourceType: type,
            LastUpdatedTimestamp: "2026-11-24T00:00:00Z",
            ResourceStatus: status,
          })),
        ),
      };
    },
  };
}

function roleHandlers(plan: Plan, state: AccountState): Readonly<Record<string, FakeHandler>> {
  const { stack, roles } = plan.service;
  const roleNamed = (name: unknown): ExecutionRole => {
    const role = roles.find((one) => one.name === name && state.roles.has(one.name));
    if (!role) throw new FakeError("NoSuchEntity", `The role with name ${name} cannot be found.`, 404);
    return role;
  };
  const propertiesOf = ({ logicalId }: ExecutionRole) =>
    stack.resources.get(logicalId)?.properties as {
      readonly AssumeRolePolicyDocument: unknown;
      readonly Policies: readonly { readonly PolicyName: string; readonly PolicyDocument: unknown }[];
    };
  const document = (name: string, value: unknown) =>
    encodeURIComponent(state.changePolicy(name, withApiId(plan, JSON.stringify(value))));
  return {
    "iam:GetRole": ({ input }) => {
      const role = roleNamed(input.RoleName);
      return {
        Role: {
          Path: "/",
          RoleName: role.name,
          RoleId: "AROAEXAMPLE",
          Arn: role.arn,
          CreateDate: "2026-11-24T00:00:00Z",
          PermissionsBoundary: state.boundary && {
            PermissionsBoundaryType: "Policy",
            PermissionsBoundaryArn: state.boundary,
          },
          AssumeRolePolicyDocument: document(
            `${role.functionKey}/trust`,
            propertiesOf(role).AssumeRolePolicyDocument,
          ),
        },
      };
    },
    "iam:ListRolePolicies": ({ input }) => ({
      PolicyNames: {
        member: propertiesOf(roleNamed(input.RoleName)).Policies.map(({ PolicyName }) => PolicyName),
      },
      IsTruncated: false,
    }),
    "iam:GetRolePolicy": ({ input }) => {
      const role = roleNamed(input.RoleName);
      const policy = propertiesOf(role).Policies.find(({ PolicyName }) => PolicyName === input.PolicyName);
      return {
        RoleName: role.name,
        PolicyName: String(input.PolicyName),
        PolicyDocument: document(role.functionKey, policy?.PolicyDocument),
      };
    },
    "iam:ListAttachedRolePolicies": () => ({ AttachedPolicies: { member: [] }, IsTruncated: false }),
    "iam:SimulatePrincipalPolicy": ({ input }) => ({
      IsTruncated: false,
      EvaluationResults: { member: simulate(stack, roles, input) },
    }),
  };
}

/** As IAM's simulator does, with the rules that are written here: what differs then is the question or the reading. */
function simulate(stack: Stack, roles: readonly ExecutionRole[], input: FakeCall["input"]) {
  const { accountId } = stack.environment;
  const role = roles.find(({ arn }) => arn === input.PolicySourceArn);
  const list = (name: string) =>
    Object.entries(input).flatMap(([key, value]) =>
      new RegExp(`^${name}\\.member\\.\\d+$`).test(key) ? [String(value)] : [],
    );
  const context: Record<string, string> = {};
  for (const [key, value] of Object.entries(input)) {
    const index = /^ContextEntries\.member\.(\d+)\.ContextKeyName$/.exec(key)?.[1];
    if (index !== undefined)
      context[String(value)] = String(input[`ContextEntries.member.${index}.ContextKeyValues.member.1`]);
  }
  const words = {
    allowed: "allowed",
    "explicitly denied": "explicitDeny",
    "implicitly denied": "implicitDeny",
  } as const;
  return list("ActionNames").map((action) => {
    const [resource = "*"] = list("ResourceArns");
    const decision = decide(
      {
        caller: { type: "principal", arn: role?.arn ?? "", principalArn: role?.arn ?? "", accountId },
        action,
        resource,
        resourceAccountId: accountId,
        context,
      },
      { identity: role?.policies ?? [], resource: [] },
    );
    return {
      EvalActionName: action,
      EvalResourceName: resource,
      EvalDecision: words[otherwiseOf(decision).outcome],
    };
  });
}

function queueHandlers(plan: Plan, state: AccountState): Readonly<Record<string, FakeHandler>> {
  const { stack } = plan.service;
  return {
    "sqs:GetQueueUrl": ({ input, headers }) => {
      const name = String(input.QueueName);
      if (!state.queues.has(name))
        throw new FakeError("QueueDoesNotExist", "The specified queue does not exist.");
      // The SDK calls a queue at its URL.
      return { QueueUrl: `http://${headers.host}/123456789012/${name}` };
    },
    "sqs:GetQueueAttributes": ({ input }) => {
      const name = String(input.QueueUrl).split("/").at(-1) ?? "";
      const policy = ofType(stack, "AWS::SQS::QueuePolicy").find(({ properties }) =>
        [properties.Queues].flat().some((url) => String(url).endsWith(`/${name}`)),
      );
      return {
        Attributes: {
          ...(policy && {
            Policy: state.changePolicy(name, JSON.stringify(policy.properties.PolicyDocument)),
          }),
        },
      };
    },
  };
}

function bucketHandlers(plan: Plan, state: AccountState): Readonly<Record<string, FakeHandler>> {
  const { stack } = plan.service;
  const bucketOf = ({ path, headers }: FakeCall): Bucket => {
    // Every call that counts on its own bucket says so.
    if (headers["x-amz-expected-bucket-owner"] !== stack.environment.accountId)
      throw new FakeError("AccessDenied", "The caller did not say whose the bucket has to be.", 403);
    const name = path.split("/")[1] ?? "";
    const bucket = state.buckets.get(name);
    if (!bucket) throw new FakeError("NoSuchBucket", "The specified bucket does not exist", 404);
    return bucket;
  };
  const rows = (list: readonly (readonly [string, string])[], id: string) =>
    list.map(([Key, other]) => ({ Key, [id]: other, Size: 10, IsLatest: true }));
  return {
    "s3:ListBuckets": ({ input }) => ({
      ListAllMyBucketsResult: {
        Buckets: {
          Bucket: [...state.buckets.keys()]
            .filter((name) => name.startsWith(String(input.prefix ?? "")))
            .map((Name) => ({ Name, CreationDate: "2026-11-24T00:00:00Z" })),
        },
      },
    }),
    "s3:HeadBucket": (call) => {
      bucketOf(call);
      return undefined;
    },
    "s3:GetBucketPolicy": (call) => {
      const name = call.path.split("/")[1] ?? "";
      bucketOf(call);
      const policy = ofType(stack, "AWS::S3::BucketPolicy").find(
        ({ properties }) => properties.Bucket === name,
      );
      if (!policy) throw new FakeError("NoSuchBucketPolicy", "The bucket policy does not exist", 404);
      return state.changePolicy(name, JSON.stringify(policy.properties.PolicyDocument));
    },
    "s3:ListObjectVersions": (call) => {
      const bucket = bucketOf(call);
      const marker = String(call.input["key-marker"] ?? "");
      const after = bucket.versions.filter(([key]) => key > marker);
      // Two a page, so that whoever reads one only is found out.
      const page = after.slice(0, 2);
      const isTruncated = after.length > page.length;
      return {
        ListVersionsResult: {
          IsTruncated: isTruncated,
          ...(isTruncated && {
            NextKeyMarker: page.at(-1)?.[0] ?? "",
            NextVersionIdMarker: page.at(-1)?.[1] ?? "",
          }),
          Version: rows(page, "VersionId"),
          DeleteMarker: isTruncated ? [] : rows(bucket.deleteMarkers, "VersionId"),
        },
      };
    },
    "s3:DeleteObjects": (call) => {
      const bucket = bucketOf(call);
      const asked = [
        ...call.body.matchAll(
          /<Object>.*?<Key>(.*?)<\/Key>(?:<VersionId>(.*?)<\/VersionId>)?.*?<\/Object>/gs,
        ),
      ].map(([, key = "", version = "null"]) => [key, version] as const);
      const isAsked = ([key, version]: readonly [string, string]) =>
        !bucket.locked.has(key) && asked.some(([k, v]) => k === key && v === version);
      bucket.versions = bucket.versions.filter((one) => !isAsked(one));
      bucket.deleteMarkers = bucket.deleteMarkers.filter((one) => !isAsked(one));
      return {
        DeleteResult: {
          Error: asked
            .filter(([key]) => bucket.locked.has(key))
            .map(([Key, VersionId]) => ({ Key, VersionId, Code: "AccessDenied", Message: "Access Denied" })),
        },
      };
    },
    "s3:ListMultipartUploads": (call) => ({
      ListMultipartUploadsResult: { IsTruncated: false, Upload: rows(bucketOf(call).uploads, "UploadId") },
    }),
    "s3:AbortMultipartUpload": (call) => {
      const bucket = bucketOf(call);
      bucket.uploads = bucket.uploads.filter(([, id]) => id !== call.input.uploadId);
      return undefined;
    },
  };
}

/** The id that the API got in the account, where the plan has made one up. */
function withApiId({ service: { stack } }: Plan, text: string): string {
  const [api] = ofType(stack, "AWS::ApiGatewayV2::Api");
  return api ? text.replaceAll(api.physicalId, deployedApiId) : text;
}
