import { expect, it } from "vitest";
import { startLocalConsole } from "../testing/local-console.ts";
import { startBrowser } from "./open.ts";

it("a page says that the local run has stopped, and goes on with the next one at its address", async () => {
  const first = await startLocalConsole();
  const port = Number(new URL(first.url).port);
  const browser = await startBrowser();
  try {
    const page = await browser.newPage();
    await page.goto(`${first.url}/#/decisions`);
    await page.locator(".rows a").first().waitFor();
    first.aws.ask("reportOutcome", {
      action: "s3:GetObject",
      resource: "arn:aws:s3:::of-the-first/x",
      context: {},
    });
    await page.getByText("of-the-first").waitFor();

    await first.close();

    await page.getByText("The local run has stopped.", { exact: true }).first().waitFor();
    expect(await page.getByText("of-the-first").isVisible(), "what was known stays").toBe(true);
    await page.getByRole("link", { name: "What if" }).click();
    await page.getByRole("group", { name: "receiveAudio: StoreAudio" }).getByLabel("s3:PutObject").click();
    await page.getByText("Nothing was changed: The local run does not answer.").waitFor();

    const second = await startLocalConsole({ port });
    try {
      await page.locator(".notice.stopped").waitFor({ state: "detached" });
      await page.getByRole("link", { name: "Decisions" }).click();
      await page.locator(".rows a").first().waitFor();
      expect(await page.getByText("of-the-first").count(), "what was of the first run is gone").toBe(0);
    } finally {
      await second.close();
    }
  } finally {
    await browser.close();
    await first.close();
  }
});

it("a page without decisions, recordings or changes says what to do", async () => {
  const local = await startLocalConsole();
  const browser = await startBrowser();
  try {
    const page = await browser.newPage();
    await page.goto(`${local.url}/#/recordings`);
    await page.getByText("None yet.").waitFor();
    await page.getByText("Choose a recording, or send one").waitFor();
    await page.goto(`${local.url}/#/what-if`);
    await page.getByText("Nothing is taken out.").waitFor();
    await page.goto(`${local.url}/#/nothing-of-this-name`);
    await page.getByRole("heading", { name: "receiveAudio" }).waitFor();
  } finally {
    await browser.close();
    await local.close();
  }
});
