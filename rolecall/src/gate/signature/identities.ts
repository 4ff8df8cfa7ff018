import type { Credentials, Principal } from "../types.ts";

/** Knows whose each access key is. */
export interface Identities {
  find(accessKeyId: string): { readonly credentials: Credentials; readonly principal: Principal } | undefined;
}
