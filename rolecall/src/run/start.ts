import { createInjector } from "../engines/faults/injector.ts";
import { findRecogniser } from "../engines/speech/find-recogniser.ts";
import { createGate } from "../gate/gate.ts";
import { createIdentities } from "../gate/identities.ts";
import type { Gate, PoliciesInForce, Principal, Question, TracedDecision } from "../gate/types.ts";
import type { Decision } from "../iam/types.ts";
import type { FunctionSpec } from "../lambda/types.ts";
import { readPackaged } from "../project/packaged.ts";
import type { Note } from "../stack/note.ts";
import { resourcePolicies } from "../stack/resource-policies.ts";
import { resolveTemplate } from "../stack/template.ts";
import { developer, type Place } from "./developer.ts";
import type { LocalAws, StartOptions } from "./local-aws.ts";
import { readingOf } from "./parts/read.ts";
import { noteUnimitated } from "./parts/unimitated.ts";
import type { Run } from "./run.ts";
import { startApis } from "./start-apis.ts";
import { startFunctions } from "./start-functions.ts";
import { startSchedules } from "./start-schedules.ts";
import { startServices } from "./start-services.ts";

/** The account that the local run pretends to be: the one of AWS's own examples. */
const accountId = "123456789012";
const partition = "aws";

/** At least; a run that goes on for days must not fill the memory with them. */
const decisionsKept = 100_000;

/**
 * Runs a packaged template on 127.0.0.1. What of it is not imitated is noted, and the rest goes on.
 *
 * @throws Error for what AWS would refuse at deployment, and for a port that is taken; nothing is left behind then.
 */
export async function startLocalAws(options: StartOptions): Promise<LocalAws> {
  const { stage, region, log = () => {} } = options;
  const { template, code } = await readPackaged(options.packaged);
  const place = { accountId, region, partition };
  const stack = resolveTemplate(template, {
    ...place,
    stackName: `local-${stage}`,
    ...(options.parameters && { parameters: options.parameters }),
    ...(options.policies && { policies: options.policies }),
  });
  const notes: Note[] = [...stack.notes];
  const reading = readingOf(stack, notes);
  noteUnimitated(reading);

  const policies: PoliciesInForce = {
    identity: new Map(),
    resource: new Map(resourcePolicies(stack, { note: (note) => notes.push(note) })),
  };
  const { gate, decisions } = createTracingGate(place, policies, options.onDecision);
  const identities = createIdentities();
  const injector = createInjector(options.faults ?? {}, options.onFault);
  const recogniser = options.recogniser ?? (await findRecogniser(process.env, options.transcripts));
  const ends: (() => unknown)[] = [];
  const close = async () => {
    for (const end of ends.splice(0).reverse()) await end();
  };
  const run: Run = {
    reading,
    place,
    gate,
    identities,
    injector,
    log,
    code,
    options,
    onClose: (end) => ends.push(end),
  };

  try {
    const services = await startServices(run, recogniser);
    const { functions, lambda, idle } = await startFunctions(run, services);
    noteUnknownPolicies(functions, notes);
    const clock = startSchedules(run, services);
    services.begin();
    const { apis, issuer } = await startApis(run, lambda);

    const principals = [developer(apis, place), ...functions.map(({ principal }) => principal)];
    for (const { name, policies: own } of [...principals, ...clock.principals])
      policies.identity.set(name, own);
    return {
      api: apis[0]?.url ?? "",
      apis,
      ...(issuer && { issuer }),
      endpoint: services.endpoint,
      accountId,
      region,
      buckets: services.buckets,
      stack,
      notes,
      principals: Object.fromEntries(
        principals.map((principal) => [principal.name, identities.issue(principal)]),
      ),
      recogniser: recogniser.name,
      faults: injector,
      decisions,
      policies,
      get schedules() {
        return clock.schedules;
      },
      invokeSchedule: clock.invoke,
      ask: (who, question) => askAs(who, question, { principals, gate }),
      objects: services.objects,
      queues: services.queues,
      idle,
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

/** A gate that keeps its latest decisions. */
function createTracingGate(
  place: Place,
  policies: PoliciesInForce,
  onDecision: StartOptions["onDecision"],
): { readonly gate: Gate; readonly decisions: readonly TracedDecision[] } {
  const decisions: TracedDecision[] = [];
  const gate = createGate({
    ...place,
    resourcePolicies: policies.resource,
    identityPolicies: policies.identity,
    trace: (decision) => {
      decisions.push(decision);
      // Rarely and many at once, because taking from the front moves all the others.
      if (decisions.length >= 2 * decisionsKept) decisions.splice(0, decisionsKept);
      onDecision?.(decision);
    },
  });
  return { gate, decisions };
}

/** What nobody knows is denied here; whoever looks for the reason finds it among the notes. */
function noteUnknownPolicies(functions: readonly FunctionSpec[], notes: Note[]): void {
  const all = functions.flatMap(({ principal: { policies, boundary } }) => [
    ...policies,
    ...(boundary ? [boundary] : []),
  ]);
  for (const name of new Set(all.flatMap(({ document }) => document.unknown ?? [])))
    notes.push({
      where: name,
      says: "this policy is not in the template, so what hangs on it is denied here; give it with --policy ARN=FILE",
    });
}

function askAs(
  who: string,
  question: Question,
  { principals, gate }: { readonly principals: readonly Principal[]; readonly gate: Gate },
): Decision {
  const principal = principals.find(({ name }) => name === who);
  if (principal) return gate.authorize(principal, question);
  if (/^[\w-]+\.amazonaws\.com(\.cn)?$/.test(who)) return gate.authorizeService(who, question);
  const known = principals.map(({ name }) => name).join(", ");
  throw new Error(
    `${who} is nobody here: ask as an AWS service, e.g. s3.amazonaws.com, or as one of ${known}.`,
  );
}
