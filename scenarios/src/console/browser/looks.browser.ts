import { mkdir, readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { beforeAll, describe, expect, it } from "vitest";
import { root } from "../testing/local-console.ts";
import { accessibilityViolations, layoutShift, overflow } from "./in-page.js";
import { sendSample, takeOut, useConsole } from "./open.ts";

const run = useConsole();

/** Where the screenshots go, for a person to look at. */
const folder = join(root, ".local", "console");

/** IBM's engine for WCAG, of Equal Access; licensed as permissively as this project. */
const engine = await readFile(
  createRequire(import.meta.url).resolve("accessibility-checker-engine/ace.js"),
  "utf8",
);

/** Each view with something in it, and what has to be done for that. */
const views: Readonly<Record<string, { address: string; prepare?: (page: Page) => Promise<void> }>> = {
  functions: { address: "#/functions/startTranscription" },
  answer: {
    address: "#/functions/listRecordings",
    async prepare(page) {
      await page.getByLabel("Action", { exact: true }).fill("s3:GetObject");
      await page.getByLabel("Resource", { exact: true }).fill("audio/x.wav");
      await page.getByRole("button", { name: "Ask" }).click();
      await page.locator(".answer .verdict").waitFor();
    },
  },
  decisions: {
    address: "#/decisions",
    async prepare(page) {
      await page.locator(".rows a").first().waitFor();
    },
  },
  decision: {
    address: "#/decisions",
    async prepare(page) {
      await page.locator(".rows a", { hasText: "StartJobsIntoOurBucket" }).last().click();
      await page.locator(".detail .verdict").waitFor();
    },
  },
  "no-recording": { address: "#/recordings" },
  recording: { address: "#/recordings", prepare: sendSample },
  "what-if": {
    address: "#/what-if",
    async prepare(page) {
      await takeOut(page, "receiveAudio: StoreAudio", "s3:PutObject");
      await page.getByRole("button", { name: "Send a sample through" }).click();
      await page.locator(".broken li").first().waitFor();
    },
  },
  "this-run": {
    address: "#/functions",
    async prepare(page) {
      await page.getByRole("button", { name: "This run" }).click();
    },
  },
};

beforeAll(async () => {
  await mkdir(folder, { recursive: true });
  await using opened = await run.open("#/recordings");
  await sendSample(opened.page);
});

describe.each(Object.entries(views))("%s", (name, { address, prepare }) => {
  it.each([
    ["light", 1280],
    ["light", 390],
    ["dark", 1280],
    ["dark", 390],
  ] as const)("in %s, %i pixels wide, is accessible, fits, and does not jump", async (colorScheme, width) => {
    await using opened = await run.open(address, {
      colorScheme,
      viewport: { width, height: 860 },
      // The engine comes from outside, which the page's own policy does not allow.
      bypassCSP: true,
    });
    const { page } = opened;
    await prepare?.(page);

    await page.screenshot({ path: join(folder, `${name}-${colorScheme}-${width}.png`) });
    expect(await page.evaluate(layoutShift)).toBeLessThan(0.05);
    expect(await page.evaluate(overflow)).toBe(0);
    await page.evaluate(engine);
    expect(await page.evaluate(accessibilityViolations)).toEqual([]);

    if (name === "what-if") await page.getByRole("button", { name: "Put everything back" }).first().click();
  });
});
