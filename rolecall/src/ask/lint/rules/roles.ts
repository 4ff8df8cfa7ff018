import { isAssumable } from "../../../stack/deployable.ts";
import type { Stack, StackResource } from "../../../stack/template.ts";
import { adviceIn } from "../../advice.ts";
import type { Material, Problem, Rule } from "../finding.ts";
import { items, ofType } from "../stack.ts";
import { list, uniqueBy } from "../words.ts";

/** What one function may do, the others that share its role may do as well. */
export const sharedRole: Rule = {
  name: "shared-role",
  *check({ service, sources }) {
    for (const { logicalId } of uniqueBy(service.roles, (role) => role.logicalId)) {
      const sharing = service.roles
        .filter((role) => role.logicalId === logicalId)
        .map((role) => role.functionKey);
      const [, second] = sharing;
      if (second === undefined) continue;
      yield {
        severity: "error",
        subject: logicalId,
        message: `${list(sharing, "and")} share the role ${logicalId}, so each may do what any of them needs.`,
        fix: adviceIn(sources.language).roleOfItsOwn,
        source: sources.functionLine(second, "role") ?? sources.resourceLine(logicalId),
      };
    }
  },
};

/** A role or a policy that no function has is a right that waits for somebody to find it. */
export const sparePrincipal: Rule = {
  name: "spare-principal",
  *check({ service, sources }) {
    const { stack, roles } = service;
    const used = new Set(roles.map((role) => role.logicalId));
    for (const role of ofType(stack, "AWS::IAM::Role")) {
      if (used.has(role.logicalId)) continue;
      const users = [...stack.resources.values()].filter(
        ({ logicalId, properties }) =>
          logicalId !== role.logicalId && JSON.stringify(properties).includes(JSON.stringify(role.arn)),
      );
      yield {
        severity: users.length === 0 ? "error" : "warning",
        subject: role.logicalId,
        ...(users.length === 0
          ? {
              message: `${role.logicalId} is a role that nothing in the template uses.`,
              fix: "Take it out, or give it to what needs it.",
            }
          : {
              message: `${role.logicalId} is the role of no function; ${list(
                users.map((user) => user.logicalId),
                "and",
              )} refers to it, and nothing here checks what it may do.`,
              fix: "Check its statements by hand, or let a function of its own do the work.",
            }),
        source: sources.resourceLine(role.logicalId),
      };
    }
    const attached = new Set(
      roles.flatMap(({ policies, boundary }) =>
        [...policies, ...(boundary ? [boundary] : [])].map((one) => one.name),
      ),
    );
    for (const policy of [
      ...ofType(stack, "AWS::IAM::ManagedPolicy"),
      ...ofType(stack, "AWS::IAM::Policy"),
    ]) {
      if (attached.has(policy.logicalId) || isAttached(policy, stack)) continue;
      yield {
        severity: "error",
        subject: policy.logicalId,
        message: `${policy.logicalId} is a policy that no role, user or group of the template has.`,
        fix: "Take it out, or attach it to the role that needs it.",
        source: sources.resourceLine(policy.logicalId),
      };
    }
  },
};

/** To somebody who is no function: a state machine's role, a group. */
function isAttached({ arn, properties }: StackResource, stack: Stack): boolean {
  const names = [properties.Roles, properties.Users, properties.Groups].flatMap(items);
  return (
    names.length > 0 ||
    (arn !== undefined &&
      ofType(stack, "AWS::IAM::Role").some((role) =>
        [...items(role.properties.ManagedPolicyArns), role.properties.PermissionsBoundary].includes(arn),
      ))
  );
}

/** https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html */
const limits = { roleName: 64, inlinePolicies: 10_240, managedPolicy: 6144, trustPolicy: 2048 };

export const roleNameLength: Rule = {
  name: "role-name-length",
  *check({ service, sources }) {
    for (const { logicalId, physicalId } of ofType(service.stack, "AWS::IAM::Role")) {
      if (physicalId.length <= limits.roleName) continue;
      yield {
        severity: "error",
        subject: logicalId,
        message: `${logicalId}: the role's name ${physicalId} has ${physicalId.length} characters of at most ${limits.roleName}, so the deployment fails.`,
        fix: adviceIn(sources.language).shorterRoleName,
        source: sources.resourceLine(logicalId, "Properties", "RoleName"),
      };
    }
  },
};

/** White space does not count, so a document is as long as its shortest JSON. */
export const policySize: Rule = {
  name: "policy-size",
  *check(material) {
    const { stack, roles } = material.service;
    for (const role of ofType(stack, "AWS::IAM::Role")) {
      const inline = [role.properties.Policies ?? []].flat() as { PolicyDocument?: unknown }[];
      const attached = ofType(stack, "AWS::IAM::Policy").filter(({ logicalId }) =>
        roles.some(
          (one) => one.logicalId === role.logicalId && one.policies.some(({ name }) => name === logicalId),
        ),
      );
      const documents = [
        ...inline.map((one) => one.PolicyDocument),
        ...attached.map((one) => one.properties.PolicyDocument),
      ];
      const size = documents.reduce<number>((sum, document) => sum + sizeOf(document), 0);
      yield* tooLarge(
        material,
        role.logicalId,
        "the role's inline policies have",
        size,
        limits.inlinePolicies,
      );
      const trust = sizeOf(role.properties.AssumeRolePolicyDocument);
      yield* tooLarge(material, role.logicalId, "the trust policy has", trust, limits.trustPolicy);
    }
    for (const { logicalId, properties } of ofType(stack, "AWS::IAM::ManagedPolicy")) {
      const size = sizeOf(properties.PolicyDocument);
      yield* tooLarge(material, logicalId, "the managed policy has", size, limits.managedPolicy);
    }
  },
};

function* tooLarge(
  { sources }: Material,
  logicalId: string,
  what: string,
  size: number,
  limit: number,
): Iterable<Problem> {
  if (size <= limit) return;
  yield {
    severity: "error",
    subject: logicalId,
    message: `${logicalId}: ${what} ${size} characters of at most ${limit}, so the deployment fails.`,
    fix: "Join statements whose actions or resources are the same, or share the work among more functions.",
    source: sources.resourceLine(logicalId),
  };
}

function sizeOf(document: unknown): number {
  return JSON.stringify(document ?? "").length;
}

/** An execution role is Lambda's to assume, and nobody else's. */
export const trustOthers: Rule = {
  name: "trust-others",
  *check({ statements }) {
    for (const { kind, statement, name, subject, source } of statements) {
      const { principals, actions, effect } = statement;
      if (kind !== "trust" || effect !== "Allow" || principals === undefined || principals.not) continue;
      const others = [
        ...principals.aws,
        ...principals.federated,
        ...principals.services.filter((one) => one !== "lambda.amazonaws.com"),
      ];
      if (others.length > 0) {
        yield {
          severity: "error",
          subject,
          message: `${name}: ${list(others, "and")} may assume the role as well, and do all that the function may.`,
          fix: "Write Principal: { Service: lambda.amazonaws.com } alone.",
          source,
        };
      }
      const more = actions.not
        ? ["everything else"]
        : actions.patterns.filter((one) => one.toLowerCase() !== "sts:assumerole");
      if (more.length > 0) {
        yield {
          severity: "error",
          subject,
          message: `${name}: Lambda needs sts:AssumeRole; the statement also allows ${list(more, "and")}.`,
          fix: "Write Action: sts:AssumeRole alone.",
          source,
        };
      }
    }
  },
};

export const roleNotAssumable: Rule = {
  name: "role-not-assumable",
  *check({ service, sources }) {
    for (const role of service.roles) {
      const { logicalId, functionKey } = role;
      if (isAssumable(role, service.stack.environment.accountId)) continue;
      yield {
        severity: "error",
        subject: functionKey,
        message: `The trust policy of ${functionKey}'s role does not let lambda.amazonaws.com assume it, so the function cannot be created.`,
        fix: "Allow lambda.amazonaws.com sts:AssumeRole in AssumeRolePolicyDocument.",
        source: sources.resourceLine(logicalId, "Properties", "AssumeRolePolicyDocument"),
      };
    }
  },
};
