import { type Browser, type BrowserContextOptions, chromium, type Locator, type Page } from "playwright-core";
import { afterAll, beforeAll, expect } from "vitest";
import { type LocalConsole, startLocalConsole } from "../testing/local-console.ts";

/** Milliseconds; long enough for the page to see each status. */
const jobDurations = { queued: 300, inProgress: 300 };

export async function startBrowser(): Promise<Browser> {
  const executablePath = process.env.CHROMIUM;
  if (!executablePath) throw new Error("Run these tests by pnpm test:console: it finds Chromium.");
  // Chromium has no sandbox for root, as whom containers run.
  const args = process.getuid?.() === 0 ? ["--no-sandbox"] : [];
  return chromium.launch({ executablePath, args });
}

export interface OpenPage extends AsyncDisposable {
  readonly page: Page;
}

/** A local run and a browser for all tests of a file. */
export function useConsole() {
  let local: LocalConsole;
  let browser: Browser;
  beforeAll(async () => {
    [local, browser] = await Promise.all([startLocalConsole({ jobDurations }), startBrowser()]);
  });
  afterAll(async () => {
    await browser?.close();
    await local?.close();
  });
  return {
    get local() {
      return local;
    },
    get browser() {
      return browser;
    },
    /**
     * Opens the page in a browser of its own; what it may not do fails the test at its end: an error, a violation of
     * its own policy, a request to another host.
     */
    async open(address: string, options: BrowserContextOptions = {}): Promise<OpenPage> {
      const context = await browser.newContext({
        viewport: { width: 1280, height: 860 },
        reducedMotion: "reduce",
        ...options,
      });
      const page = await context.newPage();
      const faults: string[] = [];
      page.on("pageerror", ({ message }) => faults.push(message));
      page.on("console", (message) => {
        // That the service refused something is what some tests are about.
        const isRefusal = message.text().startsWith("Failed to load resource: the server responded");
        if (["error", "warning"].includes(message.type()) && !isRefusal) faults.push(message.text());
      });
      page.on("request", (request) => {
        const { origin } = new URL(request.url());
        if (origin !== local.url && origin !== local.aws.endpoint) faults.push(`asked ${request.url()}`);
      });
      await page.goto(`${local.url}/${address}`);
      await page.locator("h1").first().waitFor();
      return {
        page,
        async [Symbol.asyncDispose]() {
          await context.close();
          expect(faults).toEqual([]);
        },
      };
    },
  };
}

/** What a person sees of it, as text. */
export async function shown(locator: Locator): Promise<string> {
  await locator.first().waitFor();
  return (await locator.allInnerTexts()).join("\n");
}

/** Sends the first sample, and waits for its transcript. */
export async function sendSample(page: Page): Promise<void> {
  await page.getByRole("button", { name: "function-without-keys" }).click();
  await page.getByText("the answer is always no", { exact: false }).last().waitFor();
  await page
    .getByRole("listitem")
    .filter({ hasText: "Done" })
    .and(page.locator("[aria-current=step]"))
    .waitFor();
}

/** Takes an action out by the What if view. */
export async function takeOut(page: Page, statement: string, action: string): Promise<void> {
  await page.getByRole("link", { name: "What if" }).click();
  await page.getByRole("group", { name: statement }).getByLabel(action).uncheck();
  await page.getByText("1 action taken out (").waitFor();
}
