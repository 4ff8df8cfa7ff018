import { stripVTControlCharacters } from "node:util";
import type { PolicyKind } from "../../iam/types.ts";

/** A refusal as AWS words it, taken apart. */
export type Message =
  | Denial
  /** Transcribe reports a right that its caller lacks in S3 as a bad request. */
  | { readonly type: "transcribe cannot access"; readonly action: "s3:GetObject" | "s3:PutObject" }
  /** Lambda looks at an execution role before it sets up what will use it. */
  | {
      readonly type: "execution role lacks";
      /** `service:Action`. */
      readonly action: string;
      /** Where the message names it. */
      readonly resource?: string;
    }
  /** The answer to a HEAD has no body. */
  | { readonly type: "head" }
  /** Amazon EC2 and others say why to those only who may have it decoded. */
  | { readonly type: "encoded" }
  /** API Gateway says no more than that. */
  | { readonly type: "forbidden" }
  /** S3 says no more than that to callers of other organisations, and where an ACL or a block decides. */
  | { readonly type: "access denied" };

/** `User: … is not authorized to perform: … on resource: … because …`. */
export interface Denial {
  readonly type: "denial";
  /** An ARN, a service principal or `anonymous`. */
  readonly principal: string;
  readonly action: string;
  readonly resource?: string;
  readonly reason?: {
    /** Whether a policy denies it, or none allows it. */
    readonly how: "explicit deny" | "no allow";
    /** Absent in older messages. */
    readonly policy?: DenyingPolicy;
  };
}

/** Three kinds of policy never stand in a service's template. */
export type DenyingPolicy = PolicyKind | "resource control" | "VPC endpoint";

const policies: ReadonlyMap<string, DenyingPolicy> = new Map<string, DenyingPolicy>([
  ["identity-based policy", "identity-based"],
  ["resource-based policy", "resource-based"],
  ["permissions boundary", "boundary"],
  ["session policy", "session"],
  ["service control policy", "service-control"],
  ["resource control policy", "resource control"],
  ["VPC endpoint policy", "VPC endpoint"],
]);

/** Whose session a principal's ARN names; undefined for one that is no role's. */
export function assumedRole(
  principal: string,
): { readonly roleName: string; readonly sessionName: string } | undefined {
  const [, roleName, sessionName] = /:assumed-role\/([^/]+)\/(.+)$/.exec(principal) ?? [];
  return roleName === undefined || sessionName === undefined ? undefined : { roleName, sessionName };
}

/** A kind of policy in AWS's words, e.g. "service control policy". */
export function denyingPolicyWords(policy: DenyingPolicy): string {
  return [...policies].find(([, kind]) => kind === policy)?.[0] ?? policy;
}

/**
 * Finds the refusal in a pasted text: bare, in a line of JSON or an answer in XML, over several lines or broken by a
 * terminal anywhere, with what CloudFormation or an SDK writes around it. The first one counts.
 *
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html
 *
 * @returns undefined when there is none
 */
export function readMessage(pasted: string): Message | undefined {
  const text = plainText(pasted);
  // A terminal breaks words as well, and then a space would stand in them.
  const unbroken = denial(plainText(pasted.replace(/\r?\n/g, "")));
  const spaced = denial(text);
  const found = [unbroken, spaced].find((one) => one?.isWhole) ?? spaced ?? unbroken;
  return found?.message ?? transcribeRefusal(text) ?? roleRefusal(text) ?? silentRefusal(text);
}

const entities: ReadonlyMap<string, string> = new Map([
  ["quot", '"'],
  ["#34", '"'],
  ["apos", "'"],
  ["#39", "'"],
  ["lt", "<"],
  ["gt", ">"],
  ["amp", "&"],
]);

/** Without what carries it: colours, escapes of JSON (also twice), entities of XML, line breaks. */
function plainText(pasted: string): string {
  return stripVTControlCharacters(pasted)
    .replace(/(?<!\\)\\+u([0-9a-fA-F]{4})/g, (_, code: string) =>
      String.fromCharCode(Number.parseInt(code, 16)),
    )
    .replace(/(?<!\\)\\+[nrt]/g, " ")
    .replace(/(?<!\\)\\+(["/])/g, "$1")
    .replace(/&(quot|#34|apos|#39|lt|gt|amp);/g, (_, name: string) => entities.get(name) ?? "")
    .replace(/\s+/g, " ");
}

interface Found {
  readonly message: Denial;
  /** Whether the reason follows what the message is about, with nothing in between. */
  readonly isWhole: boolean;
}

function denial(text: string): Found | undefined {
  const [whole, principal = "", action = ""] =
    /User: (\S+) is not authorized to perform: ([\w-]+:\w+)/.exec(text) ?? [];
  if (whole === undefined) return undefined;
  const start = text.indexOf(whole) + whole.length;
  const rest = text.slice(start, start + longestRest);
  const [about = "", quoted, bare] = /^ on resource: (?:"([^"]*)"|([^\s"<]+))/.exec(rest) ?? [];
  const resource = unmasked(quoted ?? bare?.replace(punctuation, ""), principal);
  const reason = readReason(rest);
  return {
    message: { type: "denial", principal, action, ...(resource && { resource }), ...(reason && { reason }) },
    isWhole: reason !== undefined && /^ (?:because|with) /.test(rest.slice(about.length)),
  };
}

/** Characters: a key of S3 has 1024 bytes at most. What follows is another line's. */
const longestRest = 4000;

/** What a sentence or a bracket puts behind an ARN. */
const punctuation = /[.,;:)\]}'"]+$/;

/** API Gateway shows the last four digits of an account only. The caller's own is the likely one. */
function unmasked(resource: string | undefined, principal: string): string | undefined {
  const account = /:(\d{12}):/.exec(principal)?.[1];
  return resource?.replace(/\*{8}(\d{4})(?=:)/, (masked, end: string) =>
    account?.endsWith(end) ? account : masked,
  );
}

function readReason(rest: string): Denial["reason"] {
  const [, missing, denying] =
    /(?:because no ([\w -]+?) allows|with an explicit deny in an? ((?:[\w-]+ )*?(?:policy|boundary)))/.exec(
      rest,
    ) ?? [];
  const policy = policies.get(missing ?? denying ?? "");
  if (policy) return { how: missing === undefined ? "explicit deny" : "no allow", policy };
  return /^(?: on resource: \S+)? with an explicit deny/.test(rest) ? { how: "explicit deny" } : undefined;
}

/** https://docs.aws.amazon.com/transcribe/latest/dg/security_iam_service-with-iam.html */
function transcribeRefusal(text: string): Message | undefined {
  if (!/can['’]t be accessed/.test(text)) return undefined;
  if (/S3 URI that you provided/.test(text)) {
    return { type: "transcribe cannot access", action: "s3:GetObject" };
  }
  return /specified S3 bucket/.test(text)
    ? { type: "transcribe cannot access", action: "s3:PutObject" }
    : undefined;
}

/** `The provided execution role does not have permissions to call ReceiveMessage on SQS`. */
function roleRefusal(text: string): Message | undefined {
  const [, operation, on = ""] =
    /execution role does not have permissions to call (\w+) on (arn:\S+|\w+)/.exec(text) ?? [];
  if (operation === undefined) return undefined;
  const resource = on.startsWith("arn:") ? on.replace(punctuation, "") : undefined;
  const service = (resource?.split(":")[2] ?? on).toLowerCase();
  return {
    type: "execution role lacks",
    action: `${service}:${operation}`,
    ...(resource !== undefined && { resource }),
  };
}

function silentRefusal(text: string): Message | undefined {
  if (/"?message"?\s*:\s*"?Forbidden\b/i.test(text) || /^\s*Forbidden\s*$/.test(text)) {
    return { type: "forbidden" };
  }
  if (/Encoded authorization failure message/.test(text)) return { type: "encoded" };
  const isHead = /\bHead(?:Object|Bucket)\b/.test(text) && /\b403\b|Forbidden/.test(text);
  if (isHead || /\bUnknown(?:Error)?\b.*httpStatusCode\W+403/.test(text)) return { type: "head" };
  return /Access ?Denied|Access to the resource \S+ is denied/i.test(text)
    ? { type: "access denied" }
    : undefined;
}
