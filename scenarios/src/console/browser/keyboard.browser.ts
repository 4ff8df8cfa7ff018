import type { Locator, Page } from "playwright-core";
import { expect, it } from "vitest";
import { shown, useConsole } from "./open.ts";

const run = useConsole();

/** Tabs at most until what is wanted should have come. */
const mostTabs = 120;

/** Goes on with the Tab key until it stands on something. */
async function tabTo(page: Page, wanted: Locator, key: "Tab" | "Shift+Tab" = "Tab"): Promise<void> {
  for (let tabs = 0; tabs < mostTabs; tabs += 1) {
    if ((await wanted.count()) > 0 && (await isFocused(wanted.first()))) return;
    await page.keyboard.press(key);
  }
  throw new Error(`${wanted} is not reached by ${key}.`);
}

const isFocused = async (locator: Locator) =>
  (await locator.and(locator.page().locator(":focus")).count()) === 1;

it("everything can be done by keyboard alone", async () => {
  await using opened = await run.open("#/functions");
  const { page } = opened;
  const link = (name: string) => page.getByRole("navigation").getByRole("link", { name, exact: true });

  await page.keyboard.press("Tab");
  expect(await isFocused(page.getByRole("link", { name: "Skip to content" }))).toBe(true);
  await page.keyboard.press("Enter");
  expect(await isFocused(page.getByRole("main"))).toBe(true);

  // Functions: another function, the summary by action, a question.
  await tabTo(page, link("readRecording"));
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { name: "readRecording", level: 1 }).waitFor();
  expect(await isFocused(link("readRecording"))).toBe(true);
  await tabTo(page, page.getByLabel("By resource"));
  await page.keyboard.press("ArrowRight");
  expect(await shown(page.locator(".summary thead"))).toContain("Resources");
  await tabTo(page, page.getByLabel("Action", { exact: true }));
  await page.keyboard.type("s3:DeleteObject");
  await page.keyboard.press("Tab");
  await page.keyboard.type("audio/x.wav");
  await page.keyboard.press("Enter");
  await page.getByRole("region", { name: "Answer" }).getByText("✘ Denied").waitFor();

  // Recordings: a sample, its transcript.
  await tabTo(page, link("Recordings"), "Shift+Tab");
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { name: "Recordings", level: 1 }).waitFor();
  expect(await isFocused(page.getByRole("main"))).toBe(true);
  await tabTo(page, page.getByRole("button", { name: "function-without-keys" }));
  await page.keyboard.press("Enter");
  await page.locator(".transcript").getByText("A function carries no keys").waitFor();

  // A decision of it, from its list of rights; back by Escape to the row.
  await tabTo(page, page.locator(".rights a", { hasText: "StoreAudio" }));
  await page.keyboard.press("Enter");
  const detail = page.getByRole("region", { name: "The decision" });
  await detail.getByText("✔ Allowed").waitFor();
  expect(await isFocused(detail.getByRole("heading", { level: 2 }))).toBe(true);
  await page.keyboard.press("Escape");
  const rows = page.getByRole("list", { name: "Decisions" }).getByRole("link");
  await detail.waitFor({ state: "hidden" });
  expect(await isFocused(rows.filter({ hasText: "StoreAudio" }).last())).toBe(true);

  // One row is in the order of tabs; the arrows go through the others.
  await page.keyboard.press("Home");
  expect(await isFocused(rows.first())).toBe(true);
  await page.keyboard.press("ArrowDown");
  expect(await isFocused(rows.nth(1))).toBe(true);
  await page.keyboard.press("End");
  expect(await isFocused(rows.last())).toBe(true);
  await page.keyboard.press("Shift+Tab");
  await page.keyboard.press("Tab");
  expect(await isFocused(rows.last())).toBe(true);

  // What if: out and back.
  await tabTo(page, link("What if"), "Shift+Tab");
  await page.keyboard.press("Enter");
  const box = page.getByRole("group", { name: "receiveAudio: StoreAudio" }).getByLabel("s3:PutObject");
  await tabTo(page, box);
  await page.keyboard.press("Space");
  await page.getByText("1 action taken out (").waitFor();
  expect(await isFocused(box)).toBe(true);
  await tabTo(page, page.locator(".notice").getByRole("button", { name: "Put everything back" }));
  await page.keyboard.press("Enter");
  await page.getByText("action taken out (").waitFor({ state: "detached" });
  expect(await isFocused(page.getByRole("main"))).toBe(true);

  // Recordings: deleted.
  await tabTo(page, link("Recordings"), "Shift+Tab");
  await page.keyboard.press("Enter");
  await tabTo(page, page.locator(".recordings a"));
  await page.keyboard.press("Enter");
  await tabTo(page, page.getByRole("button", { name: "Delete" }));
  await page.keyboard.press("Enter");
  await page.getByText("It was deleted").waitFor();
  expect(await isFocused(page.getByLabel("Drop a recording here"))).toBe(true);
});

it("decisions and denials are announced, now and then", async () => {
  await using opened = await run.open("#/decisions");
  const { page } = opened;
  await page.getByRole("list", { name: "Decisions" }).getByRole("link").first().waitFor();

  for (let asked = 0; asked < 5; asked += 1) {
    run.local.aws.ask("reportOutcome", {
      action: "s3:GetObject",
      resource: `arn:aws:s3:::other/${asked}`,
      context: {},
    });
  }

  await page
    .locator("#announcements")
    .getByText("5 denials: reportOutcome s3:GetObject arn:aws:s3:::other/0 denied: nothing allows it")
    .waitFor({ state: "attached" });
  expect(await page.locator("#announcements").getAttribute("role")).toBe("status");
});
