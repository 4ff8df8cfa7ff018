import { denialReport } from "../run/denial-report.ts";
import type { TracedDecision } from "../run/index.ts";
import type { Service } from "../stack/source/service.ts";
import type { Source, Sources } from "../stack/source/sources.ts";
import type { Finding } from "./finding.ts";
import { placeOf, placeText } from "./places.ts";
import type { Sufficient } from "./sufficient.ts";

interface Met {
  readonly scenario: string;
  readonly decision: TracedDecision;
}

/**
 * What does not go as the scenarios say: one finding for each right that is missing and for each statement that allows
 * what it should not, however many scenarios meet it, and one for each scenario that fails for another reason.
 */
export function refusalFindings(
  service: Service,
  { findings }: Sufficient,
  sources: Sources,
): readonly Finding[] {
  const met = (of: "admitted" | "denied"): readonly (readonly [Met, ...Met[]])[] => {
    const all = findings.flatMap(({ scenario, [of]: decisions }) =>
      decisions.map((decision) => ({ scenario, decision })),
    );
    const groups = Map.groupBy(all, ({ decision: { who, action, decision } }) =>
      JSON.stringify([who, action, "by" in decision ? decision.by : undefined]),
    );
    return [...groups.values()] as [Met, ...Met[]][];
  };
  const others = findings.filter(({ denied, admitted }) => denied.length + admitted.length === 0);
  return [
    ...met("denied").map((group) => missing(service, group, sources)),
    ...met("admitted").map((group) => notRefused(service, group, sources)),
    ...others.map(
      ({ scenario, problems }): Finding => ({
        type: "missing",
        message: `"${scenario}"\n${problems.join("\n")}`,
      }),
    ),
  ];
}

function missing(service: Service, group: readonly [Met, ...Met[]], sources: Sources): Finding {
  const [{ decision: denied }] = group;
  const { who, action, decision } = denied;
  const source = "by" in decision ? placeOf(service, sources, who, decision.by) : homeOf(denied, sources);
  return {
    type: "missing",
    message: [
      `${who} may not ${action}${placeText(source)}, and is refused it in ${scenariosOf(group)}`,
      denialReport(denied),
    ].join("\n"),
    ...(source && { source }),
  };
}

function notRefused(service: Service, group: readonly [Met, ...Met[]], sources: Sources): Finding {
  const [{ decision: admitted }] = group;
  const { who, action, resource, context, decision } = admitted;
  const by = "by" in decision ? decision.by : undefined;
  const source = by && placeOf(service, sources, who, by);
  return {
    type: "not refused",
    message: [
      `${who} may ${action} by ${by?.sid ?? by?.policy}${placeText(source)}, where a refusal is wanted in ${scenariosOf(group)}`,
      `it asks about ${[resource, ...telling(context)].join(", ")}: narrow the statement, give it its condition back, or put back the Deny that refused it`,
    ].join("\n"),
    ...(source && { source }),
  };
}

/** Where the statement would stand. */
function homeOf({ who, caller }: TracedDecision, sources: Sources): Source | undefined {
  return caller.type === "service" ? undefined : sources.functionLine(who, "iamRoleStatements");
}

/** What a condition would look at: keys of what is asked, where it comes from, and what is not as always. */
function telling(context: TracedDecision["context"]): string[] {
  return Object.entries(context)
    .filter(
      ([key, value]) =>
        !/^(?:aws:|s3:(?:authType|signature|x-amz-content))/.test(key) ||
        /^aws:Source(?:Arn|Account)$/i.test(key) ||
        (key === "aws:SecureTransport" && value === "false"),
    )
    .map(([key, value]) => `${key}=${value}`);
}

/** How many of its scenarios a finding names. */
const named = 2;

function scenariosOf(group: readonly Met[]): string {
  const names = [...new Set(group.map(({ scenario }) => `"${scenario}"`))];
  const rest = names.length - named;
  return rest > 0 ? `${names.slice(0, named).join(", ")} and ${rest} more` : names.join(" and ");
}
