import type { Caller } from "./types.ts";

export interface Circumstances {
  readonly region: string;
  readonly time: Date;
  /** Whether an AWS service asks on the principal's behalf: it does so from an address of its own. */
  readonly viaService?: boolean;
}

/**
 * The condition keys that a request carries whatever it asks for, as a caller on this machine would send it over TLS.
 *
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html
 */
export function globalContext(
  caller: Caller,
  { region, time, viaService = false }: Circumstances,
): Record<string, string> {
  const request = {
    "aws:SecureTransport": "true",
    "aws:CurrentTime": time.toISOString(),
    "aws:EpochTime": String(Math.floor(time.getTime() / 1000)),
    "aws:RequestedRegion": region,
  };
  if (caller.type === "service") {
    return { ...request, "aws:PrincipalIsAWSService": "true", "aws:PrincipalServiceName": caller.service };
  }
  // Who does not sign is no principal: nothing is known of one.
  if (caller.arn === "anonymous") {
    return { ...request, "aws:PrincipalType": "Anonymous", "aws:SourceIp": "127.0.0.1" };
  }
  const principal = {
    ...request,
    "aws:PrincipalArn": caller.principalArn,
    "aws:PrincipalAccount": caller.accountId,
    "aws:PrincipalType": principalType(caller.arn),
    "aws:PrincipalIsAWSService": "false",
    "aws:ViaAWSService": String(viaService),
  };
  return viaService ? principal : { ...principal, "aws:SourceIp": "127.0.0.1" };
}

/** https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html#principaltable */
function principalType(arn: string): string {
  const kind = /^arn:[^:]+:(?:iam|sts)::\d{12}:([a-z-]+)/.exec(arn)?.[1];
  if (kind === "user") return "User";
  return kind === "root" ? "Account" : "AssumedRole";
}

/** The ARN whose resource-based policies speak for a resource: an object's are its bucket's, a method's its API's. */
export function policyHolder(resource: string): string {
  return /^arn:[^:]*:(?:s3:::|execute-api:[^/]*)[^/]*/.exec(resource)?.[0] ?? resource;
}
