import { parseArgs } from "node:util";
import { complain } from "../terminal/terminal.ts";

const usage = `rolecall token --issuer URL [--claims JSON]

Prints a token that the authorizers of a running local run take (JWT and Cognito authorizers), for an hour.
--issuer  what \`rolecall start\` printed as the token issuer, such as http://127.0.0.1:40123
--claims  what the token says, such as '{"sub":"anna","scope":"items/read"}'. Left out, "iss" and "aud" are those
          of the template's authorizer; a Cognito authorizer asks for "token_use": "id", or "access" with scopes.

curl -H "authorization: Bearer $(rolecall token --issuer URL)" …`;

/** Signs nothing itself: the key is the running local run's. */
export async function tokenCommand(): Promise<void> {
  try {
    const { values } = parseArgs({
      options: {
        issuer: { type: "string" },
        claims: { type: "string", default: "{}" },
        help: { type: "boolean" },
      },
    });
    if (values.help) return console.log(usage);
    console.log(await askForToken(values.issuer, values.claims));
  } catch (error) {
    complain(error instanceof Error ? error.message : error);
    console.error(`\n${usage}`);
    process.exitCode = 2;
  }
}

/** @throws Error that says what to do next. */
export async function askForToken(issuer: string | undefined, claims: string): Promise<string> {
  if (issuer === undefined)
    throw new Error("Missing --issuer: start the local run first, it prints the URL.");
  let body: string;
  try {
    body = JSON.stringify({ claims: JSON.parse(claims) });
  } catch {
    throw new Error(`--claims is not JSON: ${claims}`);
  }
  const response = await fetch(new URL("/token", issuer), { method: "POST", body }).catch((error: Error) => {
    throw new Error(`Nothing answers at ${issuer}: is the local run still there? (${error.message})`);
  });
  const { access_token, error } = (await response.json()) as { access_token?: string; error?: string };
  if (access_token === undefined) throw new Error(`The local run gives no token: ${error}`);
  return access_token;
}
