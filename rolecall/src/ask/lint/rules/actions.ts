import { ownKeys } from "../../../catalog/condition-keys.ts";
import type { Statement } from "../../../iam/types.ts";
import type { Material, Problem, Rule } from "../finding.ts";
import { attachesToVpc } from "../vpc.ts";
import { some } from "../words.ts";

/** IAM stores any name: a statement with a wrong one deploys, and grants nothing. */
export const unknownAction: Rule = {
  name: "unknown-action",
  *check({ statements }) {
    for (const { statement, actions, name, subject, source, isWritten } of statements) {
      // What a policy template of a framework names in vain, nobody here can mend.
      if (!isWritten) continue;
      for (const { pattern, actions: named, suggestion } of actions) {
        if (named.length > 0) continue;
        const verb = statement.effect === "Allow" ? "allows" : "denies";
        yield {
          severity: "error",
          subject,
          message: `${name}: there is no action ${pattern}; IAM takes the statement all the same, and by it ${verb} nothing.`,
          fix:
            suggestion === undefined
              ? "Look the action up in the Service Authorization Reference, or take it out."
              : `Write ${suggestion}.`,
          source,
        };
      }
    }
  },
};

export const wildcardAction: Rule = {
  name: "wildcard-action",
  *check({ statements, service }) {
    const namedElsewhere = new Set(
      statements.flatMap(({ statement }) =>
        statement.actions.patterns.map((pattern) => pattern.toLowerCase()),
      ),
    );
    for (const { kind, statement, actions, name, subject, source, isWritten } of statements) {
      if (statement.effect !== "Allow" || statement.actions.not || kind === "boundary") continue;
      if (handsOver(statement, service)) continue;
      for (const pattern of statement.actions.patterns) {
        if (!/[*?]/.test(pattern)) continue;
        const named = actions.find((one) => one.pattern === pattern)?.actions ?? [];
        if (pattern !== "*" && named.length === 0) continue;
        const what =
          pattern === "*"
            ? "every action of every service"
            : `${named.length} ${named.length === 1 ? "action" : "actions"}, and those to come`;
        const example = named.find((one) => namedElsewhere.has(one.name.toLowerCase())) ?? named[0];
        yield {
          severity: isWritten ? "error" : "warning",
          subject,
          message: `${name}: ${pattern} allows ${what}.`,
          fix: `Name the actions that are called${example ? `, e.g. ${example.name}` : ""}.`,
          source,
        };
      }
    }
  },
};

/**
 * The statement with which a key's policy leaves the decision to the account's own policies.
 *
 * https://docs.aws.amazon.com/kms/latest/developerguide/key-policy-default.html
 */
function handsOver({ principals, actions, conditions }: Statement, { stack }: Material["service"]): boolean {
  const { accountId, partition } = stack.environment;
  const [only, ...others] = principals?.aws ?? [];
  return (
    conditions.length === 0 &&
    others.length === 0 &&
    (only === accountId || only === `arn:${partition}:iam::${accountId}:root`) &&
    actions.patterns.every((pattern) => pattern.toLowerCase() === "kms:*")
  );
}

/** https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_notaction.html */
export const invertedAllow: Rule = {
  name: "inverted-allow",
  *check({ statements }) {
    for (const { statement, name, subject, source } of statements) {
      if (statement.effect !== "Allow") continue;
      const inverted = [
        ...(statement.actions.not ? ["NotAction"] : []),
        ...(statement.resources?.not ? ["NotResource"] : []),
        ...(statement.principals?.not ? ["NotPrincipal"] : []),
      ];
      for (const element of inverted) {
        const positive = element.slice("Not".length);
        yield {
          severity: "error",
          subject,
          message: `${name}: ${element} with Allow grants everything that it does not name, and what AWS adds later.`,
          fix: `Write ${positive} with what is meant; keep ${element} for a Deny.`,
          source,
        };
      }
    }
  },
};

/** An action without a resource type is allowed on everything or not at all; only conditions can limit it. */
export const unlimitedAction: Rule = {
  name: "unlimited-action",
  *check({ statements, service }) {
    for (const placed of statements) {
      const { kind, statement, actions, name, subject, source } = placed;
      const isOpen = kind === "identity-based" && statement.effect === "Allow";
      if (!isOpen || statement.conditions.length > 0) continue;
      for (const { pattern, actions: named } of actions) {
        if (/[*?]/.test(pattern)) continue;
        for (const action of named) {
          const prefix = action.name.split(":")[0] ?? "";
          const keys = ownKeys(action).filter((key) => key.startsWith(`${prefix}:`));
          if (action.resourceTypes.length > 0 || keys.length === 0) continue;
          if (attachesToVpc(action.name, placed, service)) continue;
          yield {
            severity: "warning",
            subject,
            message: `${name}: ${action.name} takes no resource, and no condition limits what it may be called with.`,
            fix: `Add a Condition with a key that it carries: ${some(keys, 4)}.`,
            source,
          };
        }
      }
    }
  },
};

/** Whoever may pass any role can give a service more rights than they have themselves. */
export const passRole: Rule = {
  name: "pass-role",
  *check({ statements }: Material): Iterable<Problem> {
    for (const { kind, statement, actions, name, subject, source } of statements) {
      if (kind !== "identity-based" || statement.effect !== "Allow") continue;
      const passes = actions.some(({ actions: named }) =>
        named.some((action) => action.name === "iam:PassRole"),
      );
      if (!passes) continue;
      const open = (statement.resources?.patterns ?? []).find((pattern) => /[*?]/.test(pattern));
      if (open !== undefined) {
        yield {
          severity: "error",
          subject,
          message: `${name}: iam:PassRole on ${open} lets the function hand roles to services that may do more than it may.`,
          fix: "Write the ARN of the one role that is passed.",
          source,
        };
      }
      if (!statement.conditions.some(({ key }) => key.toLowerCase() === "iam:passedtoservice")) {
        yield {
          severity: "warning",
          subject,
          message: `${name}: iam:PassRole may hand the role to any service.`,
          fix: 'Add Condition: StringEquals: { iam:PassedToService: the service, e.g. "transcribe.amazonaws.com" }.',
          source,
        };
      }
    }
  },
};
