import { findAction } from "../catalog/actions.ts";
import { policyWords } from "../iam/denial.ts";
import type { Service } from "../service/service.ts";
import type { Sources } from "../service/sources.ts";
import type { ExecutionRole } from "../template/principals.ts";
import type { Stack } from "../template/template.ts";
import { explain, type Material } from "./explain.ts";
import type { Explanation } from "./explanation.ts";
import { type Denial, type DenyingPolicy, type Message, readMessage } from "./message.ts";
import { SenselessQuestion } from "./senseless.ts";

/** Where the template is to be resolved: as the message says, as far as it says so. */
export interface Place {
  readonly stage?: string;
  readonly region?: string;
  readonly accountId?: string;
  readonly partition?: string;
}

export interface MessageOptions {
  /** The name of the service, which its resources' names begin with. */
  readonly serviceName: string;
  readonly sources: Sources;
  /** `KEY=VALUE`: a message carries no condition keys. */
  readonly context?: readonly string[];
  /** The service as it would be there. */
  readonly open: (place: Place) => Promise<Service>;
}

export interface MessageExplanation {
  /** The message, taken apart. */
  readonly message: Message;
  /** Of what it is about, by this template; absent where the message does not say that. */
  readonly explanation?: Explanation;
  /** What the message means, a sentence each. */
  readonly says: readonly string[];
}

/**
 * Takes a refusal from a log apart, finds in the template whom and what it is about, and explains it.
 *
 * @param pasted with whatever stands around it
 * @throws {SenselessQuestion} when there is no refusal in it, or none that this service could have met
 */
export async function explainMessage(pasted: string, options: MessageOptions): Promise<MessageExplanation> {
  const message = readMessage(pasted);
  switch (message?.type) {
    case "denial":
      return explainDenial(message, options);
    case "execution role lacks":
      return explainRole(message, pasted, options);
    case "transcribe cannot access":
      return explainTranscribe(message, await options.open(placeIn(pasted, options)), options);
    case "forbidden":
      return { message, says: forbidden };
    case "access denied":
      return { message, says: accessDenied };
    case undefined:
      throw new SenselessQuestion(
        'There is no denial in that. One reads "User: … is not authorized to perform: … on resource: …"; paste the whole line.',
      );
  }
}

const forbidden = [
  "This is API Gateway's answer to a call without a valid signature, and to a caller who may not invoke the route. It says neither who called nor which of the two it is.",
  "The caller needs execute-api:Invoke on the route, and a SigV4 signature for the service execute-api in the API's region. The function was not asked.",
  'To ask about a caller: pnpm explain PRINCIPAL execute-api:Invoke "GET /recordings"',
];

const accessDenied = [
  "AWS says no more than this to a caller of another organisation, for an object's ACL, for a public access block, and in older messages.",
  "Who asked for what stands in CloudTrail. Then: pnpm explain PRINCIPAL ACTION RESOURCE",
];

async function explainDenial(message: Denial, options: MessageOptions): Promise<MessageExplanation> {
  const service = await options.open(placeIn(message.principal, options, message.resource));
  const material = { service, sources: options.sources };
  const role = roleOf(message.principal, service);
  const asked = await askedOf(message);
  const explanation = await explain(
    {
      principal: role?.functionKey ?? (message.principal === "anonymous" ? "anyone" : message.principal),
      action: message.action,
      resource: asked.resource,
      ...(options.context && { context: options.context }),
    },
    material,
  );
  return {
    message,
    explanation,
    says: [
      ...renamed(message, role),
      ...asked.says,
      ...compared(message, explanation),
      ...contextHint(explanation, options),
    ],
  };
}

/** The role of the message, by its own name or by the function whose session it is. */
function roleOf(principal: string, { roles }: Service): ExecutionRole | undefined {
  const [, roleName, sessionName] = /:assumed-role\/([^/]+)\/(.+)$/.exec(principal) ?? [];
  return (
    roles.find(({ name, arn }) => name === roleName || arn === principal) ??
    roles.find(({ functionName }) => functionName === sessionName)
  );
}

function renamed({ principal }: Denial, role: ExecutionRole | undefined): string[] {
  const [, roleName] = /:assumed-role\/([^/]+)\//.exec(principal) ?? [];
  return role === undefined || roleName === undefined || roleName === role.name
    ? []
    : [`The role is called ${roleName} there and ${role.name} here: what is deployed is not this template.`];
}

/** The resource of the request: services name one also where the action has none. */
async function askedOf({ action, resource }: Denial): Promise<{ resource: string; says: string[] }> {
  const facts = await findAction(action);
  if (facts?.resourceTypes.length === 0 && resource !== undefined && resource !== "*") {
    return {
      resource: "*",
      says: [
        `${action} has no resource type: the message names ${resource}, but what was asked about is "*".`,
      ],
    };
  }
  if (facts && facts.resourceTypes.length > 0 && resource === undefined) {
    const types = facts.resourceTypes.map(({ name }) => name).join(" or ");
    throw new SenselessQuestion(
      `The message does not say on which ${types}: pnpm explain PRINCIPAL ${action} RESOURCE asks about one.`,
    );
  }
  return { resource: resource ?? "*", says: [] };
}

/** What it means that the account said this, and the template says that. */
function compared(message: Denial, { decision, statements }: Explanation): string[] {
  const { reason } = message;
  if (reason !== undefined && isOutside(reason.policy)) {
    return [
      `A ${outsideWords(reason.policy)} decided, and none stands in this template: whoever administers the organisation or the network has to allow it.`,
    ];
  }
  if (reason?.how === "explicit deny" && decision.outcome !== "explicitly denied") {
    const denies = statements.filter(
      ({ effect, kind, action, resource }) =>
        effect === "Deny" && kind === reason.policy && action && resource,
    );
    const when = denies.map(
      ({ sid, policy, conditions }) =>
        `${sid ?? policy} denies it when ${conditions.map(({ operator, key, values }) => `${operator} ${key} is ${values.join(" or ")}`).join(" and ")}`,
    );
    return when.length > 0
      ? [`${when.join("; ")}: a message does not say what the request carried. Ask again with --context.`]
      : [
          `A ${policyWords(reason.policy as never)} of the account denies it, and this template has no such Deny: what is deployed is not this template.`,
        ];
  }
  if (decision.outcome === "allowed") {
    return [
      "This template allows it, so what is deployed differs from it: deploy the stage (pnpm sls deploy), and if the denial stays, compare the role's policies in the account with pnpm permissions.",
      "A role whose policy has just changed may be denied for some seconds still.",
    ];
  }
  return [];
}

function isOutside(policy: DenyingPolicy): boolean {
  return policy === "service-control" || policy === "resource control" || policy === "VPC endpoint";
}

function outsideWords(policy: DenyingPolicy): string {
  return policy === "service-control" ? policyWords(policy) : `${policy} policy`;
}

/** A condition whose key is absent may be one that the message merely does not show. */
function contextHint({ nearest }: Explanation, { context = [] }: MessageOptions): string[] {
  const absent = nearest?.statement.action
    ? nearest.statement.conditions.filter(({ actual, holds }) => !holds && actual === "absent")
    : [];
  return absent.length === 0 || context.length > 0
    ? []
    : [
        `A message does not show condition keys. With what the call had, ask again: ${absent.map(({ key }) => `--context ${key}=…`).join(" ")}`,
      ];
}

async function explainTranscribe(
  message: Extract<Message, { type: "transcribe cannot access" }>,
  service: Service,
  { sources }: MessageOptions,
): Promise<MessageExplanation> {
  const does = message.action === "s3:GetObject" ? "reads the audio" : "writes the transcript";
  const starters = service.roles.filter((role) => mentions(role, "transcribe:StartTranscriptionJob"));
  const grants = starters.map((role) => grantsOf(role, message.action, sources));
  return {
    message,
    says: [
      `Transcribe ${does} with the rights of whoever started the job, and calls the lack of them a bad request: the caller was denied ${message.action}${message.action === "s3:GetObject" ? ", or the object is not there" : ", or the bucket is not there"}.`,
      ...grants,
      "It says neither who nor what: pnpm explain FUNCTION " +
        `${message.action} s3://BUCKET/KEY asks about it.`,
    ],
  };
}

function grantsOf(role: ExecutionRole, action: string, sources: Sources): string {
  const granting = role.policies
    .flatMap(({ document }) => document.statements)
    .filter(({ effect, actions }) => effect === "Allow" && !actions.not && actions.patterns.includes(action));
  if (granting.length === 0) return `${role.functionKey} starts jobs, and no statement gives it ${action}.`;
  const where = granting.map(({ sid, resources }) => {
    const source = sid && sources.statement({ functionKey: role.functionKey, sid });
    return `${sid} (${source ? `${source.file}:${source.line}, ` : ""}${resources?.patterns.join(" ")})`;
  });
  return `${role.functionKey} starts jobs, and has ${action} by ${where.join(" and ")}: any other key is denied.`;
}

function mentions({ policies }: ExecutionRole, action: string): boolean {
  return policies
    .flatMap(({ document }) => document.statements)
    .some(({ effect, actions }) => effect === "Allow" && actions.patterns.includes(action));
}

async function explainRole(
  message: Extract<Message, { type: "execution role lacks" }>,
  pasted: string,
  options: MessageOptions,
): Promise<MessageExplanation> {
  const service = await options.open(placeIn(pasted, options, message.resource));
  const material: Material = { service, sources: options.sources };
  const needs = needsOf(service.stack, message).filter(
    ({ functionArn }, _, all) =>
      all.length === 1 ||
      pasted.includes(functionArn.split(":").at(-1) ?? "") ||
      logicalIdsIn(pasted, service.stack).includes(functionArn),
  );
  const [need] = needs;
  const role =
    need && service.roles.find(({ functionName }) => need.functionArn.endsWith(`:${functionName}`));
  const why =
    "Lambda looks whether the execution role allows what its event source or destination takes, before it sets that up.";
  if (need === undefined || role === undefined) {
    return {
      message,
      says: [
        why,
        `It does not say which function: pnpm explain FUNCTION ${message.action} RESOURCE asks about one.`,
      ],
    };
  }
  const explanation = await explain(
    { principal: role.functionKey, action: message.action, resource: need.resource },
    material,
  );
  const isAllowed = explanation.decision.outcome === "allowed";
  const differs =
    "This template allows it: what is deployed differs, or the role's policy was not there yet when Lambda looked (DependsOn).";
  return { message, explanation, says: [why, ...(isAllowed ? [differs] : [])] };
}

/** The functions of logical ids that stand in a text, as CloudFormation puts one before each of its errors. */
function logicalIdsIn(text: string, { resources }: Stack): readonly string[] {
  const words = new Set(text.match(/\w+/g));
  return [...resources.values()]
    .filter(({ logicalId }) => words.has(logicalId))
    .map(({ arn, type, properties }) =>
      type === "AWS::Lambda::Function" ? (arn ?? "") : String(properties.FunctionName ?? ""),
    );
}

/** Which functions of the stack have an event source or a destination of this service, and its ARN. */
function needsOf(
  { resources }: Stack,
  { action, resource }: { readonly action: string; readonly resource?: string },
): readonly { readonly functionArn: string; readonly resource: string }[] {
  const [service = ""] = action.split(":");
  const functions = [...resources.values()].filter(({ type }) => type === "AWS::Lambda::Function");
  return [...resources.values()].flatMap(({ type, properties }) => {
    if (type !== "AWS::Lambda::EventSourceMapping" && type !== "AWS::Lambda::EventInvokeConfig") return [];
    const name = String(properties.FunctionName);
    const lambda = functions.find(({ arn, physicalId }) => name === physicalId || name === arn);
    const arns = strings(properties).filter(
      (text) => text.startsWith("arn:") && text.split(":")[2] === service,
    );
    return arns
      .filter((arn) => resource === undefined || arn === resource)
      .map((arn) => ({ functionArn: lambda?.arn ?? name, resource: arn }));
  });
}

function strings(value: unknown): readonly string[] {
  if (typeof value === "string") return [value];
  return typeof value === "object" && value !== null ? Object.values(value).flatMap(strings) : [];
}

/**
 * Where the message comes from: account and partition by its ARNs; region and stage by the names that this service
 * gives its functions, roles, buckets and jobs.
 */
function placeIn(text: string, { serviceName, sources }: MessageOptions, resource = ""): Place {
  const all = `${text} ${resource}`;
  const partition = /\barn:(aws[a-z-]*):/.exec(all)?.[1];
  const accountId = /\barn:[^:\s]+:[^:\s]+:[^:\s]*:(\d{12}):/.exec(all)?.[1];
  const region =
    /\barn:[^:\s]+:[^:\s]+:([a-z]{2}(?:-[a-z]+)+-\d):/.exec(all)?.[1] ??
    /-([a-z]{2}(?:-[a-z]+){1,2}-\d)(?![\w])/.exec(all)?.[1];
  const stage = stageIn(all, serviceName, sources);
  return {
    ...(partition && { partition }),
    ...(accountId && { accountId }),
    ...(region && { region }),
    ...(stage && { stage }),
  };
}

/** `SERVICE-STAGE-FUNCTION`, `SERVICE-STAGE-ACCOUNT-REGION` of a bucket, `SERVICE_STAGE_…` of a job. */
function stageIn(text: string, service: string, sources: Sources): string | undefined {
  for (const [, rest = ""] of text.matchAll(new RegExp(`\\b${service}-([\\w-]+)`, "g"))) {
    for (const dash of rest.matchAll(/-/g)) {
      const [stage, name] = [rest.slice(0, dash.index), rest.slice(dash.index + 1)];
      const key = /^\w+/.exec(name)?.[0] ?? "";
      if (sources.functionLine(name) !== undefined || sources.functionLine(key) !== undefined) return stage;
    }
    const [, ofBucket] = /^([a-z0-9-]+?)-\d{12}-/.exec(rest) ?? [];
    if (ofBucket !== undefined) return ofBucket;
  }
  return new RegExp(`\\b${service}_([a-z0-9-]+)_`).exec(text)?.[1];
}
