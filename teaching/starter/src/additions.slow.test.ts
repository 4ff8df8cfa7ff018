import { execFile } from "node:child_process";
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { stripVTControlCharacters } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { runningPnpm } from "../../running-pnpm.ts";
import { writeStarter } from "./starter.ts";
import { type Addition, additions } from "./testing/additions.ts";

/*
 * An adopter's tests are the adopter's: what people add to a starter without a thought leaves its tests green, but for
 * what the new code itself needs, which the tests name. The deployer is dropped, as docs/adapting.md says; what it
 * answers to something new is the last test.
 */

const root = fileURLToPath(new URL("../../..", import.meta.url));

let starter: string;
/** What additions write into, as it is without them. */
const originals = new Map<string, string | undefined>();

beforeAll(async () => {
  starter = await mkdtemp(join(tmpdir(), "additions-"));
  await writeStarter({ root, folder: starter, name: "memo-box", withToolkit: true });
  const installed = await pnpm("install", "--no-frozen-lockfile", "--prefer-offline");
  expect(installed.code, installed.output).toBe(0);
  await pnpm("run", "format");
}, 600_000);

afterAll(() => rm(starter, { recursive: true, force: true }));

/** As somebody at a keyboard does. */
function pnpm(...args: readonly string[]): Promise<{ code: number; output: string }> {
  const [program, ...first] = runningPnpm();
  const inherited = Object.entries(process.env).filter(([name]) => !/^(AWS_|VITEST|FORCE_COLOR$)/.test(name));
  const env = { ...Object.fromEntries(inherited), NO_COLOR: "1", LOCAL_SPEECH: "recorded" };
  const options = { cwd: starter, env, maxBuffer: 64 * 1024 ** 2 };
  return new Promise((resolve, reject) => {
    execFile(program, [...first, ...args], options, (error, stdout, stderr) => {
      const code = error === null ? 0 : error.code;
      if (typeof code !== "number") reject(error);
      else resolve({ code, output: stripVTControlCharacters(stdout + stderr) });
    });
  });
}

async function add({ files = {}, changes = [], exceptions = [] }: Addition): Promise<void> {
  const write = async (path: string, text: string) => {
    const file = join(starter, path);
    if (!originals.has(path)) originals.set(path, await readFile(file, "utf8").catch(() => undefined));
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, text);
  };
  for (const [path, text] of Object.entries(files)) await write(path, text);
  for (const { file, at, put } of changes) {
    const text = await readFile(join(starter, file), "utf8");
    expect(text.split(at), `${file} has "${at}" once`).toHaveLength(2);
    await write(
      file,
      text.replace(at, () => put),
    );
  }
  for (const exception of exceptions) {
    const config = "rolecall.config.ts";
    const text = await readFile(join(starter, config), "utf8");
    const [list, begin] = ["  exceptions: [", "export default {\n"];
    await write(
      config,
      text.includes(list)
        ? text.replace(list, () => `${list}${exception}, `)
        : text.replace(begin, () => `${begin}${list}${exception}],\n`),
    );
  }
}

async function takeBack(): Promise<void> {
  for (const [path, text] of originals) {
    if (text === undefined) await rm(join(starter, path));
    else await writeFile(join(starter, path), text);
  }
  originals.clear();
}

/** The tests that failed, each with what it said. */
const failuresIn = (output: string) => output.match(/^.*FAIL.*$/gm) ?? [];

describe("a starter without the deployer", { timeout: 600_000 }, () => {
  let deployer: string;

  beforeAll(async () => {
    deployer = await mkdtemp(join(tmpdir(), "deployer-"));
    await cp(join(starter, "deployer"), deployer, { recursive: true });
    await rm(join(starter, "deployer"), { recursive: true });
  });

  afterAll(async () => {
    await takeBack();
    await cp(deployer, join(starter, "deployer"), { recursive: true });
    await rm(deployer, { recursive: true });
  });

  // What says something of the template and of rights; the rest runs with all of them at once.
  const tests = [
    "resources",
    "packages",
    "scenarios/src/grants",
    "scenarios/src/openapi",
    "scenarios/src/prove",
  ];

  it.each(Object.entries(additions))("passes its tests with %s", async (_, addition) => {
    await takeBack();
    await add(addition);
    await pnpm("run", "format");

    const checked = await pnpm("check");
    expect(checked.output, checked.output).not.toMatch(/error TS|Found \d+ error/);
    const { code, output } = await pnpm("exec", "vitest", "run", ...tests);

    expect(failuresIn(output), output).toEqual([]);
    expect(code).toBe(0);
  });

  it("passes pnpm test with all of them at once", async () => {
    await takeBack();
    for (const addition of Object.values(additions)) await add(addition);
    await pnpm("run", "format");

    const { code, output } = await pnpm("test");

    expect(failuresIn(output), output).toEqual([]);
    expect(code).toBe(0);
  });

  it("says of a route that is neither described nor proved what it needs", async () => {
    await takeBack();
    const { files = {}, changes = [] } = additions["a route"] as Addition;
    await add({ files, changes: changes.filter(({ file }) => file === "serverless.yml") });

    const { output } = await pnpm("exec", "vitest", "run", "scenarios/src/openapi", "scenarios/src/prove");

    expect(output).toMatch(/GET \/status readStatus/);
    expect(output).toMatch(/no scenario makes readStatus run/);
  });
});

it("with the deployer, a new type is named with what to add", { timeout: 600_000 }, async () => {
  await add(additions["a table"] as Addition);

  const { output } = await pnpm("exec", "vitest", "run", "deployer");
  await takeBack();

  expect(output).toMatch(/AWS::DynamoDB::Table.*add.*resource-handlers\.ts/s);
});
