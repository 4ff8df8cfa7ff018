import { nearest } from "../../iam/nearest.ts";
import { parsePolicy } from "../../iam/policy.ts";
import type { Caller, NamedPolicy, Policies } from "../../iam/types.ts";
import type { ExecutionRole } from "../../stack/principals.ts";
import type { Service } from "../../stack/source/service.ts";
import { isServicePrincipal } from "./edits.ts";
import { SenselessQuestion } from "./senseless.ts";

/** Who is asked about. */
export interface Subject {
  /** As a reader would say it: the function's key, the service, the ARN. */
  readonly name: string;
  readonly caller: Caller;
  readonly policies: Omit<Policies, "resource">;
  /** For a function's role. */
  readonly role?: ExecutionRole;
  /** Set where its own policies are not in the template, and are taken to allow everything. */
  readonly isOutsider?: true;
  readonly notes: readonly string[];
}

/**
 * Finds whom a question is about: a function (its key, its deployed name, its role's name or ARN,
 * a session of that role), a service principal, or someone outside the template: an account id, the ARN of a user,
 * a role or a session, "anyone".
 *
 * @throws {SenselessQuestion} that lists whom it could be about
 */
export function findSubject(text: string, service: Service): Subject {
  const { roles, stack } = service;
  const session = /^arn:[^:]+:sts::(\d{12}):assumed-role\/([^/]+)\/(.+)$/.exec(text);
  const [, accountId, roleName, sessionName] = session ?? [];
  const role = roles.find(
    ({ functionKey, functionName, name, arn }) =>
      [functionKey, functionName, name, arn].includes(text) ||
      (name === roleName && accountId === stack.environment.accountId),
  );
  if (role !== undefined) return functionSubject(role, service, sessionName);
  if (isServicePrincipal(text)) {
    return { name: text, caller: { type: "service", service: text }, policies: { identity: [] }, notes: [] };
  }
  return outsider(text, service) ?? refuse(text, service);
}

function functionSubject(role: ExecutionRole, { stack }: Service, sessionName = role.functionName): Subject {
  const { accountId, partition } = stack.environment;
  return {
    name: role.functionKey,
    caller: {
      type: "principal",
      arn: `arn:${partition}:sts::${accountId}:assumed-role/${role.name}/${sessionName}`,
      principalArn: role.arn,
      accountId,
    },
    policies: { identity: role.policies, ...(role.boundary && { boundary: role.boundary }) },
    role,
    notes: [],
  };
}

/** What an outsider's own policies say is not in the template, so the most that they could is assumed. */
const ownPolicies: NamedPolicy = {
  name: "its own policies, which this template does not have",
  document: parsePolicy(
    { Version: "2012-10-17", Statement: { Effect: "Allow", Action: "*", Resource: "*" } },
    "identity-based",
  ),
};

function outsider(text: string, service: Service): Subject | undefined {
  const caller = outsideCaller(text, service);
  if (caller === undefined) return undefined;
  const isAnyone = caller.arn === anonymous;
  return {
    name: text,
    caller,
    policies: { identity: [ownPolicies] },
    ...(!isAnyone && { isOutsider: true }),
    notes: [
      isAnyone
        ? "Whoever does not sign has no policies of their own: the resource-based policy alone decides."
        : "Its own identity-based policies are not in this template. They are taken to allow everything, so the answer is the most that it may.",
    ],
  };
}

/** How a caller is called who does not sign; no policy can name it but as "*". */
export const anonymous = "anonymous";

function outsideCaller(text: string, service: Service): Extract<Caller, { type: "principal" }> | undefined {
  const { partition, stackName, accountId: ours } = service.stack.environment;
  if (text === "anyone") {
    return { type: "principal", arn: anonymous, principalArn: anonymous, accountId: anonymous };
  }
  if (/^\d{12}$/.test(text)) {
    const arn = `arn:${partition}:iam::${text}:root`;
    return { type: "principal", arn, principalArn: arn, accountId: text };
  }
  const [, accountId, kind, name = ""] =
    /^arn:[^:]+:(?:iam|sts)::(\d{12}):(root|user|role|assumed-role|federated-user)(?:\/(.+))?$/.exec(text) ??
    [];
  if (accountId === undefined) return undefined;
  // A role that is named as ours are, and is not there, is a slip.
  if (accountId === ours && name.startsWith(`${stackName}-`)) return undefined;
  const principalArn =
    kind === "assumed-role" ? `arn:${partition}:iam::${accountId}:role/${name.split("/")[0]}` : text;
  return { type: "principal", arn: text, principalArn, accountId };
}

function refuse(text: string, { roles, stage }: Service): never {
  const keys = roles.map(({ functionKey }) => functionKey);
  const intended = nearest(text, keys);
  throw new SenselessQuestion(
    [
      text === "developer"
        ? '"developer" is who calls the local run\'s API: no template has them, and they may invoke the API and nothing else. Ask about your own user or role by its ARN.'
        : `"${text}" is nobody that the stage "${stage}" knows.${intended ? ` Did you mean ${intended}?` : ""}`,
      `Ask about a function: ${keys.join(", ")};`,
      "or about its role's ARN, an assumed-role session's ARN, a service principal such as s3.amazonaws.com,",
      "an account id, a user's or a role's ARN, or anyone.",
    ].join("\n"),
  );
}
