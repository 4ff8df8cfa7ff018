import { inTheBestContext } from "../../iam/best-context.ts";
import { decide } from "../../iam/evaluate.ts";
import { parsePolicy } from "../../iam/policy.ts";
import type { Caller, NamedPolicy } from "../../iam/types.ts";
import type { Service } from "../../stack/source/service.ts";
import { type Pair, universeOf } from "./pairs.ts";

/** How much a principal can reach: the pairs of action and resource that it is allowed in some context. */
export interface Reach {
  readonly allowed: number;
  /** Of those, on resources of the stack, on others of the account, and of actions that know no resource but `*`. */
  readonly stack: number;
  readonly foreign: number;
  readonly any: number;
  /** Those of which nobody knows whether they are allowed, beside the allowed ones; absent where there are none. */
  readonly unknown?: number;
}

export interface BlastRadius {
  /** All pairs that could be asked for: what the numbers are out of. */
  readonly pairs: number;
  /** The services in use, each with the number of its actions. */
  readonly services: Readonly<Record<string, number>>;
  readonly roles: readonly (Reach & { readonly functionKey: string })[];
  /** The sum over all functions, each in its own role. */
  readonly total: Reach;
  readonly tutorial: {
    readonly policy: unknown;
    /** Of the one role. */
    readonly role: Reach;
    /** The sum over as many functions, all of them in that role. */
    readonly total: Reach;
  };
}

/**
 * Counts what each role can reach, beside the role that tutorials give to all functions.
 *
 * @see universeOf for what is counted, and inTheBestContext for what "in some context" means.
 */
export async function blastRadius(service: Service): Promise<BlastRadius> {
  const { services, pairs } = await universeOf(service);
  const roles = service.roles.map((role) => ({
    functionKey: role.functionKey,
    ...reachOf(service, pairs, role, role.policies, role.boundary),
  }));
  const policy = tutorialPolicy(service);
  const document = parsePolicy(policy, "identity-based");
  const shared = service.roles[0];
  const role =
    shared === undefined ? sum([]) : reachOf(service, pairs, shared, [{ name: "tutorial", document }]);
  return {
    pairs: pairs.length,
    services,
    roles,
    total: sum(roles),
    tutorial: { policy, role, total: sum(service.roles.map(() => role)) },
  };
}

/** What Lambda itself does with a role: write the log, trace, poll. */
const byLambda =
  /^(?:logs|xray):|^sqs:(?:ReceiveMessage|DeleteMessage|GetQueueAttributes)$|^kinesis:|^dynamodb:(?:\w*Stream\w*|GetRecords|GetShardIterator)$/;

/**
 * The three verbs on the service's buckets and their objects, and all of every other service that a function calls. The
 * framework's bucket is its own.
 */
function tutorialPolicy({ stack, roles }: Service) {
  const actions = roles.flatMap(({ policies }) =>
    policies.flatMap(({ document }) =>
      document.statements.flatMap(({ effect, actions }) => (effect === "Allow" ? actions.patterns : [])),
    ),
  );
  const others = new Set(
    actions
      .filter((action) => action.includes(":") && !byLambda.test(action))
      .map((action) => action.slice(0, action.indexOf(":")))
      .filter((prefix) => prefix !== "s3"),
  );
  const buckets = [...stack.resources.values()].filter(
    ({ type, logicalId }) => type === "AWS::S3::Bucket" && logicalId !== "ServerlessDeploymentBucket",
  );
  return {
    Version: "2012-10-17",
    Statement: [
      ...(buckets.length > 0
        ? [
            {
              Effect: "Allow",
              Action: ["s3:PutObject", "s3:GetObject", "s3:DeleteObject"],
              Resource: buckets.flatMap(({ arn }) => [arn, `${arn}/*`]),
            },
          ]
        : []),
      ...[...others].sort().map((prefix) => ({ Effect: "Allow", Action: `${prefix}:*`, Resource: "*" })),
    ],
  };
}

function reachOf(
  { stack, resourcePolicies }: Service,
  pairs: readonly Pair[],
  { name, arn, functionName }: { readonly name: string; readonly arn: string; readonly functionName: string },
  policies: readonly NamedPolicy[],
  boundary?: NamedPolicy,
): Reach {
  const { partition, accountId } = stack.environment;
  const caller: Caller = {
    type: "principal",
    arn: `arn:${partition}:sts::${accountId}:assumed-role/${name}/${functionName}`,
    principalArn: arn,
    accountId,
  };
  const identity = policies.map(relaxed);
  const ceiling = boundary && { boundary: relaxed(boundary) };
  const attached = new Map(
    [...resourcePolicies].map(([resource, documents]) => [resource, documents.map(relaxed)] as const),
  );
  const outcomes = pairs.map(({ action, resource }) => {
    // A bucket's policy is about its objects too.
    const carrier = resource.startsWith(`arn:${partition}:s3:::`) ? resource.split("/")[0] : resource;
    const { outcome } = decide(
      { caller, action, resource, resourceAccountId: accountId, context: {} },
      { identity, resource: attached.get(carrier ?? "") ?? [], ...ceiling },
    );
    return outcome;
  });
  const allowed = pairs.filter((_, index) => outcomes[index] === "allowed");
  const unknown = outcomes.filter((outcome) => outcome === "unknown").length;
  const count = (whose: Pair["whose"]) => allowed.filter((pair) => pair.whose === whose).length;
  return {
    allowed: allowed.length,
    stack: count("stack"),
    foreign: count("foreign"),
    any: count("any"),
    ...(unknown > 0 && { unknown }),
  };
}

function relaxed(policy: NamedPolicy): NamedPolicy {
  return { ...policy, document: inTheBestContext(policy.document) };
}

function sum(reaches: readonly Reach[]): Reach {
  const total = (part: keyof Reach) => reaches.reduce((all, reach) => all + (reach[part] ?? 0), 0);
  const unknown = total("unknown");
  return {
    allowed: total("allowed"),
    stack: total("stack"),
    foreign: total("foreign"),
    any: total("any"),
    ...(unknown > 0 && { unknown }),
  };
}
