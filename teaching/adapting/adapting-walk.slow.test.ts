import { rm } from "node:fs/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { examplesOf, isShown, normalised } from "../pages/examples.ts";
import { copyProject, readSection, runInstalled, runScript, write } from "./adapting-page.ts";

const page = "adapting.md";

describe("the function that docs/adapting.md adds", { timeout: 120_000 }, () => {
  let copy: string;
  let scenarios: Awaited<ReturnType<typeof readSection>>;

  beforeAll(async () => {
    const { pieces } = await readSection(page, "Add a function");
    scenarios = await readSection(page, "Prove the grant");
    copy = await copyProject();
    await write(copy, pieces.slice(0, pieces.length - scenarios.pieces.length));
  });

  afterAll(async () => {
    await rm(copy, { recursive: true, force: true });
  });

  /** Holds what the n-th example of the proof prints to what the page shows. @returns its exit code. */
  async function prove(position: number): Promise<number> {
    const example = examplesOf({ name: page, text: scenarios.text })[position];
    const [, script = "", ...args] = example?.commands[0]?.split(" ") ?? [];
    const { code, output } = await runScript(copy, script, ...args);
    const shown = example?.output?.text ?? "";
    if (!isShown(shown, output)) expect(normalised(output)).toBe(normalised(shown));
    return code;
  }

  it("packages, and the lint finds nothing", async () => {
    const { code, output } = await runScript(copy, "permissions", "readText");

    expect(output).toMatch(/FindTranscript +Allow s3:ListBucket/);
    expect(output).toMatch(/ReadTranscript +Allow s3:GetObject/);
    expect(output).toMatch(/no findings$/);
    expect(code).toBe(0);
  });

  it("has types that fit", async () => {
    expect(await runInstalled(copy, "typescript/bin/tsc", "--noEmit")).toEqual({ code: 0, output: "" });
  });

  it("passes its test; its role may do what grants.test.ts says, the boundary lets it, and it is described", async () => {
    const tests = ["read-text.test.ts", "grants.test.ts", "decisions.test.ts", "openapi.test.ts"];

    const { code, output } = await runInstalled(copy, "vitest/vitest.mjs", "run", ...tests);

    expect(output).toMatch(/Test Files +4 passed/);
    expect(code).toBe(0);
  });

  it("has spare rights before there is a scenario, in the words of the page", async () => {
    expect(await prove(0)).toBe(1);
  });

  it("is proved with the page's scenarios, which are formatted like the rest", async () => {
    await write(copy, scenarios.pieces);
    const formatted = ["packages/recordings", "scenarios/src"];
    const biome = await runInstalled(copy, "@biomejs/biome/bin/biome", "check", ...formatted);

    expect(biome.output).toContain("No fixes applied");
    expect(biome.code).toBe(0);
    expect(await prove(1)).toBe(0);
  });
});
