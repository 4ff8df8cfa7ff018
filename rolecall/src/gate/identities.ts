import { randomBytes } from "node:crypto";
import type { Identities } from "./signature/identities.ts";
import type { Credentials, Principal } from "./types.ts";

/** Hours a session lasts; Lambda does not say how long its own are. */
const sessionHours = 12;

export interface IssuedIdentities extends Identities {
  /** New temporary credentials for a principal, as STS would give them. Old ones stay valid until they expire. */
  issue(principal: Principal): Credentials;
}

/** Knows whose each access key is. The keys are random, live in memory alone, and end with the process. */
export function createIdentities(clock: () => Date = () => new Date()): IssuedIdentities {
  const issued = new Map<string, { credentials: Credentials; principal: Principal }>();
  return {
    issue(principal) {
      const credentials: Credentials = {
        // ASIA is what AWS begins temporary keys with: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html
        accessKeyId: `ASIALOCAL${randomBytes(8).toString("hex").toUpperCase().slice(0, 11)}`,
        secretAccessKey: randomBytes(30).toString("base64url"),
        sessionToken: randomBytes(48).toString("base64url"),
        expiration: new Date(clock().getTime() + sessionHours * 3_600_000),
      };
      issued.set(credentials.accessKeyId, { credentials, principal });
      return credentials;
    },
    find: (accessKeyId) => issued.get(accessKeyId),
  };
}
