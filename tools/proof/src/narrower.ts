import type { TracedDecision } from "@voice-notes/local-aws";
import type { Statement } from "@voice-notes/permissions";
import { type Grant, grantsOf, type Holding, onlyGrant } from "./mutants.ts";
import { allowedBy, concerns, needs, type Recording } from "./recording.ts";
import { isAskedByLambda } from "./verdict.ts";

/** A wildcard that says more than any scenario asks for. */
export interface Wide {
  readonly policy: string;
  readonly statement: Statement;
  readonly grant: Grant;
  /** What would do: actions, or one resource. */
  readonly enough: readonly string[];
}

/**
 * Finds wildcards that the scenarios do not need, which taking grants away does not show: `s3:*` where only
 * `s3:GetObject` is called, and `bucket/*` where every object is under `audio/`. A resource is compared up to its
 * slashes: `audio/*` is needed as soon as two objects in it are asked for.
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
          ].flatMap((enough) => (enough ? [{ policy: policy.name, statement, grant, enough }] : []));
        }),
      ),
  );
}

function enoughActions({ action }: Grant, used: readonly TracedDecision[]): readonly string[] | undefined {
  if (action.not || !/[*?]/.test(action.patterns.join())) return undefined;
  return [...new Set(used.map((request) => request.action))].sort();
}

/** Exported for its tests. */
export function enoughResource({ resource }: Grant, used: readonly string[]): readonly string[] | undefined {
  const pattern = resource?.patterns[0];
  if (pattern === undefined || resource?.not || !/[*?]/.test(pattern)) return undefined;
  const [first = "", ...others] = new Set(used);
  if (others.length === 0) return first === pattern ? undefined : [first];
  const fixed = pattern.slice(0, pattern.search(/[*?]/));
  const common = commonFolder([first, ...others]);
  return common.length > fixed.length && common.startsWith(fixed) ? [`${common}*`] : undefined;
}

/** The longest beginning that all have, up to a slash. */
function commonFolder(names: readonly string[]): string {
  const [parts = [], ...others] = names.map((name) => name.split("/"));
  const different = parts.findIndex((part, index) => others.some((other) => other[index] !== part));
  return parts
    .slice(0, different)
    .map((part) => `${part}/`)
    .join("");
}
