import {
  GetRoleCommand,
  GetRolePolicyCommand,
  type IAMClient,
  paginateListAttachedRolePolicies,
  paginateListRolePolicies,
} from "@aws-sdk/client-iam";
import { GetPolicyCommand } from "@aws-sdk/client-lambda";
import { GetBucketPolicyCommand } from "@aws-sdk/client-s3";
import { GetQueueAttributesCommand, GetQueueUrlCommand } from "@aws-sdk/client-sqs";
import type { ExecutionRole, Policy, Stack } from "rolecall";
import type { Account } from "../account/account.ts";
import { inWords, isMissing } from "../account/failures.ts";
import type { DeployedResource } from "../stage/deployed.ts";
import { nameInArn, type Plan } from "../stage/plan.ts";
import type { Check, Report } from "./check.ts";
import { type ComparisonOptions, comparePolicies, type PolicyDifference } from "./policies.ts";

/** The policies as the template has them, with the ids that AWS made up in place of those that were made up here. */
type AsDeployed = <Value>(value: Value) => Value;

/** Holds every policy of the stack in the account against the packaged template, difference by difference. */
export async function checkPolicies(
  account: Account,
  { service, boundary }: Plan,
  resources: readonly DeployedResource[],
  report: Report,
): Promise<void> {
  const asDeployed = renaming(service.stack, resources);
  for (const role of service.roles) {
    await check(`the role of ${role.functionKey}`, report, () =>
      compareRole(account, role, service.stack, asDeployed, boundary),
    );
  }
  for (const [arn, policies] of service.resourcePolicies) {
    const resource = [...service.stack.resources.values()].find((one) => one.arn === arn);
    const read = resource && readers.get(resource.type);
    if (resource === undefined) continue;
    await check(`the policy of ${resource.logicalId}`, report, async () => {
      if (read === undefined)
        throw new Error(
          `How to read the policy of a ${resource.type} is not known here: add it to deployed-policies.ts`,
        );
      const deployed = resources.find(({ logicalId }) => logicalId === resource.logicalId);
      const name = deployed?.physicalId ?? resource.physicalId;
      return comparePolicies(
        asDeployed(policies.map(({ document }) => document)),
        await read(account, name).catch(noneWhenMissing),
        { kind: "resource-based", ignoreSids: resource.type === "AWS::Lambda::Function" },
      );
    });
  }
}

async function check(
  what: string,
  report: Report,
  compare: () => Promise<readonly PolicyDifference[]>,
): Promise<void> {
  const name = `${what} says what the template says`;
  try {
    const differences = await compare();
    if (differences.length === 0) report({ section: "policies", name, status: "passed" });
    for (const { isNarrower, ...difference } of differences) {
      report({ section: "policies", name, status: isNarrower ? "differs" : "failed", ...difference });
    }
  } catch (error) {
    report({ section: "policies", name, status: "skipped", why: inWords(error) } satisfies Check);
  }
}

/** A made-up id is long enough to be nothing else. */
function renaming(stack: Stack, resources: readonly DeployedResource[]): AsDeployed {
  const changes = resources.flatMap(({ logicalId, physicalId }) => {
    const planned = stack.resources.get(logicalId)?.physicalId ?? physicalId;
    return planned === physicalId || planned.length < 8 ? [] : [[planned, physicalId] as const];
  });
  return (value) => {
    let text = JSON.stringify(value);
    for (const [planned, physicalId] of changes) {
      const inJson = (name: string) => JSON.stringify(name).slice(1, -1);
      text = text.replaceAll(inJson(planned), inJson(physicalId));
    }
    return JSON.parse(text);
  };
}

async function compareRole(
  { clients: { iam } }: Account,
  role: ExecutionRole,
  stack: Stack,
  asDeployed: AsDeployed,
  boundary: string | undefined,
): Promise<readonly PolicyDifference[]> {
  const RoleName = role.name;
  const { Role } = await iam.send(new GetRoleCommand({ RoleName }));
  const properties = stack.resources.get(role.logicalId)?.properties ?? {};
  const compare = (
    expected: readonly Policy[],
    observed: readonly string[],
    kind: ComparisonOptions["kind"],
  ) => comparePolicies(asDeployed(expected), observed, { kind });
  const inline = role.policies.filter(({ name }) => !stack.resources.has(name));
  return [
    ...compare([role.trust], [decodeURIComponent(Role?.AssumeRolePolicyDocument ?? "")], "trust"),
    ...compare(
      inline.map(({ document }) => document),
      await inlinePolicies(iam, RoleName),
      "identity-based",
    ),
    ...compareNames(
      "managed policies",
      asDeployed([properties.ManagedPolicyArns ?? []].flat().map(String)),
      await attachedPolicies(iam, RoleName),
    ),
    ...compareBoundary(
      [boundary ?? asDeployed(properties.PermissionsBoundary ?? [])].flat().map(String),
      [Role?.PermissionsBoundary?.PermissionsBoundaryArn ?? []].flat(),
    ),
  ];
}

function compareNames(
  what: string,
  expected: readonly string[],
  observed: readonly string[],
): readonly PolicyDifference[] {
  const text = (names: readonly string[]) => `${what}: ${[...names].sort().join(", ") || "none"}`;
  return text(expected) === text(observed) ? [] : [{ expected: text(expected), observed: text(observed) }];
}

/** One that nobody here knows of, as `sls deploy --param boundary=…` gives it: worth telling, and no more than that. */
function compareBoundary(
  expected: readonly string[],
  observed: readonly string[],
): readonly PolicyDifference[] {
  const differences = compareNames("permissions boundary", expected, observed);
  return expected.length > 0 ? differences : differences.map((one) => ({ ...one, isNarrower: true }));
}

/** IAM answers documents as they stand in a URL. */
async function inlinePolicies(iam: IAMClient, RoleName: string): Promise<readonly string[]> {
  const documents: string[] = [];
  for await (const { PolicyNames = [] } of paginateListRolePolicies({ client: iam }, { RoleName })) {
    for (const PolicyName of PolicyNames) {
      const { PolicyDocument = "" } = await iam.send(new GetRolePolicyCommand({ RoleName, PolicyName }));
      documents.push(decodeURIComponent(PolicyDocument));
    }
  }
  return documents;
}

async function attachedPolicies(iam: IAMClient, RoleName: string): Promise<readonly string[]> {
  const arns: string[] = [];
  for await (const page of paginateListAttachedRolePolicies({ client: iam }, { RoleName })) {
    arns.push(...(page.AttachedPolicies ?? []).map(({ PolicyArn = "" }) => PolicyArn));
  }
  return arns;
}

/** By the type of the resource that carries it, how to read its policy; a name is what `Ref` gives. */
const readers: ReadonlyMap<string, (account: Account, name: string) => Promise<readonly string[]>> = new Map([
  [
    "AWS::Lambda::Function",
    async ({ clients }: Account, FunctionName: string) => {
      const { Policy: document } = await clients.lambda.send(new GetPolicyCommand({ FunctionName }));
      return [document ?? []].flat();
    },
  ],
  [
    "AWS::S3::Bucket",
    async ({ clients, id }: Account, Bucket: string) => {
      const { Policy: document } = await clients.s3.send(
        new GetBucketPolicyCommand({ Bucket, ExpectedBucketOwner: id }),
      );
      return [document ?? []].flat();
    },
  ],
  [
    "AWS::SQS::Queue",
    async ({ clients }: Account, url: string) => {
      const QueueName = nameInArn(url.replaceAll("/", ":"));
      const { QueueUrl } = await clients.sqs.send(new GetQueueUrlCommand({ QueueName }));
      const { Attributes } = await clients.sqs.send(
        new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ["Policy"] }),
      );
      return [Attributes?.Policy ?? []].flat();
    },
  ],
]);

/** A resource without a policy is answered as one that is missing. */
function noneWhenMissing(error: unknown): readonly string[] {
  if (isMissing(error)) return [];
  throw error;
}
