import type {
  AccessRequest,
  NamedPolicy,
  Policies,
  Policy,
  PolicyKind,
  PrincipalElement,
  Statement,
} from "../../iam/types.ts";
import type { Edit, StatementPosition } from "./explanation.ts";

/** A request and the policies that it is held against. */
export interface Case {
  readonly request: AccessRequest;
  readonly policies: Policies;
}

/** The case as it would be with the edit made. */
export function applyEdit({ request, policies }: Case, edit: Edit): Case {
  switch (edit.edit) {
    case "context":
      return { request: { ...request, context: withKey(request.context, edit.key, edit.values) }, policies };
    case "statement":
      return { request, policies: addStatement(policies, edit.to, edit.statement) };
    case "remove":
      return { request, policies: changeStatement(policies, edit.to, () => []) };
    case "condition":
      return {
        request,
        policies: changeStatement(policies, edit.to, (statement) => [withCondition(statement, edit)]),
      };
    case "add":
      return {
        request,
        policies: changeStatement(policies, edit.to, (statement) => [withValue(statement, edit)]),
      };
  }
}

/** Keys are the same in any case. */
function withKey(
  context: AccessRequest["context"],
  key: string,
  values: readonly string[],
): AccessRequest["context"] {
  const others = Object.entries(context).filter(([name]) => name.toLowerCase() !== key.toLowerCase());
  const [first] = values;
  return {
    ...Object.fromEntries(others),
    [key]: values.length === 1 && first !== undefined ? first : values,
  };
}

function withCondition(
  statement: Statement,
  { operator, key, values }: Extract<Edit, { edit: "condition" }>,
): Statement {
  return {
    ...statement,
    conditions: statement.conditions.flatMap((condition) => {
      if (condition.operator !== operator || condition.key !== key) return [condition];
      return values.length === 0 ? [] : [{ ...condition, values }];
    }),
  };
}

function withValue(statement: Statement, { element, value }: Extract<Edit, { edit: "add" }>): Statement {
  const { actions, resources } = statement;
  if (element === "Action") {
    return { ...statement, actions: { ...actions, patterns: [...actions.patterns, value] } };
  }
  const patterns = [...(resources?.patterns ?? []), value];
  return { ...statement, resources: { not: false, patterns } };
}

/** https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html#principal-services */
export function isServicePrincipal(name: string): boolean {
  return /^[a-z0-9.-]+\.amazonaws\.com(?:\.cn)?$/.test(name);
}

/** A Principal element that names one principal, or `"*"`. */
export function onlyPrincipal(value: string): PrincipalElement {
  const isService = isServicePrincipal(value);
  return {
    not: false,
    anyone: value === "*",
    aws: isService ? [] : [value],
    services: isService ? [value] : [],
    federated: [],
  };
}

function changeStatement(
  policies: Policies,
  { kind, policy, index }: StatementPosition,
  change: (statement: Statement) => readonly Statement[],
): Policies {
  return changePolicies(policies, kind, (list) =>
    list.map((each) =>
      each.name === policy
        ? {
            ...each,
            document: {
              ...each.document,
              statements: each.document.statements.flatMap((statement, position) =>
                position === index ? change(statement) : [statement],
              ),
            },
          }
        : each,
    ),
  );
}

function addStatement(
  policies: Policies,
  { kind, policy }: Omit<StatementPosition, "index">,
  statement: Statement,
): Policies {
  return changePolicies(policies, kind, (list) => {
    if (!list.some(({ name }) => name === policy)) {
      const document: Policy = { version: "2012-10-17", statements: [statement] };
      return [...list, { name: policy, document }];
    }
    return list.map((each) =>
      each.name === policy
        ? { ...each, document: { ...each.document, statements: [...each.document.statements, statement] } }
        : each,
    );
  });
}

function changePolicies(
  policies: Policies,
  kind: PolicyKind,
  change: (list: readonly NamedPolicy[]) => readonly NamedPolicy[],
): Policies {
  const one = (policy: NamedPolicy | undefined) => change(policy === undefined ? [] : [policy])[0];
  switch (kind) {
    case "identity-based":
      return { ...policies, identity: change(policies.identity) };
    case "resource-based":
      return { ...policies, resource: change(policies.resource) };
    case "service-control":
      return { ...policies, serviceControl: change(policies.serviceControl ?? []) };
    case "boundary": {
      const boundary = one(policies.boundary);
      return { ...policies, ...(boundary && { boundary }) };
    }
    case "session": {
      const session = one(policies.session);
      return { ...policies, ...(session && { session }) };
    }
  }
}
