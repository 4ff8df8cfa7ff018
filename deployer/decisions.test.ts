import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import {
  type AccessRequest,
  decide,
  executionRoles,
  type NamedPolicy,
  parsePolicy,
  parseTemplate,
  readPackaged,
  resolveTemplate,
  type Stack,
} from "rolecall";
import { beforeAll, describe, expect, it } from "vitest";
import { actionsNamedBy } from "../rolecall/src/catalog/actions.ts";
import { typesNamedBy } from "../rolecall/src/catalog/resource-types.ts";
import { packageService } from "../rolecall/src/packaging/package-service.ts";
import { serviceName } from "../rolecall/src/packaging/service-name.ts";
import { type Command, policyOf, rights } from "../scenarios/src/account/rights/rights.ts";
import { readPlan } from "../scenarios/src/account/stage/plan.ts";
import { readYamlTemplate } from "./read-template.ts";
import { resourceHandlers } from "./resource-handlers.ts";

/*
 * What the deployer's two roles may do, and what no function may, decided by IAM's rules: against what the packaged
 * template asks for, and against what somebody would try who wants more.
 */

const root = fileURLToPath(new URL("..", import.meta.url));
const service = serviceName(root);
const stage = "dev";
const place = { accountId: "123456789012", partition: "aws", region: "us-east-1" };
const { accountId, region } = place;

const iam = (resource: string) => `arn:aws:iam::${accountId}:${resource}`;
const ofRegion = (name: string, resource: string) => `arn:aws:${name}:${region}:${accountId}:${resource}`;
const boundaryArn = iam("policy/deployer/deployer-boundary");
const deployRoleArn = iam("role/deployer/deployer-deploy");
const executionRoleArn = iam("role/deployer/deployer-execution");

/** The deployer's stack as it stands in an account that has GitHub's provider already. */
async function deployerStack(parameters: Record<string, string> = {}): Promise<Stack> {
  const { Rules: _, ...template } = (await readYamlTemplate(join(root, "deployer", "template.yml"))) as {
    Rules: unknown;
    Resources: Record<string, unknown>;
  };
  const { OidcProvider: __, ...Resources } = template.Resources;
  return resolveTemplate(parseTemplate({ ...template, Resources }), {
    ...place,
    stackName: "deployer",
    parameters: {
      Service: service,
      Stage: stage,
      GitHubOrganization: "octo-org",
      GitHubRepository: "notes",
      GitHubOidcProvider: "exists",
      ...parameters,
    },
  });
}

// biome-ignore lint/suspicious/noExplicitAny: properties differ by type; the tests say which they expect
function propertiesOf(stack: Stack, logicalId: string): any {
  const resource = stack.resources.get(logicalId);
  if (!resource) throw new Error(`The deployer's template has no ${logicalId}.`);
  return resource.properties;
}

function rolePolicies(stack: Stack, logicalId: string): NamedPolicy[] {
  const { Policies } = propertiesOf(stack, logicalId);
  return Policies.map(({ PolicyName, PolicyDocument }: Record<string, string>) => ({
    name: PolicyName,
    document: parsePolicy(PolicyDocument, "identity-based"),
  }));
}

/** A session of a role asks; `*` stands for an action without a resource. */
function request(
  role: string,
  action: string,
  resource: string,
  context: AccessRequest["context"] = {},
): AccessRequest {
  const arn = `${role.replace(":iam:", ":sts:").replace(/role\/(?:.*\/)?/, "assumed-role/")}/session`;
  return {
    caller: { type: "principal", arn, principalArn: role, accountId },
    action,
    resource,
    resourceAccountId: accountId,
    context,
  };
}

let stack: Stack;
let packaged: Stack;
let deploymentRole: unknown;
let execution: (action: string, resource: string, context?: AccessRequest["context"]) => string;
let deploy: typeof execution;
let boundary: NamedPolicy;

beforeAll(async () => {
  // With everything that a parameter adds.
  const params = {
    alarmEmail: "alarms@example.com",
    executionRole: executionRoleArn,
    boundary: boundaryArn,
  };
  const folder = await packageService({ root, stage, region, params });
  const { template } = await readPackaged(folder);
  const state = await readFile(join(folder, "serverless-state.json"), "utf8");
  deploymentRole = JSON.parse(state).service.provider.iam.deploymentRole;
  packaged = resolveTemplate(template, { ...place, stackName: `${service}-${stage}` });
  stack = await deployerStack();
  const asRole = (logicalId: string, arn: string) => {
    const identity = rolePolicies(stack, logicalId);
    return (action: string, resource: string, context: AccessRequest["context"] = {}) =>
      decide(request(arn, action, resource, context), { identity, resource: [] }).outcome;
  };
  execution = asRole("ExecutionRole", executionRoleArn);
  deploy = asRole("DeployRole", deployRoleArn);
  boundary = {
    name: "Boundary",
    document: parsePolicy(propertiesOf(stack, "Boundary").PolicyDocument, "boundary"),
  };
}, 120_000);

/** What CloudFormation asks for the packaged template's resources, one action at a time. */
function* everythingAsked() {
  for (const resource of packaged.resources.values()) {
    for (const asked of resourceHandlers[resource.type]?.asks(resource, place) ?? []) {
      for (const action of asked.actions) yield { ...asked, action, of: resource };
    }
  }
}

describe("the execution role", () => {
  it("is told by resource-handlers.ts what every resource type of the packaged template needs", () => {
    for (const type of new Set([...packaged.resources.values()].map((one) => one.type))) {
      const hint = `${type} is new: add what CloudFormation asks for it to resource-handlers.ts, and allow that in ExecutionRole of deployer/template.yml`;
      expect(resourceHandlers, hint).toHaveProperty([type]);
    }
  });

  it("may do all that CloudFormation asks for the packaged template's resources", () => {
    const denied = [...everythingAsked()]
      .filter(({ action, resource, context }) => execution(action, resource, context) !== "allowed")
      .map(({ of, action, resource }) => `${of.type}: ${action} on ${resource}`);

    expect(denied, "Allow each of these in ExecutionRole of deployer/template.yml").toEqual([]);
  });

  it("may do nothing that no resource of the packaged template asks for", () => {
    const asked = new Set([...everythingAsked()].map(({ action }) => action));
    const granted = rolePolicies(stack, "ExecutionRole")
      .flatMap(({ document }) => document.statements)
      .filter(({ effect }) => effect === "Allow")
      .flatMap(({ actions }) => actions.patterns);

    const spare = granted.filter((action) => !asked.has(action));
    expect(spare, "Take these out of ExecutionRole in deployer/template.yml: nothing asks for them").toEqual(
      [],
    );
  });

  it("makes resources whose properties ask for no more than it may", () => {
    for (const { type, logicalId, properties } of packaged.resources.values()) {
      for (const [property, actions] of Object.entries(resourceHandlers[type]?.otherProperties ?? {})) {
        const value = properties[property] ?? [];
        const hint = `${logicalId} has ${property}: ${type} then needs ${actions.join(", ")}`;

        expect(Array.isArray(value) && value.length === 0, hint).toBe(true);
      }
    }
  });

  it.each([
    ["iam:CreateRole", "role/voice-notes-dev-more"],
    ["iam:PutRolePolicy", "role/voice-notes-dev-more"],
    ["iam:PutRolePermissionsBoundary", "role/voice-notes-dev-more"],
    ["iam:UpdateAssumeRolePolicy", "role/voice-notes-dev-more"],
  ])("may %s for a role under the boundary, and neither without one nor under another", (action, role) => {
    const resource = iam(role.replace("voice-notes", service));

    expect(execution(action, resource, { "iam:PermissionsBoundary": boundaryArn })).toBe("allowed");
    expect(execution(action, resource)).toBe("implicitly denied");
    expect(execution(action, resource, { "iam:PermissionsBoundary": iam("policy/AnyOther") })).toBe(
      "implicitly denied",
    );
    expect(
      execution(action, resource, {
        "iam:PermissionsBoundary": "arn:aws:iam::aws:policy/AdministratorAccess",
      }),
    ).toBe("implicitly denied");
  });

  it("cannot take a boundary away, from whatever role", () => {
    for (const role of [`role/${service}-dev-more`, "role/deployer/deployer-deploy", "role/any"]) {
      expect(
        execution("iam:DeleteRolePermissionsBoundary", iam(role), { "iam:PermissionsBoundary": boundaryArn }),
      ).toBe("explicitly denied");
    }
  });

  it("attaches no managed policy and makes no user, key, provider or policy", () => {
    for (const [action, resource] of [
      ["iam:AttachRolePolicy", `role/${service}-dev-more`],
      ["iam:CreateUser", `user/${service}-dev-more`],
      ["iam:CreateAccessKey", `user/${service}-dev-more`],
      ["iam:CreatePolicy", `policy/${service}-dev-more`],
      ["iam:CreateOpenIDConnectProvider", "oidc-provider/example.com"],
      ["iam:CreateServiceLinkedRole", "role/aws-service-role/any"],
    ] as const) {
      expect(execution(action, iam(resource), { "iam:PermissionsBoundary": boundaryArn }), action).toBe(
        "implicitly denied",
      );
    }
  });

  it("passes the stage's roles to Lambda and to nobody else", () => {
    const role = iam(`role/${service}-dev-receiveAudio-us-east-1-lambdaRole`);

    expect(execution("iam:PassRole", role, { "iam:PassedToService": "lambda.amazonaws.com" })).toBe(
      "allowed",
    );
    expect(execution("iam:PassRole", role, { "iam:PassedToService": "ec2.amazonaws.com" })).toBe(
      "implicitly denied",
    );
    expect(
      execution("iam:PassRole", iam("role/Admin"), { "iam:PassedToService": "lambda.amazonaws.com" }),
    ).toBe("implicitly denied");
  });

  it("lets the API and the events of this account invoke functions, and neither a person, another account nor all", () => {
    const lambda = ofRegion("lambda", `function:${service}-dev-receiveAudio`);

    for (const principal of ["*", "210987654321", iam("user/anna"), "s3.amazonaws.com"]) {
      expect(execution("lambda:AddPermission", lambda, { "lambda:Principal": principal })).toBe(
        "implicitly denied",
      );
    }
  });

  it("neither reads nor writes what the buckets and the queues hold", () => {
    const bucket = `arn:aws:s3:::${service}-dev-${accountId}-${region}`;
    const queue = ofRegion("sqs", `${service}-dev-uploads`);

    for (const action of ["s3:GetObject", "s3:PutObject", "s3:DeleteObject"])
      expect(execution(action, `${bucket}/audio/a.wav`), action).toBe("implicitly denied");
    for (const action of ["sqs:ReceiveMessage", "sqs:SendMessage", "sqs:PurgeQueue"])
      expect(execution(action, queue), action).toBe("implicitly denied");
  });
});

describe("the deploy role", () => {
  const ownStack = ofRegion("cloudformation", `stack/${service}-${stage}/1`);

  it.each(["cloudformation:CreateChangeSet", "cloudformation:DeleteStack"])(
    "asks for %s as the execution role, and neither in its own name nor as another",
    (action) => {
      expect(deploy(action, ownStack, { "cloudformation:RoleArn": executionRoleArn })).toBe("allowed");
      expect(deploy(action, ownStack)).toBe("implicitly denied");
      expect(deploy(action, ownStack, { "cloudformation:RoleArn": iam("role/Admin") })).toBe(
        "implicitly denied",
      );
    },
  );

  it("passes the execution role to CloudFormation, and to nobody else; no other role", () => {
    const toCloudFormation = { "iam:PassedToService": "cloudformation.amazonaws.com" };

    expect(deploy("iam:PassRole", executionRoleArn, toCloudFormation)).toBe("allowed");
    expect(deploy("iam:PassRole", executionRoleArn, { "iam:PassedToService": "lambda.amazonaws.com" })).toBe(
      "implicitly denied",
    );
    expect(deploy("iam:PassRole", iam(`role/${service}-dev-more`), toCloudFormation)).toBe(
      "implicitly denied",
    );
  });

  it("may do what sls deploy and sls remove call", () => {
    const bucket = `arn:aws:s3:::${service}-${stage}-serverlessdeploymentbucket-1abc`;
    const packages = `${bucket}/serverless/${service}/${stage}/1-2026/receiveAudio.zip`;

    for (const [action, resource] of [
      ...[
        "DescribeStacks",
        "DescribeStackResource",
        "DescribeStackEvents",
        "DescribeChangeSet",
        "DeleteChangeSet",
        "ExecuteChangeSet",
        "ListStackResources",
        "GetTemplate",
      ].map((name) => [`cloudformation:${name}`, ownStack] as const),
      ["cloudformation:ValidateTemplate", "*"],
      ["s3:ListBucket", bucket],
      ["s3:PutObject", packages],
      ["s3:GetObject", packages],
      ["s3:DeleteObject", packages],
      ["lambda:GetFunction", ofRegion("lambda", `function:${service}-${stage}-receiveAudio`)],
    ] as const) {
      expect(deploy(action, resource), action).toBe("allowed");
    }
  });

  it.each(Object.keys(rights) as Command[])("may do what pnpm %s asks for", async (command) => {
    const plan = await readPlan({ root, stage }, { id: accountId, partition: "aws", region });
    const { Statement } = policyOf(command, { account: { id: accountId, ...place }, plan, apiId: "a1b2c3" });
    const calls = Statement.flatMap(({ Action, Resource }) =>
      // Which role to assume is the caller's affair.
      Action.filter((action) => action !== "sts:AssumeRole").flatMap((action) =>
        Resource.map((resource) => {
          const called = resource.endsWith("/$default/*")
            ? resource.replace("*", "GET/recordings")
            : resource;
          return [action, called === "*" ? called : called.replaceAll("*", "1")] as const;
        }),
      ),
    );

    expect(calls.length).toBeGreaterThan(5);
    expect(calls.filter(([action, resource]) => deploy(action, resource) !== "allowed")).toEqual([]);
  });

  it("tries and empties with no right that none of the commands asks for", () => {
    const policy = rolePolicies(stack, "DeployRole").find(({ name }) => name === "try-and-empty");
    const granted = policy?.document.statements.flatMap(({ actions }) => actions.patterns) ?? [];
    const asked = Object.values(rights).flatMap((list) => list.flatMap(({ actions }) => [...actions]));

    expect(granted.filter((action) => !(asked as string[]).includes(action))).toEqual([]);
    expect(granted.length).toBeGreaterThan(20);
  });

  it("empties the recordings bucket without reading it", () => {
    const bucket = `arn:aws:s3:::${service}-${stage}-${accountId}-${region}`;

    expect(deploy("s3:ListBucketVersions", bucket)).toBe("allowed");
    expect(deploy("s3:DeleteObjectVersion", `${bucket}/audio/a.wav`)).toBe("allowed");
    expect(deploy("s3:GetObject", `${bucket}/audio/a.wav`)).toBe("implicitly denied");
    expect(deploy("s3:PutObject", `${bucket}/audio/a.wav`)).toBe("implicitly denied");
  });

  it("changes no role, function or policy itself", () => {
    const role = iam(`role/${service}-dev-more`);
    const context = { "iam:PermissionsBoundary": boundaryArn };

    for (const action of ["iam:CreateRole", "iam:PutRolePolicy", "iam:UpdateAssumeRolePolicy"])
      expect(deploy(action, role, context), action).toBe("implicitly denied");
    expect(
      deploy("lambda:UpdateFunctionCode", ofRegion("lambda", `function:${service}-dev-receiveAudio`)),
    ).toBe("implicitly denied");
  });
});

describe("neither role", () => {
  const both = () => ({ execution, deploy });

  it("changes the deployer: its roles, its boundary, what they trust and what they may", () => {
    const context = {
      "iam:PermissionsBoundary": boundaryArn,
      "iam:PassedToService": "lambda.amazonaws.com",
      "cloudformation:RoleArn": executionRoleArn,
    };
    const changes: readonly (readonly [action: string, resource: string])[] = [
      ...[deployRoleArn, executionRoleArn].flatMap((role) =>
        [
          "AttachRolePolicy",
          "CreateRole",
          "DeleteRole",
          "DeleteRolePermissionsBoundary",
          "DeleteRolePolicy",
          "PutRolePermissionsBoundary",
          "PutRolePolicy",
          "TagRole",
          "UpdateAssumeRolePolicy",
          "UpdateRole",
        ].map((name) => [`iam:${name}`, role] as const),
      ),
      ...[
        "CreatePolicyVersion",
        "DeletePolicy",
        "DeletePolicyVersion",
        "SetDefaultPolicyVersion",
        "TagPolicy",
      ].map((name) => [`iam:${name}`, boundaryArn] as const),
      ["iam:PassRole", deployRoleArn],
      ["iam:PassRole", executionRoleArn],
      ["sts:AssumeRole", executionRoleArn],
      ["cloudformation:CreateChangeSet", ofRegion("cloudformation", "stack/deployer/1")],
      ["cloudformation:DeleteStack", ofRegion("cloudformation", "stack/deployer/1")],
    ];
    for (const [name, may] of Object.entries(both())) {
      for (const [action, resource] of changes)
        expect(may(action, resource, context), `${name}: ${action} on ${resource}`).not.toBe("allowed");
    }
  });

  it("touches the names of another service or of another stage", () => {
    const context = {
      "iam:PermissionsBoundary": boundaryArn,
      "iam:PassedToService": "lambda.amazonaws.com",
      "lambda:Principal": "events.amazonaws.com",
      "cloudformation:RoleArn": executionRoleArn,
      "sns:Protocol": "email",
    };
    // API Gateway makes its names itself, and mappings are found by their function: two tests below.
    const asked = [...everythingAsked()].filter(
      ({ action, resource, of }) =>
        resource !== "*" &&
        !action.startsWith("apigateway:") &&
        of.type !== "AWS::Lambda::EventSourceMapping",
    );
    const foreign = (resource: string) =>
      [`other-${stage}`, `${service}-prod`, `${service}-develop`].map((name) =>
        resource.replaceAll(`${service}-${stage}`, name),
      );
    const granted = asked.flatMap(({ action, resource }) =>
      foreign(resource)
        .filter((other) => execution(action, other, context) === "allowed")
        .map((other) => `${action} on ${other}`),
    );

    // Alarms are described all at once.
    expect([...new Set(granted.map((line) => line.split(" ")[0]))]).toEqual(["cloudwatch:DescribeAlarms"]);
    for (const [action, resource] of [
      ["cloudformation:CreateChangeSet", ofRegion("cloudformation", `stack/${service}-prod/1`)],
      ["cloudformation:DeleteStack", ofRegion("cloudformation", `stack/other-dev/1`)],
      ["cloudformation:ExecuteChangeSet", ofRegion("cloudformation", `stack/${service}-dev-2/1`)],
      ["s3:DeleteObject", `arn:aws:s3:::${service}-prod-${accountId}-${region}/audio/a.wav`],
      ["s3:DeleteObject", `arn:aws:s3:::other/serverless/${service}/${stage}/a`],
      ["sqs:ReceiveMessage", ofRegion("sqs", "other-dev-uploads")],
      ["transcribe:DeleteTranscriptionJob", ofRegion("transcribe", `transcription-job/${service}_dev-2_a`)],
      ["iam:GetRolePolicy", iam("role/other")],
    ] as const) {
      expect(deploy(action, resource, context), `${action} on ${resource}`).toBe("implicitly denied");
    }
  });

  it("makes an API by another name; of those that exist it may change any HTTP API in the region, and no other", () => {
    const apis = `arn:aws:apigateway:${region}::/apis`;

    expect(execution("apigateway:POST", apis, { "apigateway:Request/ApiName": "other" })).toBe(
      "implicitly denied",
    );
    expect(execution("apigateway:DELETE", `${apis}/another-api`)).toBe("allowed");
    for (const path of ["/restapis/r", "/domainnames/d", "/apikeys", "/account", "/vpclinks/v"])
      expect(execution("apigateway:PATCH", `arn:aws:apigateway:${region}::${path}`), path).toBe(
        "implicitly denied",
      );
  });

  it("maps queues to another service's function, or changes such a mapping", () => {
    const mapping = ofRegion("lambda", "event-source-mapping:1");
    const context = { "lambda:FunctionArn": ofRegion("lambda", "function:other-dev-any") };

    expect(execution("lambda:CreateEventSourceMapping", "*", context)).toBe("implicitly denied");
    expect(execution("lambda:DeleteEventSourceMapping", mapping, context)).toBe("implicitly denied");
    expect(execution("lambda:UpdateEventSourceMapping", mapping, context)).toBe("implicitly denied");
  });

  it("works in another region", () => {
    for (const { action, resource, context } of everythingAsked()) {
      const elsewhere = resource.replace(`:${region}:`, ":eu-west-1:");
      if (elsewhere === resource || resource.startsWith("arn:aws:s3:")) continue;
      expect(execution(action, elsewhere, context), action).toBe("implicitly denied");
    }
  });
});

describe("the boundary", () => {
  it("is put on every function's role, and CloudFormation makes the stack as the execution role", () => {
    const roles = [...packaged.resources.values()].filter(({ type }) => type === "AWS::IAM::Role");

    expect(roles.length).toBeGreaterThan(0);
    for (const { properties } of roles) expect(properties.PermissionsBoundary).toBe(boundaryArn);
    expect(deploymentRole).toBe(executionRoleArn);
  });

  /** One request that a statement allows: its wildcards replaced, its conditions met. */
  function* requestsOf(role: ReturnType<typeof executionRoles>[number]) {
    const example = (pattern: string) => pattern.replaceAll("*", "x");
    for (const { document } of role.policies) {
      for (const { sid, actions, resources, conditions } of document.statements) {
        const context = Object.fromEntries(
          conditions.map(({ key, values }) => [key, example(values[0] ?? "")] as const),
        );
        for (const action of actions.patterns) {
          for (const pattern of resources?.patterns ?? []) {
            const resource = pattern === "*" ? "*" : example(pattern);
            yield { sid, request: request(role.arn, action, resource, context) };
          }
        }
      }
    }
  }

  /** The packaged roles; the boundary is not in their stack, which they would otherwise be refused for. */
  const roles = () => {
    const resources = new Map(
      [...packaged.resources].map(([id, resource]) => {
        const { PermissionsBoundary: _, ...properties } = resource.properties;
        return [id, { ...resource, properties }] as const;
      }),
    );
    return executionRoles({ ...packaged, resources });
  };

  it("is the boundary of every role that the template makes", () => {
    for (const { type, properties } of packaged.resources.values()) {
      if (type === "AWS::IAM::Role") expect(properties.PermissionsBoundary).toBe(boundaryArn);
    }
  });

  it("allows every statement that a function's role has", () => {
    for (const role of roles()) {
      for (const { sid, request } of requestsOf(role)) {
        const { outcome } = decide(request, { identity: role.policies, resource: [], boundary });

        expect(outcome, `${role.functionKey}: ${sid}, ${request.action}`).toBe("allowed");
      }
    }
  });

  it("allows no action that no function's role has", () => {
    const ofRoles = new Set(
      roles().flatMap(({ policies }) =>
        policies.flatMap(({ document }) => document.statements.flatMap(({ actions }) => actions.patterns)),
      ),
    );
    const ofBoundary = boundary.document.statements.flatMap(({ actions }) => actions.patterns);

    expect(ofBoundary.sort()).toEqual([...ofRoles].sort());
  });

  it("holds a function whose role says that it may do everything", () => {
    const everything = {
      name: "everything",
      document: parsePolicy(
        { Version: "2012-10-17", Statement: { Sid: "All", Effect: "Allow", Action: "*", Resource: "*" } },
        "identity-based",
      ),
    };
    for (const [action, resource, context] of [
      ["iam:CreateRole", iam(`role/${service}-dev-more`), { "iam:PermissionsBoundary": boundaryArn }],
      ["iam:DeleteRolePermissionsBoundary", iam(`role/${service}-dev-more`)],
      ["iam:PassRole", executionRoleArn, { "iam:PassedToService": "cloudformation.amazonaws.com" }],
      ["sts:AssumeRole", deployRoleArn],
      ["sts:AssumeRole", iam("role/Admin")],
      ["s3:GetObject", "arn:aws:s3:::somebody-elses/audio/a.wav"],
      ["s3:GetObject", `arn:aws:s3:::${service}-dev-210987654321-${region}/audio/a.wav`],
      ["s3:PutBucketPolicy", `arn:aws:s3:::${service}-dev-${accountId}-${region}`],
      ["s3:ListAllMyBuckets", "*"],
      ["sqs:SendMessage", ofRegion("sqs", `${service}-dev-uploads`)],
      ["sqs:ReceiveMessage", ofRegion("sqs", "other-dev-uploads")],
      ["lambda:InvokeFunction", ofRegion("lambda", `function:${service}-dev-receiveAudio`)],
      ["logs:PutLogEvents", ofRegion("logs", "log-group:/aws/lambda/other-dev-any:log-stream:1")],
      ["transcribe:StartTranscriptionJob", "*", { "transcribe:OutputBucketName": "somebody-elses" }],
      ["transcribe:GetTranscriptionJob", ofRegion("transcribe", `transcription-job/${service}_dev-2_a`)],
      ["cloudformation:DeleteStack", ofRegion("cloudformation", `stack/${service}-dev/1`)],
    ] as const) {
      const { outcome } = decide(request(iam(`role/${service}-dev-any`), action, resource, context), {
        identity: [everything],
        resource: [],
        boundary,
      });

      expect(outcome, `${action} on ${resource}`).toBe("implicitly denied");
    }
  });
});

describe("who may assume the deploy role", () => {
  const subject = "token.actions.githubusercontent.com:sub";
  const repositoryId = "token.actions.githubusercontent.com:repository_id";
  const claims = {
    "token.actions.githubusercontent.com:aud": "sts.amazonaws.com",
    [subject]: "repo:octo-org/notes:environment:sandbox",
  };
  const trust = (from: Stack) =>
    parsePolicy(propertiesOf(from, "DeployRole").AssumeRolePolicyDocument, "trust");

  /** Whether the conditions of the statement for GitHub hold; the token's signature is checked before them. */
  const trusts = (from: Stack, context: Record<string, string>) => {
    const statements = trust(from)
      .statements.filter(({ actions }) => actions.patterns.includes("sts:AssumeRoleWithWebIdentity"))
      .map(({ principals: _, ...statement }) => ({
        ...statement,
        resources: { not: false, patterns: ["*"] },
      }));
    const policy = { name: "trust", document: { version: "2012-10-17" as const, statements } };
    return decide(request(iam("role/any"), "sts:AssumeRoleWithWebIdentity", deployRoleArn, context), {
      identity: [policy],
      resource: [],
    }).outcome;
  };

  it("is a job of the repository in the environment, and no other job", () => {
    expect(trusts(stack, claims)).toBe("allowed");
    for (const other of [
      "repo:octo-org/notes:ref:refs/heads/main",
      "repo:octo-org/notes:pull_request",
      "repo:octo-org/notes:environment:production",
      "repo:octo-org/notes-fork:environment:sandbox",
      "repo:somebody/notes:environment:sandbox",
      "repo:octo-org@1/notes@2:environment:sandbox",
    ])
      expect(trusts(stack, { ...claims, [subject]: other }), other).toBe("implicitly denied");
    expect(trusts(stack, { ...claims, "token.actions.githubusercontent.com:aud": "other" })).toBe(
      "implicitly denied",
    );
  });

  it("is with its numbers a job by either form of the subject, of the repository with that number", async () => {
    const withIds = await deployerStack({ GitHubOrganizationId: "1", GitHubRepositoryId: "2" });
    const newer = "repo:octo-org@1/notes@2:environment:sandbox";

    expect(trusts(withIds, { ...claims, [repositoryId]: "2" })).toBe("allowed");
    expect(trusts(withIds, { ...claims, [repositoryId]: "2", [subject]: newer })).toBe("allowed");
    expect(trusts(withIds, { ...claims, [repositoryId]: "3" })).toBe("implicitly denied");
    expect(
      trusts(withIds, {
        ...claims,
        [repositoryId]: "2",
        [subject]: "repo:octo-org@1/notes@3:environment:sandbox",
      }),
    ).toBe("implicitly denied");
  });

  it("is nobody of the account, unless a principal is named, and then that one", async () => {
    const person = "arn:aws:iam::123456789012:role/aws-reserved/sso.amazonaws.com/AWSReservedSSO_Developer_*";
    const withPerson = await deployerStack({ TrustedPrincipal: person });
    expect(trust(stack).statements).toHaveLength(1);
    expect(trust(withPerson).statements).toHaveLength(2);
    const [, statement] = trust(withPerson).statements;
    expect(statement?.principals?.aws).toEqual([iam("root")]);
    expect(statement?.conditions).toEqual([
      { operator: "ArnLike", key: "aws:PrincipalArn", values: [person] },
    ]);
  });

  it("is CloudFormation for the execution role, and nobody else", () => {
    const { statements } = parsePolicy(
      propertiesOf(stack, "ExecutionRole").AssumeRolePolicyDocument,
      "trust",
    );

    expect(statements).toHaveLength(1);
    expect(statements[0]?.principals).toEqual({
      not: false,
      anyone: false,
      aws: [],
      services: ["cloudformation.amazonaws.com"],
      federated: [],
    });
  });
});

describe("every statement of the deployer", () => {
  /**
   * What AWS asks for, and the reference does not list. It asks for them where a stage of an HTTP API gets its tags:
   * https://github.com/aws-amplify/amplify-cli/issues/12316, and the handlers' list of AWS::ApiGatewayV2::Stage.
   */
  const unlisted = new Set(["apigateway:TagResource", "apigateway:UntagResource"]);

  it("names actions that exist, on resources that they take", async () => {
    const policies = [
      ...rolePolicies(stack, "DeployRole"),
      ...rolePolicies(stack, "ExecutionRole"),
      boundary,
    ].flatMap(({ document }) => document.statements);
    for (const { sid, effect, actions, resources } of policies) {
      if (effect === "Deny") continue;
      for (const name of actions.patterns.filter((action) => !unlisted.has(action))) {
        const [action, ...others] = await actionsNamedBy(name);
        expect(others, name).toEqual([]);
        expect(action?.name, `${sid}: ${name}`).toBe(name);
        if (action === undefined) continue;
        for (const resource of resources?.patterns ?? []) {
          // The reference has the parts of HTTP APIs, not the collection of them: https://docs.aws.amazon.com/apigateway/latest/developerguide/arn-format-reference.html
          if (name.startsWith("apigateway:") && /::\/(apis|tags)/.test(resource)) continue;
          const isTaken =
            action.resourceTypes.length === 0 ? resource === "*" : typesNamedBy(resource, action).length > 0;
          expect(isTaken, `${sid}: ${name} on ${resource}`).toBe(true);
        }
      }
    }
  });

  it("reads only keys that its actions carry", async () => {
    const statements = rolePolicies(stack, "ExecutionRole")
      .concat(rolePolicies(stack, "DeployRole"), boundary)
      .flatMap(({ document }) => document.statements);
    for (const { sid, actions, conditions } of statements) {
      for (const { key } of conditions) {
        if (key.startsWith("apigateway:")) continue;
        for (const name of actions.patterns) {
          const [action] = await actionsNamedBy(name);
          const keys = [
            ...(action?.conditionKeys ?? []),
            ...(action?.resourceTypes.flatMap(({ conditionKeys }) => conditionKeys) ?? []),
          ];
          expect(keys, `${sid}: ${name}`).toContain(key);
        }
      }
    }
  });
});
