import { styleText } from "node:util";
import { type PoliciesInForce, type TracedDecision, tellingContext, tellingKeys } from "rolecall/run";
import { columns } from "rolecall/terminal";

/** `{uuid}.{language}.{format}` */
const recordingId = /[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\.[\w-]+\.\w+/g;

/**
 * Who asked for what, which statement allowed it, and how often: grouped by principal, each different decision once, ids
 * and the bucket's name abbreviated.
 *
 * @param principals In the order in which to list them; whoever is not among them (services) comes last.
 */
export function decisionTable(
  decisions: readonly TracedDecision[],
  {
    bucket,
    principals,
    policies,
  }: {
    readonly bucket: string;
    readonly principals: readonly string[];
    readonly policies: PoliciesInForce;
  },
): string {
  const telling = tellingKeys(policies);
  const rows = new Map<string, { who: string; cells: string[]; times: number }>();
  for (const decision of decisions) {
    const { who, action, onBehalfBy } = decision;
    const cells = [
      `${action}${onBehalfBy ? `, by ${onBehalfBy}` : ""}`,
      subject(decision, bucket, telling),
      verdict(decision),
    ];
    const key = [who, ...cells].join("\n");
    const row = rows.get(key) ?? { who, cells, times: 0 };
    row.times += 1;
    rows.set(key, row);
  }
  const lines = columns(
    [...rows.values()].map(({ cells, times }) => [...cells, styleText("dim", `× ${times}`)]),
  );
  const groups = Map.groupBy([...rows.values()].entries(), ([, { who }]) => who);
  const rank = (who: string) => (principals.includes(who) ? principals.indexOf(who) : principals.length);
  return [...groups]
    .sort(([a], [b]) => rank(a) - rank(b))
    .map(([who, members]) =>
      [styleText("bold", who), ...members.map(([index]) => `  ${lines[index]}`)].join("\n"),
    )
    .join("\n");
}

function verdict({ decision }: TracedDecision): string {
  return decision.outcome === "allowed"
    ? (decision.by.sid ?? decision.by.policy)
    : styleText("red", decision.outcome);
}

/** The resource from the last named part of its ARN on, and the condition keys that tell. */
function subject(
  { resource, context }: TracedDecision,
  bucket: string,
  telling: ReadonlySet<string>,
): string {
  return [resource.replace(/^arn:[^:]*:[^:]*:[^:]*:[^:]*:/, ""), ...tellingContext({ context }, telling)]
    .join(", ")
    .replaceAll(bucket, "{bucket}")
    .replaceAll(recordingId, "{id}")
    .replace(/^log-group:(.*):log-stream:.*$/, "$1")
    .replace(/^\w+(\/\$default\/)/, "{api}$1");
}
