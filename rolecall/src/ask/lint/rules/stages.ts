import { overlap } from "../../../catalog/overlap.ts";
import { patternOf } from "../../../catalog/resource-types.ts";
import { compileGlob, type Glob } from "../../../iam/globs.ts";
import { hasUnknown } from "../../../iam/unknown.ts";
import type { Service } from "../../../stack/source/service.ts";
import type { Problem, Rule } from "../finding.ts";
import type { PlacedStatement } from "../statements.ts";
import { isEverything } from "./resources.ts";

/**
 * Two stages of a service stand in one account, and only their names part them: `photos-dev*` covers what the
 * stage `dev-2` is made of. Another stage's names are this one's with another stage in them.
 */
export const otherStage: Rule = {
  name: "other-stage",
  *check({ service, statements }) {
    if (service.stage === "") return;
    // Without a stage, stacks are told apart by their own names.
    if (service.stage === "") return;
    const names = stageNames(service);
    for (const placed of statements) {
      const { statement, kind } = placed;
      if (!placed.isWritten) continue;
      if (statement.effect !== "Allow" || kind === "boundary" || kind === "trust") continue;
      if (kind === "identity-based" && statement.resources?.not === false) {
        for (const pattern of statement.resources.patterns) yield* resourceProblems(placed, pattern, names);
      }
      for (const { operator, key, values } of statement.conditions) {
        if (!/Like|Arn/.test(operator) || operator.includes("Not")) continue;
        for (const value of values) yield* valueProblems(placed, key, value, names);
      }
    }
  },
};

function* resourceProblems(
  { version, name, subject, source }: PlacedStatement,
  pattern: string,
  names: StageNames,
): Iterable<Problem> {
  if (isEverything(pattern) || hasUnknown(pattern)) return;
  const own = patternOf(atHome(pattern), version);
  if (names.hold(pattern)) {
    const reached = names.others.find((other) =>
      overlap(own, patternOf(atHome(names.inStage(pattern, other)), version)),
    );
    if (reached === undefined) return;
    yield {
      severity: "error",
      subject,
      message: `${name}: ${pattern} also covers what the stage ${reached} would call ${names.inStage(pattern, reached)}.`,
      fix: "End the stage with a character that no stage can hold (an underscore, a slash, a colon), or write the whole name.",
      source,
    };
  } else if (!names.isNobodysStage(pattern)) {
    const whole = patternOf(pattern, version);
    const reached = names.arnsElsewhere.find((arn) => overlap(whole, arn.pattern))?.arn;
    const isReaching = reached !== undefined || names.holdService(pattern);
    yield {
      severity: isReaching ? "error" : "warning",
      subject,
      message: `${name}: ${pattern} names no stage, so ${
        isReaching
          ? `it covers every stage's${reached === undefined ? "" : `, e.g. ${reached}`}`
          : "every stage of the service shares it"
      }.`,
      fix: `Write the stage into the name, here and where it is made, e.g. \${self:service}-\${sls:stage}${
        isReaching ? "" : "; if it is meant, put it on the list of exceptions with its reason"
      }.`,
      source,
    };
  }
}

/** Only names part stages, so a wildcard for the region or the account must not take a name's place. */
function atHome(pattern: string): string {
  const segments = pattern.split(":");
  return segments.map((segment, index) => (index < 5 && /[*?]/.test(segment) ? "any" : segment)).join(":");
}

function* valueProblems(
  { name, subject, source }: PlacedStatement,
  key: string,
  value: string,
  names: StageNames,
): Iterable<Problem> {
  if (!names.hold(value)) return;
  const own = valuePattern(value);
  const reached = names.others.find((other) => overlap(own, valuePattern(names.inStage(value, other))));
  if (reached === undefined) return;
  yield {
    severity: "error",
    subject,
    message: `${name}: ${key} ${value} also lets through what the stage ${reached} would call ${names.inStage(value, reached)}.`,
    fix: "End the stage with a character that no stage can hold, or write the whole name.",
    source,
  };
}

function valuePattern(value: string): Glob {
  return compileGlob([{ text: value, wildcards: true }]);
}

interface StageNames {
  readonly others: readonly string[];
  /** What the stack's resources would be called in another stage. */
  readonly arnsElsewhere: readonly { readonly arn: string; readonly pattern: Glob }[];
  /** Whether a name or an ARN holds the stage. */
  readonly hold: (text: string) => boolean;
  readonly holdService: (text: string) => boolean;
  readonly inStage: (text: string, other: string) => string;
  /** AWS's own, or something whose name AWS makes up, which no other stage has. */
  readonly isNobodysStage: (pattern: string) => boolean;
}

function stageNames({ stage, stack }: Service): StageNames {
  const serviceName = stack.environment.stackName.slice(0, -stage.length - 1);
  // As the framework's names hold it, behind the service's (photos-dev, photos_dev); or else as a word.
  const behindService = new RegExp(
    `(?<=${literal(serviceName)}[^A-Za-z0-9])${literal(stage)}(?![A-Za-z0-9])`,
    "g",
  );
  const asWord = new RegExp(`(?<![A-Za-z0-9])${literal(stage)}(?![A-Za-z0-9])`, "g");
  const inStage = (text: string, other: string) => {
    const name = /^(?:arn:(?:[^:]*:){4})?/.exec(text)?.[0].length ?? 0;
    const replaced = text.slice(name).replace(behindService, other);
    const isReplaced = replaced !== text.slice(name);
    return text.slice(0, name) + (isReplaced ? replaced : text.slice(name).replace(asWord, other));
  };
  const hold = (text: string) => inStage(text, "") !== text;
  const others = sistersOf(stage);
  const resources = [...stack.resources.values()];
  const arns = resources.flatMap(({ arn }) => (arn !== undefined && hold(arn) ? [arn] : []));
  return {
    others,
    hold,
    holdService: (text) => text.includes(serviceName),
    inStage,
    arnsElsewhere: arns.flatMap((arn) => {
      const elsewhere = inStage(arn, others[0] ?? "");
      return [elsewhere, `${elsewhere}/*`].map((one) => ({
        arn: elsewhere,
        pattern: patternOf(one, "2008-10-17"),
      }));
    }),
    isNobodysStage: (pattern) => {
      const [, , service = "", , account = ""] = pattern.split(":");
      if (service !== "s3" && !/^[\d*?]+$/.test(account)) return true;
      return resources.some(({ physicalId }) => physicalId.length > 6 && pattern.includes(physicalId));
    },
  };
}

/** Stages that begin or end as this one does, and one that this one begins with. */
function sistersOf(stage: string): readonly string[] {
  const shorter = stage.slice(0, -1).replace(/-+$/, "");
  return [`${stage}-2`, `${stage}2`, `my-${stage}`, `my${stage}`, ...(shorter === "" ? [] : [shorter])];
}

function literal(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
}
