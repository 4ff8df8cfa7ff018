import type { Statement } from "../iam/types.ts";
import type { Service } from "../stack/source/service.ts";
import type { Source, Sources } from "../stack/source/sources.ts";
import type { Open } from "./closed.ts";
import type { Finding } from "./finding.ts";
import type { Verdict, WideFinding } from "./minimal.ts";
import type { Change, Grant, Holder, Mutant } from "./mutants.ts";
import { placeOf, placeText, sourceOf } from "./places.ts";
import type { Proof } from "./prove.ts";
import { refusalFindings } from "./refusals.ts";
import type { Unused } from "./unused.ts";

/** What a proof found, in words. */
export function findingsOf(
  { service, sufficient, minimal, closed }: Proof,
  sources: Sources,
): readonly Finding[] {
  const { idle = [], wide = [], verdicts = [], unused = [], unusedExceptions = [] } = minimal ?? {};
  const spare = verdicts.filter(({ result, exception }) => result.type === "spare" && !exception);
  const isOfIdle = ({ mutant }: Verdict) => idle.some((key) => isOf(service, mutant.holder, key));
  const place = (holder: Holder, policy: string, { sid }: Statement) =>
    sourceOf(service, sources, holder, policy, sid);
  return [
    ...refusalFindings(service, sufficient, sources),
    ...idle.map((key): Finding => {
      const unshown = spare.filter(({ mutant }) => isOf(service, mutant.holder, key));
      const rights = unshown.map(({ mutant }) => `${changeInWords(mutant.change)} (${nameOf(mutant)})`);
      return {
        type: "idle",
        message: [
          `no scenario makes ${key} run, so nothing shows what it is for: write one`,
          ...(rights.length > 0 ? ["It has to need:", ...rights.map((right) => `  ${right}`)] : []),
        ].join("\n"),
        ...optional(sources.functionLine(key)),
      };
    }),
    ...spare
      .filter((verdict) => !isOfIdle(verdict))
      .map((verdict): Finding => {
        const { mutant } = verdict;
        const source = place(mutant.holder, mutant.policy, mutant.statement);
        return {
          type: "spare",
          message: spareInWords(verdict, whereIs(mutant, source)),
          ...optional(source),
        };
      }),
    ...wide
      .filter(({ exception }) => !exception)
      .map((one): Finding => {
        const source = place(one.holder, one.policy, one.statement);
        return { type: "wide", message: wideInWords(one, whereIs(one, source)), ...optional(source) };
      }),
    ...unused.filter(({ exception }) => !exception).map((one) => unusedFinding(one, sources)),
    ...unusedExceptions.map(
      ({ of, sid, reason }): Finding => ({
        type: "unused exception",
        message: `the exception for ${of}${sid ? ` (${sid})` : ""} excuses nothing (${reason}): remove it from rolecall.config.ts`,
      }),
    ),
    ...openFindings(service, closed.open, sources),
    ...closed.notTried.map(
      (what): Finding => ({
        type: "not tried",
        message: `no request could be made up that this allows, so nobody was asked for it; write it with Action and Resource: ${what}`,
      }),
    ),
  ];
}

/** E.g. `s3:GetObject on my-bucket/originals/*`. */
export function grantInWords({ action, resource, principal }: Grant): string {
  const not = (one: { readonly not: boolean }) => (one.not ? "all but " : "");
  const who = principal && [...principal.aws, ...principal.services, ...principal.federated].join(", ");
  return [
    `${not(action)}${action.patterns.join(", ")}`,
    resource && `on ${not(resource)}${resource.patterns.map(shortArn).join(", ")}`,
    principal && `by ${not(principal)}${who}`,
  ]
    .filter(Boolean)
    .join(" ");
}

export function changeInWords(change: Change): string {
  switch (change.type) {
    case "taken away":
      return grantInWords(change.grant);
    case "lifted":
      return `the condition ${change.condition.operator} ${change.condition.key} ${change.condition.values.join(", ")}`;
    case "key demanded":
      return `what ${change.condition.operator} ${change.condition.key} makes of a request without that key`;
    case "value dropped":
      return `the value ${change.value} of the condition ${change.condition.operator} ${change.condition.key}`;
    case "exclusion dropped":
      return `the value ${change.value} of ${change.element}`;
  }
}

/** From the resource's own part on, unless a wildcard stands before it. */
const shortArn = (arn: string) => arn.replace(/^arn:[^:*?]*:[^:*?]*:[^:*?]*:[^:*?]*:/, "");

/** Whose a policy is: a function by its key, or the resource that carries it by its logical id. */
export const ownerOf = (holder: Holder, policy: string): string =>
  holder.type === "resource" ? policy : holder.functionKey;

const nameOf = ({ statement }: Pick<Mutant, "statement">) => statement.sid ?? "a statement without a Sid";

function whereIs(one: Pick<Mutant, "holder" | "policy" | "statement">, source: Source | undefined): string {
  const place = source ? `, ${source.file}:${source.line}` : "";
  return `${ownerOf(one.holder, one.policy)} (${nameOf(one)}${place})`;
}

function spareInWords({ mutant: { change, statement }, result }: Verdict, where: string): string {
  const what = changeInWords(change);
  if (result.type !== "spare") return what;
  const { unnoticed, twin } = result;
  if (twin) return `${what} of ${where}: ${twin.sid ?? twin.policy} allows the same, so take one of them out`;
  const mend =
    change.type === "key demanded"
      ? `leave IfExists out, or add Null: { ${change.condition.key}: false }`
      : "take it out";
  const advice = `${mend}, or write a scenario that needs it`;
  const refused = unnoticed.map(
    (name) => `\n  without it something is answered otherwise in "${name}", and nothing comes of it`,
  );
  const missed = {
    "taken away":
      statement.effect === "Deny"
        ? `nothing in the scenarios is kept from ${what} by the Deny of`
        : `nothing in the scenarios needs ${what} of`,
    lifted: `nothing in the scenarios tries what ${what} holds off, in`,
    "key demanded": `nothing in the scenarios needs ${what}, in`,
    "value dropped": `nothing in the scenarios changes without ${what}, in`,
    "exclusion dropped": `nothing in the scenarios changes without ${what}, in`,
  }[change.type];
  return `${missed} ${where}: ${advice}${refused.join("")}`;
}

function wideInWords({ grant, enough }: WideFinding, where: string): string {
  const [pattern = ""] = grant.resource?.patterns ?? [];
  // Where the grant is shown in full, what would do differs before its last part.
  const isWhole = pattern.startsWith("arn:") && shortArn(pattern) === pattern;
  return `${grantInWords(grant)} of ${where} says more than the scenarios need: ${(isWhole ? enough : enough.map(shortArn)).join(", ")} would do; write that, or write a scenario that needs more`;
}

function unusedFinding({ logicalId, what }: Unused, sources: Sources): Finding {
  const source = sources.resourceLine(logicalId);
  return {
    type: "spare",
    message: `no function has the ${what} ${logicalId}${placeText(source)}, so no scenario needs it: take it out, or say in rolecall.config.ts what it is for (exceptions)`,
    ...optional(source),
  };
}

/** One finding for each statement that lets in what it should not. */
function openFindings(service: Service, open: readonly Open[], sources: Sources): Finding[] {
  // A policy's name has the stage in it.
  const groups = Map.groupBy(open, ({ functionKey, by: { kind, sid, index } }) =>
    JSON.stringify([functionKey, kind, sid ?? index]),
  );
  return [...groups.values()].flatMap(([first, ...others]) => {
    if (!first) return [];
    const { stage, functionKey, request, by, owner } = first;
    const source = placeOf(service, sources, functionKey, by);
    const place = source ? `, ${source.file}:${source.line}` : "";
    const whose = owner
      ? `which is ${owner.stage === stage ? "" : `the stage ${owner.stage}'s: `}${owner.functionKey}'s`
      : "which nobody was granted";
    const more = others.length > 0 ? `, and ${others.length} more of the kind` : "";
    return [
      {
        type: "open",
        message: `${functionKey}${stage === service.stage ? "" : ` of the stage ${stage}`} may ${request.action} on ${shortArn(request.resource)}, ${whose} (${by.sid ?? by.policy}${place})${more}: narrow it`,
        ...optional(source),
      } satisfies Finding,
    ];
  });
}

/** Whether it is the function's role, or a policy on the function. */
function isOf({ roles }: Service, holder: Holder, functionKey: string): boolean {
  if (holder.type !== "resource") return holder.functionKey === functionKey;
  const role = roles.find((one) => one.functionKey === functionKey);
  return role !== undefined && holder.arn.endsWith(`:function:${role.functionName}`);
}

const optional = (source: Source | undefined) =>
  source ? { source: { file: source.file, line: source.line } } : {};
