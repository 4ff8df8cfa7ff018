import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, it, vi } from "vitest";
import { packageService } from "./package-service.ts";

const installed = fileURLToPath(new URL("../../../node_modules", import.meta.url));
const configuration = `
service: notes
useDotenv: true
plugins: [serverless-esbuild]
provider:
  name: aws
  runtime: nodejs24.x
  iam: { role: { statements: "\${file(config/statements.js):statements}" } }
  environment: { TABLE: "\${env:TABLE, 'none'}", OWNER: "\${env:OWNER, 'nobody'}" }
functions:
  read: { handler: src/read.handler }
`;

let root: string;
let packagings = 0;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "real-framework-test-"));
  await write("package.json", "{}");
  // A folder of its own, for the cache, with what the framework needs.
  for (const name of ["osls", "serverless-esbuild", "esbuild"]) {
    await mkdir(join(root, "node_modules"), { recursive: true });
    await symlink(join(installed, name), join(root, "node_modules", name), "junction");
  }
  await write("serverless.yml", configuration);
  await write("config/actions.json", '["s3:GetObject"]');
  await write(
    "config/statements.js",
    'exports.statements = [{ Effect: "Allow", Action: require("./actions.json"), Resource: "*" }];',
  );
  await write("src/read.ts", 'import { text } from "./text.ts"; export const handler = async () => text;');
  await write("src/text.ts", 'export const text = "first";');
});
afterAll(async () => {
  vi.unstubAllEnvs();
  await rm(root, { recursive: true });
});

async function write(name: string, content: string): Promise<void> {
  await mkdir(dirname(join(root, name)), { recursive: true });
  await writeFile(join(root, name), content);
}

async function template(): Promise<string> {
  const onPackaging = () => {
    packagings += 1;
  };
  const folder = await packageService({ root, stage: "dev", region: "us-east-1", onPackaging });
  return readFile(join(folder, "cloudformation-template-update-stack.json"), "utf8");
}

it("osls: a package is found again until a script, a variable, .env or code changes", async () => {
  expect(await template()).toContain("s3:GetObject");
  await template();
  expect(packagings).toBe(1);

  await write("config/actions.json", '["s3:*"]');
  expect(await template()).toContain("s3:*");
  await write(".env", "OWNER=somebody");
  vi.stubEnv("TABLE", "photos");
  const changed = await template();
  expect(changed).toContain("somebody");
  expect(changed).toContain("photos");
  expect(packagings).toBe(3);

  await write("src/text.ts", 'export const text = "second";');
  await template();
  expect(packagings).toBe(4);
  await template();
  expect(packagings).toBe(4);
});
