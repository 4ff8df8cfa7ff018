import type { Statement } from "../iam/types.ts";
import type { TracedDecision } from "../run/index.ts";
import { type Grant, grantsOf, type Holding, onlyGrant } from "./mutants.ts";
import { allowedBy, concerns, needs, type Recording } from "./recording.ts";
import { isAskedByLambda } from "./verdict.ts";

/** A wildcard that says more than any scenario asks for. */
export interface Wide {
  readonly policy: string;
  readonly statement: Statement;
  readonly grant: Grant;
  /** What would do: actions, one resource, one condition, or principals. */
  readonly enough: readonly string[];
}

/**
 * Finds wildcards that the scenarios do not need, which taking grants away does not show: `s3:*` where only
 * `s3:GetObject` is called, and `bucket/*` where every object is under `originals/`. A resource is compared up to its
 * slashes: `originals/*` is needed as soon as two objects in it are asked for. So is the value of a StringLike, but that
 * one object in it is enough.
 *
 * Statements that deny, that exclude, and that only Lambda itself makes use of are not looked at.
 */
export function findWide(recording: Recording, holding: Holding): Wide[] {
  const requests = needs(recording).filter(
    (request) => !isAskedByLambda(request) && concerns(request, holding.holder),
  );
  return holding.policies.flatMap((policy) =>
    policy.document.statements
      .filter(({ effect }) => effect === "Allow")
      .flatMap((statement) =>
        grantsOf(statement).flatMap((grant) => {
          const { version } = policy.document;
          const used = requests.filter(
            allowedBy(recording, holding.holder, onlyGrant(statement, grant), version),
          );
          if (used.length === 0) return [];
          return [
            enoughActions(grant, used),
            enoughResource(
              grant,
              used.map(({ resource }) => resource),
            ),
            enoughValues(statement, used),
            enoughPrincipals(grant, used),
          ].flatMap((enough) => (enough ? [{ policy: policy.name, statement, grant, enough }] : []));
        }),
      ),
  );
}

function enoughActions({ action }: Grant, used: readonly TracedDecision[]): readonly string[] | undefined {
  if (action.not || !/[*?]/.test(action.patterns.join())) return undefined;
  return [...new Set(used.map((request) => request.action))].sort();
}

/** Who asks, where everybody may. Exported for its tests. */
export function enoughPrincipals(
  { principal }: Grant,
  used: readonly Pick<TracedDecision, "caller">[],
): readonly string[] | undefined {
  if (!principal?.anyone || principal.not) return undefined;
  const callers = used.map(({ caller }) =>
    caller.type === "service" ? caller.service : caller.principalArn,
  );
  return [...new Set(callers)].sort();
}

/** Exported for its tests. */
export function enoughResource({ resource }: Grant, used: readonly string[]): readonly string[] | undefined {
  const pattern = resource?.patterns[0];
  if (pattern === undefined || resource?.not || !/[*?]/.test(pattern)) return undefined;
  const [first = "", ...others] = new Set(used);
  if (others.length === 0) return first === pattern ? undefined : [first];
  const placed = inOnePlace(pattern, [first, ...others]);
  const enough = inOneFolder(placed, [first, ...others]) ?? placed;
  return enough === pattern ? undefined : [enough];
}

/** The pattern with the partition, service, region and account that all the names have. */
function inOnePlace(pattern: string, names: readonly string[]): string {
  const [places, resource] = cutArn(pattern);
  if (resource === undefined) return pattern;
  const all = names.map((name) => cutArn(name)[0]);
  const shared = places.map((place, index) => {
    const [first = place, ...others] = new Set(all.map((one) => one[index] ?? place));
    return others.length === 0 ? first : place;
  });
  return [...shared, resource].join(":");
}

/** The five segments before an ARN's resource, and that; no resource where it is no whole ARN. */
function cutArn(arn: string): readonly [places: readonly string[], resource: string | undefined] {
  const segments = arn.split(":");
  return segments.length < 6 ? [segments, undefined] : [segments.slice(0, 5), segments.slice(5).join(":")];
}

/** The folder that all the names are in, where the pattern goes beyond it; undefined where it does not. */
function inOneFolder(pattern: string, names: readonly string[]): string | undefined {
  const fixed = pattern.slice(0, pattern.search(/[*?]/));
  const common = commonFolder(names);
  return common.length > fixed.length && common.startsWith(fixed) ? `${common}*` : undefined;
}

/**
 * What would do for a value of StringLike: one value is no reason to forbid the others of its folder. Exported for its
 * tests.
 */
export function enoughValue(pattern: string, used: readonly string[]): string | undefined {
  return /[*?]/.test(pattern) ? inOneFolder(pattern, used) : undefined;
}

function enoughValues(statement: Statement, used: readonly TracedDecision[]): readonly string[] | undefined {
  for (const { operator, key, values } of statement.conditions) {
    const [pattern, ...others] = values;
    if (pattern === undefined || others.length > 0 || !/^(?:ForAnyValue:)?StringLike/.test(operator))
      continue;
    const asked = used.flatMap(({ context }) =>
      Object.entries(context).flatMap(([name, value]) =>
        name.toLowerCase() === key.toLowerCase() ? value : [],
      ),
    );
    const enough = asked.length > 0 ? enoughValue(pattern, asked) : undefined;
    if (enough !== undefined) return [`${operator} ${key} ${enough}`];
  }
  return undefined;
}

/** The longest beginning that all have, up to a slash. */
function commonFolder(names: readonly string[]): string {
  const [parts = [], ...others] = names.map((name) => name.split("/").slice(0, -1));
  const different = parts.findIndex((part, index) => others.some((other) => other[index] !== part));
  return (different < 0 ? parts : parts.slice(0, different)).map((part) => `${part}/`).join("");
}
