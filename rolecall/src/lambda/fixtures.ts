import { mkdtemp, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { strToU8, zipSync } from "fflate";
import type { Credentials } from "../gate/types.ts";
import { placeholderCredentials } from "../run/testing/credentials.ts";
import { accountId, region, testPrincipal } from "../run/testing/gate.ts";
import type { FunctionSpec } from "./types.ts";

/** What an instance starts with; its session ends after `lifetime` milliseconds. */
export function testCredentials(lifetime = 3_600_000): Credentials {
  return { ...placeholderCredentials, expiration: new Date(Date.now() + lifetime) };
}

/** A directory for what a test writes; the test removes it. */
export function temporaryDirectory(): Promise<string> {
  return mkdtemp(join(tmpdir(), "local-aws-test-"));
}

/** Writes a function's zip and describes the function; `files` maps paths in the zip to their text. */
export async function testFunction(
  directory: string,
  files: Readonly<Record<string, string>>,
  settings: Partial<Omit<FunctionSpec, "code">> = {},
): Promise<FunctionSpec & { readonly code: { readonly zip: string } }> {
  const key = settings.key ?? "echo";
  const zip = join(directory, `${key}.zip`);
  const entries = Object.entries(files).map(([path, text]) => [path, strToU8(text)] as const);
  await writeFile(zip, zipSync(Object.fromEntries(entries)));
  return {
    key,
    name: `notes-dev-${key}`,
    arn: `arn:aws:lambda:${region}:${accountId}:function:notes-dev-${key}`,
    handler: "index.handler",
    code: { zip },
    timeout: 6,
    memory: 256,
    environment: {},
    principal: testPrincipal(key),
    credentials: () => testCredentials(),
    logGroup: `/aws/lambda/notes-dev-${key}`,
    ...settings,
  };
}
