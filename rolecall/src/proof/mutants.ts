import type { Condition, NamedPolicy, PrincipalElement, Statement } from "../iam/types.ts";

/** What a policy is attached to: a role, the right to assume a role, or a resource by its ARN. */
export type Holder =
  | { readonly type: "role"; readonly functionKey: string }
  | { readonly type: "trust"; readonly functionKey: string }
  | { readonly type: "resource"; readonly arn: string };

/** All the policies of one holder. */
export interface Holding {
  readonly holder: Holder;
  readonly policies: readonly NamedPolicy[];
}

/** The policies of a holder but for one change. */
export interface Mutant extends Holding {
  /** The policy that was changed, by its name, and the statement in it as it was. */
  readonly policy: string;
  readonly statement: Statement;
  readonly change: Change;
}

export type Change =
  | { readonly type: "taken away"; readonly grant: Grant }
  /** The statement holds without the condition. */
  | { readonly type: "lifted"; readonly condition: Condition }
  /** A request has to carry the key, which IfExists and ForAllValues let it do without. */
  | { readonly type: "key demanded"; readonly condition: Condition }
  /** One of the values of a condition is no more. */
  | { readonly type: "value dropped"; readonly condition: Condition; readonly value: string }
  /** One of the values of NotAction, NotResource or NotPrincipal is no more. */
  | { readonly type: "exclusion dropped"; readonly element: ExcludingElement; readonly value: string };

export type ExcludingElement = "NotAction" | "NotResource" | "NotPrincipal";

/** The smallest thing that a statement says: one action on one resource, for one principal where it names any. */
export interface Grant {
  readonly action: Statement["actions"];
  readonly resource?: Statement["resources"];
  readonly principal?: PrincipalElement;
}

/** Every change that makes one policy say one thing less, or hold one thing back less. */
export function mutantsOf(holding: Holding): Mutant[] {
  return holding.policies.flatMap((policy) =>
    policy.document.statements.flatMap((statement) =>
      changesOf(statement).map(({ change, statements }) => ({
        holder: holding.holder,
        policy: policy.name,
        statement,
        change,
        policies: replace(holding.policies, policy, statement, statements),
      })),
    ),
  );
}

/** The grants that a statement consists of; together they say the same as the statement does. */
export function grantsOf({ actions, resources, principals }: Statement): Grant[] {
  return single(actions).flatMap((action) =>
    (resources ? single(resources) : [undefined]).flatMap((resource) =>
      (principals ? singlePrincipals(principals) : [undefined]).map((principal) => ({
        action,
        ...(resource && { resource }),
        ...(principal && { principal }),
      })),
    ),
  );
}

/** A statement that says one of a statement's grants and no other. */
export function onlyGrant(statement: Statement, { action, resource, principal }: Grant): Statement {
  return {
    ...statement,
    actions: action,
    ...(resource && { resources: resource }),
    ...(principal && { principals: principal }),
  };
}

function changesOf(
  statement: Statement,
): { readonly change: Change; readonly statements: readonly Statement[] }[] {
  const grants = grantsOf(statement);
  return [
    ...grants.map((grant) => ({
      change: { type: "taken away", grant } as const,
      statements: grants.filter((other) => other !== grant).map((other) => onlyGrant(statement, other)),
    })),
    ...statement.conditions.map((condition) => ({
      change: { type: "lifted", condition } as const,
      statements: [{ ...statement, conditions: statement.conditions.filter((one) => one !== condition) }],
    })),
    ...statement.conditions
      .filter(({ operator }) => /^ForAllValues:|IfExists$/.test(operator))
      .map((condition) => ({
        change: { type: "key demanded", condition } as const,
        statements: [
          {
            ...statement,
            conditions: [
              ...statement.conditions,
              { operator: "Null", key: condition.key, values: ["false"] },
            ],
          },
        ],
      })),
    ...statement.conditions.flatMap((condition) => droppedValues(statement, condition)),
    ...droppedExclusions(statement),
  ];
}

function droppedValues(statement: Statement, condition: Condition) {
  if (condition.values.length < 2) return [];
  return condition.values.map((value) => ({
    change: { type: "value dropped", condition, value } as const,
    statements: [
      {
        ...statement,
        conditions: statement.conditions.map((one) =>
          one === condition ? { ...one, values: one.values.filter((other) => other !== value) } : one,
        ),
      },
    ],
  }));
}

function droppedExclusions(statement: Statement) {
  const { actions, resources, principals } = statement;
  const dropped = (element: ExcludingElement, value: string, rest: Partial<Statement>) => ({
    change: { type: "exclusion dropped", element, value } as const,
    statements: [{ ...statement, ...rest }],
  });
  return [
    ...excluded(actions).map((value) => dropped("NotAction", value, { actions: including(actions, value) })),
    ...(resources ? excluded(resources) : []).map((value) =>
      dropped("NotResource", value, resources ? { resources: including(resources, value) } : {}),
    ),
    ...(principals?.not ? singlePrincipals({ ...principals, not: false }) : []).map((one) =>
      dropped("NotPrincipal", [...one.aws, ...one.services, ...one.federated].join(), {
        principals: includingPrincipal(principals, one),
      }),
    ),
  ];
}

type Patterns = Statement["actions"];

const excluded = ({ not, patterns }: Patterns): readonly string[] => (not ? patterns : []);

/** Who or what is excluded no more; nobody and nothing being excluded is everything. */
function including({ patterns }: Patterns, value: string): Patterns {
  const rest = patterns.filter((pattern) => pattern !== value);
  return rest.length > 0 ? { not: true, patterns: rest } : { not: false, patterns: ["*"] };
}

function includingPrincipal(
  principals: PrincipalElement | undefined,
  one: PrincipalElement,
): PrincipalElement {
  const without = (list: readonly string[] = [], values: readonly string[]) =>
    list.filter((value) => !values.includes(value));
  const rest = {
    not: true,
    anyone: false,
    aws: without(principals?.aws, one.aws),
    services: without(principals?.services, one.services),
    federated: without(principals?.federated, one.federated),
  };
  const isEmpty = [rest.aws, rest.services, rest.federated].every((list) => list.length === 0);
  return isEmpty ? { ...rest, not: false, anyone: true, aws: ["*"] } : rest;
}

/** What excludes says one thing, whatever it lists. */
function single(element: Patterns): Patterns[] {
  return element.not ? [element] : element.patterns.map((pattern) => ({ not: false, patterns: [pattern] }));
}

function singlePrincipals(element: PrincipalElement): PrincipalElement[] {
  if (element.not) return [element];
  const nobody: PrincipalElement = { not: false, anyone: false, aws: [], services: [], federated: [] };
  return [
    ...element.aws.map((name) => ({ ...nobody, anyone: name === "*", aws: [name] })),
    ...element.services.map((name) => ({ ...nobody, services: [name] })),
    ...element.federated.map((name) => ({ ...nobody, federated: [name] })),
  ];
}

function replace(
  policies: readonly NamedPolicy[],
  changed: NamedPolicy,
  statement: Statement,
  by: readonly Statement[],
): readonly NamedPolicy[] {
  return policies.map((policy) => {
    if (policy !== changed) return policy;
    const statements = policy.document.statements.flatMap((one) => (one === statement ? by : [one]));
    return { ...policy, document: { ...policy.document, statements } };
  });
}
