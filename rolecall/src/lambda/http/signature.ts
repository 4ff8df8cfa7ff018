import type { Identities } from "../../gate/signature/identities.ts";
import { type Refusal, SignatureError } from "../../gate/signature/refusal.ts";
import { sha256 } from "../../gate/signature/signing.ts";
import { verifyRequest } from "../../gate/signature/verify-request.ts";
import type { Log, Principal } from "../../gate/types.ts";
import type { SignedRequest } from "./request.ts";

/** Who signed a request, or why nobody did. */
export type Signer =
  | { readonly principal: Principal; readonly refusal?: never }
  | { readonly refusal: Refusal; readonly principal?: never };

export type SignerCheck = (request: SignedRequest) => Signer;

export interface SignerOptions {
  readonly identities: Identities;
  readonly region: string;
  /** That clients sign for: `execute-api` for an API, `lambda` for a function URL. */
  readonly service: "execute-api" | "lambda";
  readonly log: Log;
}

/** Finds out who signed a request (Signature Version 4). A client is told little of what is wrong, so the log is. */
export function createSignerCheck({ identities, region, service, log }: SignerOptions): SignerCheck {
  return ({ method, path, query, headers, body }) => {
    const target = query === "" ? path : `${path}?${query}`;
    const verification = { identities, region, service, now: new Date(), bodyHash: sha256(body) };
    try {
      const rawHeaders = Object.entries(headers).flat();
      return { principal: verifyRequest({ method, target, rawHeaders }, verification).principal };
    } catch (error) {
      if (!(error instanceof SignatureError) && !(error instanceof URIError)) throw error;
      log(`${method} ${path} is refused, its signature: ${error.message}`);
      if (error instanceof SignatureError) return { refusal: error.refusal };
      return { refusal: { reason: "malformed", place: "query", detail: "The URL is malformed." } };
    }
  };
}

/** What an event tells of the caller; the unique ids of IAM's users and roles do not exist here, so the name stands in. */
export function iamIdentity({ name, caller }: Principal, request: SignedRequest) {
  const id = `LOCAL:${name}`;
  return { accessKey: accessKeyOf(request), accountId: caller.accountId, id, userArn: caller.arn };
}

/** The access key id that the signature names, in the Authorization header or in a presigned URL. */
function accessKeyOf({ headers, query }: SignedRequest): string {
  const header = /Credential=([^/,\s]+)/.exec(headers.authorization ?? "")?.[1];
  return header ?? new URLSearchParams(query).get("X-Amz-Credential")?.split("/")[0] ?? "";
}
