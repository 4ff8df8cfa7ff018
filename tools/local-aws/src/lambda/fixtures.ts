import { mkdtemp, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Decision } from "@voice-notes/permissions";
import { strToU8, zipSync } from "fflate";
import type { Gate, Principal, Question } from "../types.ts";
import type { FunctionSpec } from "./types.ts";

export const region = "us-east-1";
export const accountId = "123456789012";

/** Placeholders: nothing here has the form of a real key. */
export function placeholderCredentials(lifetime = 3_600_000) {
  return {
    accessKeyId: "PLACEHOLDER-ID",
    secretAccessKey: "placeholder-secret",
    sessionToken: "placeholder-token",
    expiration: new Date(Date.now() + lifetime),
  };
}

/** A question that was asked, and who asked it. */
export interface Asked extends Question {
  readonly who: string;
}

/** Allows everything but the actions named, and remembers what was asked. */
export function testGate(denied: readonly string[] = []): Gate & { readonly asked: Asked[] } {
  const asked: Asked[] = [];
  const decide = (who: string, question: Question): Decision => {
    asked.push({ who, ...question });
    return denied.includes(question.action)
      ? { outcome: "implicitly denied", missing: "identity-based" }
      : { outcome: "allowed", by: { kind: "identity-based", policy: "test", index: 0 } };
  };
  return {
    asked,
    authorize: (principal, question) => decide(principal.name, question),
    authorizeService: (service, question) => decide(service, question),
  };
}

export function testPrincipal(name: string): Principal {
  return {
    name,
    caller: {
      type: "principal",
      arn: `arn:aws:sts::${accountId}:assumed-role/${name}-role/${name}`,
      principalArn: `arn:aws:iam::${accountId}:role/${name}-role`,
      accountId,
    },
    policies: [],
  };
}

/** A directory for what a test writes; the test removes it. */
export function temporaryDirectory(): Promise<string> {
  return mkdtemp(join(tmpdir(), "local-aws-test-"));
}

/** Writes a function's zip and describes the function; `files` maps paths in the zip to their text. */
export async function testFunction(
  directory: string,
  files: Readonly<Record<string, string>>,
  settings: Partial<FunctionSpec> = {},
): Promise<FunctionSpec> {
  const key = settings.key ?? "echo";
  const zip = join(directory, `${key}.zip`);
  const entries = Object.entries(files).map(([path, text]) => [path, strToU8(text)] as const);
  await writeFile(zip, zipSync(Object.fromEntries(entries)));
  return {
    key,
    name: `notes-dev-${key}`,
    arn: `arn:aws:lambda:${region}:${accountId}:function:notes-dev-${key}`,
    handler: "index.handler",
    zip,
    timeout: 6,
    memory: 256,
    environment: {},
    principal: testPrincipal(key),
    credentials: () => placeholderCredentials(),
    logGroup: `/aws/lambda/notes-dev-${key}`,
    ...settings,
  };
}
