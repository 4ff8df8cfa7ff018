import { branches, type Draft, isNoValue, list, record } from "./draft.ts";
import { managedPolicyArn } from "./managed-policies.ts";
import { isPolicyTemplate, policyFromTemplate } from "./policy-templates.ts";

/** What `Policies` of a function or a state machine comes to. */
export interface RolePolicies {
  readonly managed: readonly unknown[];
  readonly inline: readonly { readonly PolicyName: string; readonly PolicyDocument: unknown }[];
}

/**
 * Names and ARNs of managed policies, policy documents and policy templates, each possibly behind an `Fn::If`. An
 * inline policy is named after its place in the list.
 *
 * https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/sam-resource-function.html#sam-function-policies
 *
 * @param roleId The role's logical id, with which the policies' names begin.
 */
export function readPolicies(policies: unknown, roleId: string, where: string, draft: Draft): RolePolicies {
  const managed: unknown[] = [];
  const inline: RolePolicies["inline"][number][] = [];
  const entries = isStatement(policies) ? [{ Statement: [policies] }] : list(policies);
  for (const [index, entry] of entries.entries()) {
    const read = readPolicy(entry, where, draft);
    if (read === undefined) continue;
    if ("arn" in read) managed.push(read.arn);
    else inline.push(named(`${roleId}Policy${index}`, read.document));
  }
  return { managed, inline };
}

type Read = { readonly arn: unknown } | { readonly document: unknown } | undefined;

function readPolicy(entry: unknown, where: string, draft: Draft): Read {
  if (typeof entry === "string") return { arn: managedPolicyArn(entry) };
  if (isNoValue(entry)) return undefined;
  const choice = branches(entry);
  if (choice !== undefined) {
    const [condition, ...sides] = choice;
    const [yes, no] = sides.map((side) => readPolicy(side, where, draft));
    const kind = [yes, no].some((side) => side !== undefined && "document" in side) ? "document" : "arn";
    const side = (read: Read) => (read === undefined ? { Ref: "AWS::NoValue" } : Object.values(read)[0]);
    const chosen = { "Fn::If": [condition, side(yes), side(no)] };
    return kind === "arn" ? { arn: chosen } : { document: chosen };
  }
  const policy = record(entry);
  if ("Statement" in policy) return { document: policy };
  if (isStatement(policy)) return { document: { Statement: [policy] } };
  const [name = "", ...others] = Object.keys(policy);
  if (others.length === 0 && isPolicyTemplate(name))
    return { document: policyFromTemplate(name, record(policy[name])) };
  if (others.length === 0 && (name === "Ref" || name.startsWith("Fn::"))) return { arn: entry };
  draft.notes.push({ where, says: `${name} is not a policy template that is known here` });
  return { arn: `⟨policy template ${name}⟩` };
}

/** SAM wants documents; a bare statement is what people write at times. */
function isStatement(value: unknown): boolean {
  return "Effect" in record(value);
}

/** A document behind an `Fn::If` takes its name with it into the branches. */
function named(PolicyName: string, document: unknown): RolePolicies["inline"][number] {
  const choice = branches(document);
  if (choice === undefined) return { PolicyName, PolicyDocument: document };
  const [condition, ...sides] = choice;
  const [yes, no] = sides.map((side) => (isNoValue(side) ? side : { PolicyName, PolicyDocument: side }));
  return { "Fn::If": [condition, yes, no] } as unknown as RolePolicies["inline"][number];
}

/** A policy comes once, however often it is named. */
export function unique(values: readonly unknown[]): readonly unknown[] {
  return [...new Map(values.map((value) => [JSON.stringify(value), value])).values()];
}
