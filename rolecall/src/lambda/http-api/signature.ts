import type { Identities } from "../../gate/signature/identities.ts";
import { SignatureError } from "../../gate/signature/refusal.ts";
import { sha256 } from "../../gate/signature/signing.ts";
import { verifyRequest } from "../../gate/signature/verify-request.ts";
import type { Log, Principal } from "../../gate/types.ts";
import type { SignedRequest } from "./request.ts";

export interface SignerOptions {
  readonly identities: Identities;
  readonly region: string;
  readonly log: Log;
}

/**
 * Finds out who signed a request for execute-api. The API tells the client nothing of what is wrong with a signature,
 * so the log has to.
 */
export function createSignerCheck({ identities, region, log }: SignerOptions) {
  return async ({ method, path, query, headers, body }: SignedRequest): Promise<Principal | undefined> => {
    const target = query === "" ? path : `${path}?${query}`;
    const verification = {
      identities,
      region,
      service: "execute-api",
      now: new Date(),
      bodyHash: sha256(body),
    };
    try {
      const rawHeaders = Object.entries(headers).flat();
      return verifyRequest({ method, target, rawHeaders }, verification).principal;
    } catch (error) {
      if (!(error instanceof SignatureError) && !(error instanceof URIError)) throw error;
      log(`http-api: ${method} ${path} is refused, its signature: ${error.message}`);
      return undefined;
    }
  };
}
