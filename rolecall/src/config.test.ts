import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { loadConfig } from "./config.ts";

let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "config-test-"));
});
afterEach(() => rm(root, { recursive: true, force: true }));

const write = (text: string, name = "rolecall.config.mjs") => writeFile(join(root, name), text);

describe("rolecall.config", () => {
  it("may be absent: every setting has a default", async () => {
    expect(await loadConfig(root)).toEqual({});
  });

  it("names files relative to itself", async () => {
    await write(`export default {
      transcripts: "spoken",
      policies: { "arn:aws:iam::111122223333:policy/Shared": "policies/shared.json" },
      parameters: { VpcId: "vpc-1" },
    };`);

    expect(await loadConfig(root)).toEqual({
      transcripts: join(root, "spoken"),
      policies: { "arn:aws:iam::111122223333:policy/Shared": join(root, "policies", "shared.json") },
      parameters: { VpcId: "vpc-1" },
    });
  });

  it("is found as TypeScript, too", async () => {
    await write(`export default { parameters: { A: "1" as string } };`, "rolecall.config.ts");

    expect(await loadConfig(root)).toEqual({ parameters: { A: "1" } });
  });

  it("does not import scenarios before they are wanted", async () => {
    await write(`export default { scenarios: () => import("./is-not-there.mjs") };`);

    const { scenarios } = await loadConfig(root);

    await expect(scenarios?.()).rejects.toThrow("is-not-there");
  });

  it.each([
    [
      "a setting that is not known",
      "export default { scenario: [] };",
      /scenario is not a setting.*scenarios/,
    ],
    ["no default export", "export const config = {};", /exports no configuration/],
    ["a file that cannot be loaded", 'throw new Error("no disk");', /cannot be loaded: no disk/],
  ])("says what is wrong with %s, and in which file", async (_, text, says) => {
    await write(text);

    const loading = loadConfig(root);

    await expect(loading).rejects.toThrow(says);
    await expect(loading).rejects.toThrow(join(root, "rolecall.config.mjs"));
  });
});
