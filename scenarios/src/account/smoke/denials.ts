import { type Clients, type RoleStage, roleScenarios, type Scenario, type Stage } from "../../index.ts";
import { inWords } from "../account/failures.ts";
import type { Check, Report } from "./check.ts";
import { runScenarios } from "./scenarios.ts";
import type { Sessions } from "./sessions.ts";

/** What AWS says where a session policy is the reason, and the session's role is not. */
const bySessionPolicy = /session policy/;

/** What these functions try: a session for each is opened before. */
const principals = ["startTranscription", "listRecordings", "readRecording"];

/**
 * Runs what a function's rights are to be refused, in a session that has no more than those rights. A refusal that does
 * not come of the session's policy shows nothing of the function: the role to assume may lack the right, too.
 */
export async function runDenials(
  stage: Stage,
  sessions: Sessions | undefined,
  options: {
    readonly signal: AbortSignal;
    readonly report: Report;
    readonly onStart: (name: string) => void;
  },
): Promise<void> {
  const skipAll = (why: string) => {
    for (const { name } of roleScenarios)
      options.report({ section: "denials", name, status: "skipped", why });
  };
  if (sessions === undefined) {
    skipAll(
      "nobody but Lambda can assume a function's role; with another role, by session policies: --as-role ARN",
    );
    return;
  }
  const opened = new Map<string, Clients>();
  try {
    for (const principal of principals) opened.set(principal, await sessions.ofFunction(principal));
  } catch (error) {
    skipAll(inWords(error));
    return;
  }
  const roleStage: RoleStage = {
    ...stage,
    as(principal) {
      const clients = opened.get(principal);
      if (!clients) throw new Error(`No session was opened for ${principal}: add it to denials.ts.`);
      return clients;
    },
  };
  for (const scenario of roleScenarios) await runOne(scenario, roleStage, sessions, options);
}

async function runOne(
  scenario: Scenario<RoleStage>,
  stage: RoleStage,
  sessions: Sessions,
  { report, ...options }: Parameters<typeof runDenials>[2],
): Promise<void> {
  const from = sessions.refusals.length;
  let outcome: Check | undefined;
  await runScenarios("denials", [scenario], stage, { ...options, report: (check) => (outcome = check) });
  if (!outcome) return;
  const met = sessions.refusals.slice(from);
  const other = met.find((message) => !bySessionPolicy.test(message));
  // The API's refusal gives no reason at all: then the role has to show that it gets through with the right.
  const isUnexplained = met.length === 0 ? !(await mayCallApi(sessions)) : other !== undefined;
  report(
    outcome.status === "passed" && isUnexplained
      ? {
          ...outcome,
          status: "skipped",
          why: `refused, but not known for which reason: ${other ?? "AWS gives none"}`,
        }
      : outcome,
  );
}

async function mayCallApi(sessions: Sessions): Promise<boolean> {
  try {
    const { api } = await sessions.allowing("invoke", {
      Effect: "Allow",
      Action: "execute-api:Invoke",
      Resource: "*",
    });
    await api.listRecordings({ limit: 1 });
    return true;
  } catch {
    return false;
  }
}
