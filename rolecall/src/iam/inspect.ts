import { decide, policiesByKind } from "./evaluate.ts";
import { literalReading } from "./reading.ts";
import { compile, namesCaller, type Question, type Reach, reachOf, toQuestion } from "./statements.ts";
import type {
  AccessRequest,
  Condition,
  DecidingStatement,
  Decision,
  Policies,
  PolicyKind,
  Statement,
} from "./types.ts";

/** One statement held against one request. */
export interface InspectedStatement extends DecidingStatement {
  readonly effect: Statement["effect"];
  readonly statement: Statement;
  /** Whether it is about this request: all four of the following fit. */
  readonly applies: boolean;
  readonly action: boolean;
  readonly resource: boolean;
  /** Of a resource-based policy; other policies are about whom they are attached to. */
  readonly principal?: {
    readonly fits: boolean;
    /** How it names the caller, where a Principal does. */
    readonly reach?: Reach;
  };
  readonly conditions: readonly InspectedCondition[];
  /** Names of the unknowns that its fitting hangs on; it is shown as it fits if they equal nothing but themselves. */
  readonly unknown?: readonly string[];
}

export interface InspectedCondition extends Condition {
  /** What the request says of the key. */
  readonly actual: readonly string[] | "absent";
  readonly holds: boolean;
}

export interface Inspection {
  readonly decision: Decision;
  /** Every statement, in the order in which IAM asks them: first each Deny, then each Allow. */
  readonly statements: readonly InspectedStatement[];
}

/** The order in which the policies of each kind have to allow. */
const GRANTING: readonly PolicyKind[] = [
  "service-control",
  "identity-based",
  "boundary",
  "session",
  "resource-based",
];

/** Decides as `decide` does, and says of every statement what of it fits the request. */
export function inspect(request: AccessRequest, policies: Policies): Inspection {
  const question = toQuestion(request, policies);
  const kinds = policiesByKind(request.caller, policies);
  const inEffect = (order: Iterable<PolicyKind>, effect: Statement["effect"]) =>
    [...order].flatMap((kind) =>
      (kinds.get(kind) ?? []).flatMap(({ name, document }) =>
        compile(document).flatMap((compiled, index) =>
          compiled.statement.effect === effect
            ? [inspectStatement({ kind, policy: name, index }, compiled, question)]
            : [],
        ),
      ),
    );
  return {
    decision: decide(request, policies),
    statements: [...inEffect(kinds.keys(), "Deny"), ...inEffect(GRANTING, "Allow")],
  };
}

function inspectStatement(
  place: Pick<DecidingStatement, "kind" | "policy" | "index">,
  { statement, fitsAction, fitsResource, conditions }: ReturnType<typeof compile>[number],
  asked: Question,
): InspectedStatement {
  const met: string[] = [];
  const reading = literalReading(met, asked.readings.Allow.isVague);
  const question: Question = { ...asked, met, readings: { Allow: reading, Deny: reading } };
  const namesWhomItConcerns = namesCaller(place.kind, statement, question);
  const { principals, sid } = statement;
  const reach = principals && !principals.not ? reachOf(principals, question.caller, reading) : undefined;
  const action = fitsAction(question);
  const resource = fitsResource(question);
  const inspected = statement.conditions.map(
    (condition, index): InspectedCondition => ({
      ...condition,
      actual: question.context.get(condition.key.toLowerCase()) ?? "absent",
      holds: conditions[index]?.(question.context, reading) ?? false,
    }),
  );
  return {
    ...place,
    ...(sid !== undefined && { sid }),
    effect: statement.effect,
    statement,
    applies: namesWhomItConcerns && action && resource && inspected.every(({ holds }) => holds),
    action,
    resource,
    ...((principals !== undefined || place.kind === "resource-based") && {
      principal: { fits: namesWhomItConcerns, ...(reach !== undefined && { reach }) },
    }),
    conditions: inspected,
    ...(met.length > 0 && { unknown: [...new Set(met)].sort() }),
  };
}
