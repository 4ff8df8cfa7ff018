import { type ActionFacts, actionsNamedBy, actionsOf } from "../../catalog/actions.ts";
import { type ConditionKeyFacts, conditionKeysLike, findConditionKey } from "../../catalog/condition-keys.ts";
import { actionsOfOperation } from "../../catalog/operations.ts";
import { nearest } from "../../iam/nearest.ts";
import type { NamedPolicy, Policy, Statement } from "../../iam/types.ts";
import { hasUnknown } from "../../iam/unknown.ts";
import type { Service } from "../../stack/source/service.ts";
import { placed, type Source, type Sources } from "../../stack/source/sources.ts";
import { list, uniqueBy } from "./words.ts";

/** A statement of the template, where it stands, and what the catalog says of its actions and keys. */
export interface PlacedStatement {
  readonly kind: "identity-based" | "boundary" | "resource-based" | "trust";
  readonly statement: Statement;
  readonly version: Policy["version"];
  /** `storePhoto/StorePhoto`. */
  readonly subject: string;
  /** `storePhoto, statement StorePhoto`. */
  readonly name: string;
  readonly source: Source | undefined;
  /** False for what a framework or a policy template of its writes, in words that nobody can change. */
  readonly isWritten: boolean;
  /** Of the role or of the resource that carries the policy. */
  readonly logicalId: string;
  /** What a resource-based policy is attached to. */
  readonly attachedTo: readonly string[];
  /** By the patterns of `Action`; none of them for `NotAction`, nor for `*`, which is every action that there is. */
  readonly actions: readonly NamedActions[];
  /** By the keys of the conditions, as they are written. */
  readonly keys: ReadonlyMap<string, NamedKey>;
}

export interface NamedActions {
  readonly pattern: string;
  readonly actions: readonly ActionFacts[];
  /** What was meant, when there is no such action. */
  readonly suggestion?: string;
}

export interface NamedKey {
  /** Absent for a key that does not exist. */
  readonly facts?: ConditionKeyFacts;
  readonly suggestion?: string;
}

type Unread = Omit<PlacedStatement, "actions" | "keys">;

/** Every statement of the functions' roles and of the resource-based policies, once. */
export async function placeStatements(
  service: Service,
  sources: Sources,
): Promise<readonly PlacedStatement[]> {
  const unread = [...ofRoles(service, sources), ...ofResources(service, sources)].filter(isKnown);
  return Promise.all(
    unread.map(async (statement) => ({
      ...statement,
      actions: await readActions(statement.statement),
      keys: await readKeys(statement.statement),
    })),
  );
}

/** Of a statement with unknowns nobody knows whether it is as it should be. */
function isKnown({ statement }: Pick<PlacedStatement, "statement">): boolean {
  return !hasUnknown(JSON.stringify(statement));
}

export function isPartlyUnknown({ document }: NamedPolicy): boolean {
  return document.unknown !== undefined || hasUnknown(JSON.stringify(document.statements));
}

function ofRoles({ roles, stack }: Service, sources: Sources): readonly Unread[] {
  return uniqueBy(roles, ({ logicalId }) => logicalId).flatMap((role) => {
    const { functionKey, logicalId } = role;
    const sourceOf = (
      policy: string,
      { sid, actions: { patterns: actions } }: Statement,
      index: number,
    ): Pick<Unread, "source" | "isWritten"> => {
      if (stack.resources.has(policy)) return inResource(sources, policy, { sid, actions }, index);
      const written = sources.statement({ functionKey, sid, actions });
      return {
        source: placed(written) ?? sources.functionLine(functionKey, "iamRoleStatements"),
        isWritten: written?.origin !== "added" && isByHand(sources),
      };
    };
    const own = role.policies.filter((policy) => isOurs(policy) && policy.document.statements.length > 0);
    const isOnly = own.length < 2;
    const place = (kind: Unread["kind"], owner: string, { name, document }: NamedPolicy): readonly Unread[] =>
      document.statements.map((statement, index) => ({
        kind,
        statement,
        version: document.version,
        logicalId,
        attachedTo: [],
        // Without a Sid, statements are counted in their policy.
        subject: `${functionKey}/${statement.sid ?? (isOnly ? index : `${name}/${index}`)}`,
        name: `${owner}, ${statement.sid === undefined && !isOnly ? `policy ${name}, ` : ""}${title(statement, index)}`,
        ...sourceOf(name, statement, index),
      }));
    return [
      ...own.flatMap((policy) => place("identity-based", functionKey, policy)),
      ...(role.boundary
        ? place("boundary", `the permissions boundary of ${functionKey}`, role.boundary)
        : []),
      ...place("trust", `the trust policy of ${functionKey}`, { name: "trust policy", document: role.trust }),
    ];
  });
}

/** What AWS wrote nobody here can change, but for the choice of the one that allows everything. */
function isOurs({ managedBy, name }: NamedPolicy): boolean {
  return managedBy !== "AWS" || name === "AdministratorAccess";
}

/** The CDK writes every statement, out of a program. */
function isByHand({ language }: Sources): boolean {
  return language !== "cdk";
}

function inResource(
  sources: Sources,
  logicalId: string,
  { sid, actions }: { readonly sid: string | undefined; readonly actions: readonly string[] },
  index: number,
): Pick<Unread, "source" | "isWritten"> {
  const written = sources.statement({ logicalId, sid, actions });
  return {
    source:
      placed(written) ?? sources.resourceLine(logicalId, "Properties", "PolicyDocument", "Statement", index),
    isWritten: written?.origin !== "added" && isByHand(sources),
  };
}

function ofResources({ resourcePolicies }: Service, sources: Sources): readonly Unread[] {
  const carriers = new Map<string, { policy: NamedPolicy; attachedTo: string[] }>();
  for (const [arn, policies] of resourcePolicies) {
    for (const policy of policies) {
      const carrier = carriers.get(policy.name) ?? { policy, attachedTo: [] };
      carrier.attachedTo.push(arn);
      carriers.set(policy.name, carrier);
    }
  }
  return [...carriers].flatMap(([logicalId, { policy, attachedTo }]) =>
    policy.document.statements.map((statement, index) => ({
      kind: "resource-based" as const,
      statement,
      version: policy.document.version,
      logicalId,
      attachedTo,
      subject: statement.sid === logicalId ? logicalId : `${logicalId}/${statement.sid ?? index}`,
      name: statement.sid === logicalId ? logicalId : `${logicalId}, ${title(statement, index)}`,
      ...inResource(sources, logicalId, { sid: statement.sid, actions: statement.actions.patterns }, index),
    })),
  );
}

function title({ sid }: Statement, index: number): string {
  return sid === undefined ? `statement ${index + 1}` : `statement ${sid}`;
}

async function readActions({ actions }: Statement): Promise<readonly NamedActions[]> {
  if (actions.not) return [];
  return Promise.all(
    actions.patterns
      .filter((pattern) => pattern !== "*")
      .map(async (pattern) => {
        const named = await actionsNamedBy(pattern);
        const suggestion = named.length > 0 ? undefined : await suggestAction(pattern);
        return { pattern, actions: named, ...(suggestion !== undefined && { suggestion }) };
      }),
  );
}

async function suggestAction(pattern: string): Promise<string | undefined> {
  const known = actionsOfOperation(pattern);
  if (known.length > 0) return list(known, "and");
  return nearest(pattern, await actionsOf(pattern.split(":")[0] ?? ""));
}

async function readKeys({ conditions }: Statement): Promise<ReadonlyMap<string, NamedKey>> {
  const keys = await Promise.all(
    conditions.map(async ({ key }): Promise<[string, NamedKey]> => {
      const facts = await findConditionKey(key);
      if (facts !== undefined) return [key, { facts }];
      const suggestion = nearest(key, await conditionKeysLike(key));
      return [key, suggestion === undefined ? {} : { suggestion }];
    }),
  );
  return new Map(keys);
}
