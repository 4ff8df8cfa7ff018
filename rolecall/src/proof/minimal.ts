import type { DecidingStatement, NamedPolicy } from "../iam/types.ts";
import type { TracedDecision } from "../run/index.ts";
import type { Service } from "../stack/source/service.ts";
import { type Exception, frameworkExceptions } from "./exceptions.ts";
import { type Holder, type Mutant, mutantsOf, onlyGrant } from "./mutants.ts";
import { findWide, type Wide } from "./narrower.ts";
import { allowedBy, concerns, decideAgain, needs, type Recording, verifyRecording } from "./recording.ts";
import type { Job, Place, Runners } from "./runners.ts";
import type { Scenario } from "./scenario.ts";
import type { ScenarioRunner } from "./scenario-runner.ts";
import { settingsExceptions } from "./settings.ts";
import { findUnused, type Unused } from "./unused.ts";
import { judge, type Suspect } from "./verdict.ts";

/** Whether the policies say nothing that no scenario needs. */
export interface Minimal {
  readonly verdicts: readonly Verdict[];
  readonly wide: readonly WideFinding[];
  /** Functions that no scenario makes run. */
  readonly idle: readonly string[];
  readonly unused: readonly Unused[];
  /** Those that excuse nothing. */
  readonly unusedExceptions: readonly Exception[];
  /** How many recorded requests could be decided anew. */
  readonly decisionsPerSecond: number;
}

/** What came of one change. What is "spare" is a finding, unless there is an exception for it. */
export interface Verdict {
  readonly mutant: Mutant;
  readonly result: Result;
  readonly exception?: Exception;
}

export type Result =
  /** A scenario asks for a refusal that does not come then. */
  | { readonly type: "decided"; readonly scenario: string; readonly request: Asked }
  /** A scenario was run with the change, and something else happened. */
  | {
      readonly type: "re-run";
      readonly scenario: string;
      readonly request: Asked;
      readonly because: string;
    }
  /** Only what Lambda itself asks for changes, and that it asks is a rule of the model. */
  | { readonly type: "by rule"; readonly request: Asked }
  | {
      readonly type: "spare";
      /** Scenarios that were run with the change: something is answered otherwise, and nothing comes of it. */
      readonly unnoticed: readonly string[];
      /** The statement that allows the same. */
      readonly twin?: DecidingStatement;
    };

type Asked = Pick<TracedDecision, "who" | "action">;

export interface WideFinding extends Wide {
  readonly holder: Holder;
  readonly exception?: Exception;
}

export interface MinimalOptions {
  /** Tries the policies of these functions alone, and those on them; all when absent. */
  readonly functions?: readonly string[] | undefined;
  /** What may say more than the scenarios need, beside what a framework adds. */
  readonly exceptions?: readonly Exception[] | undefined;
  readonly onProgress: (what: string) => void;
}

/** @throws Error when a local run is not what it was after all the changes: then nothing is shown. */
export async function findSpare(
  service: Service,
  recording: Recording,
  runners: Runners,
  { functions, exceptions: own = [], onProgress }: MinimalOptions,
): Promise<Minimal> {
  const decisionsPerSecond = verifyRecording(recording);
  const exceptions = [...frameworkExceptions, ...settingsExceptions(service), ...own];
  const holdings = recording.holdings.filter(({ holder }) => isWanted(service, holder, functions));
  const mutants = holdings.flatMap(mutantsOf);
  const used: Used = new Map();
  let done = 0;
  const attempt =
    (mutant: Mutant): Job<Verdict> =>
    async (find) => {
      const result = await tryMutant(mutant, recording, find, used);
      done += 1;
      onProgress(`change ${done} of ${mutants.length}`);
      const exception = result.type === "spare" && findException(exceptions, mutant.holder, mutant);
      return { mutant, result, ...(exception && { exception }) };
    };
  const verdicts = await runners.doAll(mutants.map(attempt));
  onProgress("the scenarios once more, unchanged");
  await runners.onEach((runner) => checkUnharmed(runner, used.get(runner) ?? new Set()));

  const wide = holdings.flatMap((holding) =>
    findWide(recording, holding).map((one) => {
      const exception = findException(exceptions, holding.holder, one);
      return { ...one, holder: holding.holder, ...(exception && { exception }) };
    }),
  );
  const unused = functions ? [] : findUnused(service, exceptions);
  const excusing = new Set([...verdicts, ...wide, ...unused].map(({ exception }) => exception));
  return {
    verdicts,
    wide,
    unused,
    idle: idleFunctions(service, recording).filter((key) => functions?.includes(key) ?? true),
    unusedExceptions: functions ? [] : own.filter((exception) => !excusing.has(exception)),
    decisionsPerSecond,
  };
}

export function isMinimal({ verdicts, wide, unused, idle, unusedExceptions }: Minimal): boolean {
  const spare = verdicts.filter(({ result, exception }) => result.type === "spare" && !exception);
  const unexcused = [...wide, ...unused].filter(({ exception }) => !exception);
  return [spare, unexcused, idle, unusedExceptions].every((findings) => findings.length === 0);
}

/** Which scenarios were run with changes, and where. */
type Used = Map<ScenarioRunner, Set<Scenario>>;

async function tryMutant(mutant: Mutant, recording: Recording, find: Place, used: Used): Promise<Result> {
  const judgement = judge(recording, mutant);
  if (judgement.type === "decided")
    return { ...judgement, scenario: judgement.scenario.name, request: asked(judgement.request) };
  if (judgement.type === "by rule") return { type: "by rule", request: asked(judgement.request) };
  if (judgement.type === "unchanged") return spare(mutant, recording);

  const unnoticed: string[] = [];
  for (const suspect of judgement.suspects) {
    const { scenario, request } = suspect;
    const runner = await find(scenario.settings);
    used.set(runner, (used.get(runner) ?? new Set()).add(scenario));
    const because = await withMutant(runner, mutant, () => notice(runner, suspect));
    if (because !== undefined)
      return { type: "re-run", scenario: scenario.name, request: asked(request), because };
    unnoticed.push(scenario.name);
  }
  return { type: "spare", unnoticed };
}

/** Nothing is answered otherwise: nobody asks for it, or another statement allows it. */
function spare(mutant: Mutant, recording: Recording): Result {
  const { holder, statement, change } = mutant;
  if (change.type !== "taken away" || holder.type === "trust") return { type: "spare", unnoticed: [] };
  const isIt = allowedBy(recording, holder, onlyGrant(statement, change.grant));
  const request = needs(recording).find((one) => concerns(one, holder) && isIt(one));
  const decision = request && decideAgain(recording, request, mutant);
  const twin = decision?.outcome === "allowed" ? decision.by : undefined;
  return { type: "spare", unnoticed: [], ...(twin && { twin }) };
}

const asked = ({ who, action }: Asked): Asked => ({ who, action });

/** What the service does otherwise than the scenario says; undefined when a refusal is all that there is. */
async function notice(runner: ScenarioRunner, { scenario, request }: Suspect): Promise<string | undefined> {
  const { failure, missing, decisions } = await runner.run(scenario);
  const isRefused = decisions.some(
    ({ who, action, decision }) =>
      who === request.who && action === request.action && decision.outcome !== "allowed",
  );
  // What fails without the refusal that was expected fails for another reason.
  if (request.decision.outcome === "allowed" && !isRefused) return undefined;
  return failure?.message.split("\n")[0] ?? (missing[0] && `IAM does not refuse ${missing[0]}`);
}

async function withMutant<Result>(
  { aws, rest }: ScenarioRunner,
  { holder, policies }: Mutant,
  act: () => Promise<Result>,
): Promise<Result> {
  const before = exchange(aws, holder, policies);
  try {
    return await act();
  } finally {
    exchange(aws, holder, before);
    // What was refused comes back, and must not meet the next change.
    await rest();
  }
}

/** @returns what was in force. */
function exchange(
  { policies }: ScenarioRunner["aws"],
  holder: Holder,
  by: readonly NamedPolicy[],
): readonly NamedPolicy[] {
  if (holder.type === "trust")
    throw new Error("Who may assume a role cannot be exchanged while it is assumed.");
  const [inForce, key] =
    holder.type === "role" ? [policies.identity, holder.functionKey] : [policies.resource, holder.arn];
  const before = inForce.get(key) ?? [];
  inForce.set(key, by);
  return before;
}

/** That it was the changes that showed: without them each scenario has to go as it went before. */
async function checkUnharmed(runner: ScenarioRunner, used: ReadonlySet<Scenario>): Promise<void> {
  for (const scenario of used) {
    const { failure, unasked, missing } = await runner.run(scenario);
    const problem = failure?.message ?? unasked[0] ?? missing[0];
    if (problem !== undefined)
      throw new Error(`With all changes undone, "${scenario.name}" fails, so nothing is shown: ${problem}`);
  }
}

function isWanted(service: Service, holder: Holder, functions: readonly string[] | undefined): boolean {
  if (!functions) return true;
  if (holder.type !== "resource") return functions.includes(holder.functionKey);
  return functions.some((key) => holder.arn === functionArn(service, key));
}

/** Functions that nobody invoked, and that did nothing. */
function idleFunctions(service: Service, recording: Recording): string[] {
  const ran = new Set(
    needs(recording).flatMap(({ who, action, resource }) => (action === invoke ? [who, resource] : [who])),
  );
  return service.roles
    .map(({ functionKey }) => functionKey)
    .filter((key) => !ran.has(key) && !ran.has(functionArn(service, key) ?? ""));
}

const invoke = "lambda:InvokeFunction";

function functionArn({ roles, stack }: Service, key: string): string | undefined {
  const role = roles.find(({ functionKey }) => functionKey === key);
  return [...stack.resources.values()].find(
    ({ type, physicalId }) => type === "AWS::Lambda::Function" && physicalId === role?.functionName,
  )?.arn;
}

function findException(
  exceptions: readonly Exception[],
  holder: Holder,
  { policy, statement }: Pick<Mutant, "policy" | "statement">,
): Exception | undefined {
  const name = holder.type === "resource" ? policy : holder.functionKey;
  return exceptions.find(({ of, sid }) => of === name && (sid === undefined || sid === statement.sid));
}
