import { type ContextEntry, SimulatePrincipalPolicyCommand } from "@aws-sdk/client-iam";
import { decide, type ExecutionRole, type Service, type Statement } from "rolecall";
import type { Account } from "../account/account.ts";
import { inWords, isDenied } from "../account/failures.ts";
import type { Plan } from "../stage/plan.ts";
import type { Report } from "./check.ts";

/** Several actions on one resource under one context: what the simulator takes at once. */
interface Question {
  readonly actions: readonly string[];
  readonly resource: string;
  readonly context: Readonly<Record<string, string>>;
}

/**
 * Asks IAM's simulator of every role whether it may do what any role may, with each condition met, unmet and without
 * its key, and holds the answers against those that the packaged template gets here.
 * https://docs.aws.amazon.com/IAM/latest/APIReference/API_SimulatePrincipalPolicy.html
 */
export async function simulateRoles(
  { clients: { iam } }: Account,
  { service }: Plan,
  report: Report,
  onProgress: (what: string) => void,
): Promise<void> {
  const questions = questionsOf(service);
  for (const role of service.roles) {
    const name = `${role.functionKey} may do what its statements say, and nothing that others may`;
    onProgress(name);
    const start = performance.now();
    const differences: { expected: string; observed: string }[] = [];
    try {
      for (const question of questions) {
        const { EvaluationResults = [] } = await iam.send(
          new SimulatePrincipalPolicyCommand({
            PolicySourceArn: role.arn,
            ActionNames: [...question.actions],
            ResourceArns: [question.resource],
            ContextEntries: Object.entries(question.context).map(
              ([ContextKeyName, value]): ContextEntry => ({
                ContextKeyName,
                ContextKeyType: "string",
                ContextKeyValues: [value],
              }),
            ),
          }),
        );
        const answers = new Map(
          EvaluationResults.map(({ EvalActionName = "", EvalDecision }) => [
            EvalActionName.toLowerCase(),
            EvalDecision,
          ]),
        );
        for (const action of question.actions) {
          const expected = outcomes[decideHere(service, role, action, question)];
          // What this machine cannot know, it cannot hold against the account.
          if (expected === undefined) continue;
          const observed = answers.get(action.toLowerCase()) ?? "no answer";
          if (expected !== observed) {
            const asked = `${action} on ${question.resource}${contextText(question)}`;
            differences.push({ expected: `${expected}: ${asked}`, observed });
          }
        }
      }
    } catch (error) {
      report({ section: "simulation", name, status: "skipped", why: inWords(error) });
      // What is refused for one role is refused for all.
      if (!isDenied(error)) continue;
      for (const { functionKey } of service.roles.slice(service.roles.indexOf(role) + 1)) {
        report({
          section: "simulation",
          name: name.replace(role.functionKey, functionKey),
          status: "skipped",
          why: "as above",
        });
      }
      return;
    }
    const seconds = (performance.now() - start) / 1000;
    if (differences.length === 0) report({ section: "simulation", name, status: "passed", seconds });
    for (const difference of differences)
      report({ section: "simulation", name, status: "failed", ...difference });
  }
}

/** In IAM's words. */
const outcomes = {
  allowed: "allowed",
  "explicitly denied": "explicitDeny",
  "implicitly denied": "implicitDeny",
  unknown: undefined,
} as const;

function decideHere(
  { stack }: Service,
  role: ExecutionRole,
  action: string,
  { resource, context }: Question,
) {
  const { accountId, partition } = stack.environment;
  const arn = `arn:${partition}:sts::${accountId}:assumed-role/${role.name}/${role.functionName}`;
  return decide(
    {
      caller: { type: "principal", arn, principalArn: role.arn, accountId },
      action,
      resource,
      resourceAccountId: accountId,
      context,
    },
    { identity: role.policies, resource: [], ...(role.boundary && { boundary: role.boundary }) },
  ).outcome;
}

/** What every statement of every role allows, and what its conditions forbid. */
export function questionsOf({ roles }: Service): readonly Question[] {
  const statements = roles.flatMap(({ policies }) => policies.flatMap(({ document }) => document.statements));
  const asked = statements
    .filter(({ effect, actions, resources }) => effect === "Allow" && !actions.not && !resources?.not)
    .flatMap((statement) =>
      (statement.resources?.patterns ?? ["*"]).flatMap((pattern) =>
        contextsOf(statement).flatMap((context) =>
          // The simulator knows actions by their whole names.
          statement.actions.patterns
            .filter((action) => !/[*?]/.test(action))
            .map((action) => ({ action, resource: pattern === "*" ? pattern : example(pattern), context })),
        ),
      ),
    );
  const groups = Map.groupBy(asked, ({ resource, context }) => JSON.stringify([resource, context]));
  return [...groups.values()].flatMap((alike) => {
    const [first] = alike;
    if (first === undefined) return [];
    const { resource, context } = first;
    return [{ actions: [...new Set(alike.map(({ action }) => action))], resource, context }];
  });
}

const example = (pattern: string): string => pattern.replaceAll("*", "example").replaceAll("?", "x");

/** All conditions met; then each in turn with another value, and without its key. */
function contextsOf({ conditions }: Statement): readonly Readonly<Record<string, string>>[] {
  const met = Object.fromEntries(conditions.map(({ key, values }) => [key, example(values[0] ?? "")]));
  return [
    met,
    ...conditions.flatMap(({ key }) => {
      const { [key]: value = "", ...without } = met;
      return [{ ...met, [key]: `other-${value}` }, without];
    }),
  ];
}

function contextText({ context }: Question): string {
  const entries = Object.entries(context).map(([key, value]) => `${key}=${value}`);
  return entries.length === 0 ? "" : ` with ${entries.join(", ")}`;
}
