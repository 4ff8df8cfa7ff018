import { defaultProvider } from "@aws-sdk/credential-provider-node";
import type { CredentialProvider } from "../../index.ts";
import { type Caller, identifyCaller } from "./caller.ts";
import { type Clients, createClients } from "./clients.ts";

/** One region of the account that the credentials are for. */
export interface Account {
  readonly id: string;
  readonly partition: string;
  readonly region: string;
  readonly caller: Caller;
  readonly credentials: CredentialProvider;
  readonly clients: Clients;
}

/**
 * Opens the account of whoever the SDK's default credential chain finds. One chain for all clients, so that a source
 * that asks for something asks once.
 *
 * @throws Error of the credential chain's when it finds none, or STS's when it does not know them.
 */
export async function openAccount(region: string): Promise<Account> {
  const credentials = defaultProvider({ clientConfig: { region } });
  const clients = createClients(region, credentials);
  const caller = await identifyCaller(clients.sts);
  return { id: caller.accountId, partition: caller.partition, region, caller, credentials, clients };
}
