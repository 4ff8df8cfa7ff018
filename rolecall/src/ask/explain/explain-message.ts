import { findAction } from "../../catalog/actions.ts";
import type { ExecutionRole } from "../../stack/principals.ts";
import type { Service } from "../../stack/source/service.ts";
import { explain } from "./explain.ts";
import { explainRole, explainTranscribe } from "./explain-refusals.ts";
import { type Explanation, isOpen, type MessageExplanation } from "./explanation.ts";
import { assumedRole, type Denial, type DenyingPolicy, denyingPolicyWords, readMessage } from "./message.ts";
import { type Origin, type Place, placeIn } from "./message-place.ts";
import { SenselessQuestion } from "./senseless.ts";

export interface MessageOptions extends Origin {
  /** `KEY=VALUE`: a message carries no condition keys. */
  readonly context?: readonly string[];
  /** The service as it would be there. */
  readonly open: (place: Place) => Promise<Service>;
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
      return explainRole(message, pasted, {
        service: await options.open(placeIn(pasted, options)),
        sources: options.sources,
      });
    case "transcribe cannot access":
      return explainTranscribe(message, await options.open(placeIn(pasted, options)), options.sources);
    case "forbidden":
      return { message, says: forbidden };
    case "access denied":
      return { message, says: accessDenied };
    case "encoded":
      return { message, says: encoded };
    case "head":
      return { message, says: head };
    case undefined:
      throw new SenselessQuestion(
        'There is no denial in that. One reads "User: … is not authorized to perform: … on resource: …"; paste the whole line.',
      );
  }
}

const forbidden = [
  "This is API Gateway's answer to a call without a valid signature, and to a caller who may not invoke the route. It says neither who called nor which of the two it is.",
  "The caller needs execute-api:Invoke on the route, and a SigV4 signature for the service execute-api in the API's region. The function was not asked.",
  'To ask about a caller: pnpm explain PRINCIPAL execute-api:Invoke "GET /PATH"',
];

const accessDenied = [
  "AWS says no more than this to callers of other organisations, and in older messages.",
  "Who asked for what stands in CloudTrail. Then: pnpm explain PRINCIPAL ACTION RESOURCE",
];

const encoded = [
  "The reason is in the encoded message: aws sts decode-authorization-message --encoded-message … tells it to whoever may sts:DecodeAuthorizationMessage.",
  "Then: pnpm explain PRINCIPAL ACTION RESOURCE",
];

const head = [
  "The answer to a HEAD has no body, so that S3 says no more than 403.",
  "HeadObject asks for s3:GetObject on the object. Of an object that is not there, S3 says 404 to those who may s3:ListBucket, and 403 to everybody else. HeadBucket asks for s3:ListBucket on the bucket, without a prefix.",
  "To ask about both: pnpm explain PRINCIPAL s3:GetObject s3://BUCKET/KEY, pnpm explain PRINCIPAL s3:ListBucket s3://BUCKET",
];

async function explainDenial(message: Denial, options: MessageOptions): Promise<MessageExplanation> {
  const service = await options.open(placeIn(`${message.principal} ${message.resource ?? ""}`, options));
  const material = { service, sources: options.sources };
  const role = roleOf(message.principal, service);
  const asked = await askedOf(message);
  const explanation = await explain(
    {
      principal: role?.functionKey ?? (message.principal === "anonymous" ? "anyone" : message.principal),
      action: message.action,
      resource: asked.resource,
      isLiteral: true,
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
  const { roleName, sessionName } = assumedRole(principal) ?? {};
  return (
    roles.find(({ name, arn }) => name === roleName || arn === principal) ??
    roles.find(({ functionName }) => functionName === sessionName)
  );
}

function renamed({ principal }: Denial, role: ExecutionRole | undefined): string[] {
  const { roleName } = assumedRole(principal) ?? {};
  return role === undefined || roleName === undefined || roleName === role.name
    ? []
    : [`The role is called ${roleName} there and ${role.name} here: what is deployed is not this template.`];
}

/** The resource of the request: services name one also where the action has none. */
async function askedOf({ action, resource, reason }: Denial): Promise<{ resource: string; says: string[] }> {
  const isCutOff = resource === undefined && reason === undefined;
  const facts = await findAction(action);
  if (facts === undefined && isCutOff)
    throw new SenselessQuestion(
      `The message breaks off at ${action}, and no action is called so: paste the whole line.`,
    );
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
function compared(message: Denial, explanation: Explanation): string[] {
  const { decision, statements } = explanation;
  const { reason } = message;
  const kind = reason?.policy;
  if (kind !== undefined && isOutside(kind)) {
    return [
      `A ${denyingPolicyWords(kind)} decided, and none stands in this template: whoever administers the organisation or the network has to allow it.`,
    ];
  }
  if ((kind === "boundary" || kind === "session") && !statements.some((one) => one.kind === kind)) {
    return [
      kind === "boundary"
        ? "A permissions boundary decided, and this template gives the role none: whoever attached it in the account has to allow it there."
        : "A session policy decided, and Lambda sets none: whoever made these credentials with sts:AssumeRole passed it.",
    ];
  }
  if (isOpen(explanation)) return outsider(message, explanation);
  if (reason?.how === "explicit deny" && decision.outcome !== "explicitly denied") {
    const denies = statements.filter(
      ({ effect, kind, action, resource }) =>
        effect === "Deny" && (reason.policy === undefined || kind === reason.policy) && action && resource,
    );
    const when = denies.map(
      ({ sid, policy, conditions }) =>
        `${sid ?? policy} denies it when ${conditions.map(({ operator, key, values }) => `${operator} ${key} is ${values.join(" or ")}`).join(" and ")}`,
    );
    return when.length > 0
      ? [`${when.join("; ")}: a message does not say what the request carried. Ask again with --context.`]
      : [
          reason.policy === undefined
            ? "The message does not say which policy denies it, and none of this template does: look for a service control policy, a permissions boundary, and what is deployed beside this template."
            : `In the account, the ${denyingPolicyWords(reason.policy)} denies it, and this template has no such Deny: what is deployed is not this template.`,
        ];
  }
  if (decision.outcome === "allowed") {
    return [
      "This template allows it, so what is deployed differs from it: deploy the stage (pnpm sls deploy), and if the denial stays, compare the role's policies in the account with pnpm run permissions.",
      "A role whose policy has just changed may be denied for some seconds still.",
    ];
  }
  if (
    reason?.how === "no allow" &&
    kind &&
    decision.outcome === "implicitly denied" &&
    kind !== decision.missing
  ) {
    return [
      `The account says that no ${denyingPolicyWords(kind)} allows it, this template that no ${denyingPolicyWords(decision.missing)} does: it takes both.`,
    ];
  }
  return [];
}

/** What the message alone tells of somebody whose policies are not in the template, and what would end it. */
function outsider({ principal, reason }: Denial, { asked: { action, resource } }: Explanation): string[] {
  const { roleName } = assumedRole(principal) ?? {};
  const who = roleName === undefined ? principal : `the role ${roleName}`;
  if (reason?.how === "explicit deny") {
    return [
      `A Deny decided, and a Deny wins over every Allow. It is not in this template: look at the policies of ${who}, and at what stands over them.`,
    ];
  }
  return [
    `The message says it: no policy of ${who} allows this. A statement that does:`,
    "",
    "- Sid: SayWhatItIsFor",
    "  Effect: Allow",
    `  Action: ${action}`,
    `  Resource: ${resource === "*" ? '"*"' : resource}`,
    "",
    "It covers this resource alone; an asterisk in the place of a name covers all that begin alike. If there is such a statement already, compare it letter by letter: the bucket is not its objects, and a condition may not hold.",
  ];
}

function isOutside(policy: DenyingPolicy): boolean {
  return policy === "service-control" || policy === "resource control" || policy === "VPC endpoint";
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
