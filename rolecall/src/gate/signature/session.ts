import type { Credentials, Principal } from "../types.ts";
import type { Identities } from "./identities.ts";
import { SignatureError, type SignaturePlace } from "./refusal.ts";
import { type CredentialScope, equalsInConstantTime } from "./signing.ts";

export interface VerificationOptions {
  readonly identities: Identities;
  readonly region: string;
  /** The signing name of the service that was called, e.g. "s3". */
  readonly service: string;
  readonly now: Date;
}

/**
 * Finds whose session a signature claims to come from, before the signature itself is checked.
 *
 * @throws {SignatureError} wrong region or service, unknown key, missing or foreign token, session expired
 */
export function findSession(
  scope: CredentialScope,
  sessionToken: string | undefined,
  place: SignaturePlace,
  { identities, region, service, now }: VerificationOptions,
): { readonly credentials: Credentials; readonly principal: Principal } {
  const { accessKeyId } = scope;
  if (scope.region !== region) {
    throw new SignatureError({ reason: "wrong region", place, given: scope.region, expected: region });
  }
  if (scope.service !== service) {
    throw new SignatureError({ reason: "wrong service", place, given: scope.service, expected: service });
  }
  const session = identities.find(accessKeyId);
  if (session === undefined) throw new SignatureError({ reason: "unknown access key", accessKeyId });
  if (!sessionToken) throw new SignatureError({ reason: "missing session token", accessKeyId });
  if (!equalsInConstantTime(sessionToken, session.credentials.sessionToken)) {
    throw new SignatureError({ reason: "foreign session token" });
  }
  if (session.credentials.expiration <= now) throw new SignatureError({ reason: "session expired" });
  return session;
}
