import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { root } from "../testing/local-console.ts";
import { dropFile, litLinesUntil, play } from "./in-page.js";
import { sendSample, shown, takeOut, useConsole } from "./open.ts";

const run = useConsole();

describe("Functions", () => {
  it("shows a role, its statements with why and line, and who may invoke the function", async () => {
    await using opened = await run.open("#/functions/receiveAudio");
    const { page } = opened;

    expect(await page.title()).toBe("Functions · voice-notes");
    const main = page.locator("main");
    expect(await main.getByText("voice-notes-local-receiveAudio-us-east-1-lambdaRole").count()).toBe(1);
    const statement = main.locator(".statements > li", { hasText: "StoreAudio" });
    const text = await shown(statement);
    expect(text).toContain("audio/{id}");
    expect(text).toMatch(/serverless\.yml:\d+/);
    expect(text).toContain("RecordingsBucket/audio/*");
    expect(await main.locator(".statements > li", { hasText: "apigateway.amazonaws.com" }).count()).toBe(1);
    expect(await main.getByText("POST /recordings", { exact: true }).count()).toBe(1);
  });

  it("sums the role up by resource, by action, and for one service", async () => {
    await using opened = await run.open("#/functions/startTranscription");
    const { page } = opened;
    const rows = page.locator(".summary tbody tr");
    const subjects = () => page.locator(".summary tbody th").allInnerTexts();

    expect(await subjects()).toContain("UploadsQueue");
    await page.getByLabel("By action").check();
    expect(await subjects()).toContain("transcribe:StartTranscriptionJob");
    await page.getByLabel("Service").selectOption({ label: "Amazon S3: 3 actions, 3 resources" });
    expect(await subjects()).toEqual(["s3:GetObject", "s3:PutObject", "s3:ListBucket"]);
    expect(await shown(rows.last())).toContain("s3:prefix");
  });

  it("names a resource by the template, or by its whole ARN", async () => {
    await using opened = await run.open("#/functions/receiveAudio");
    const { page } = opened;
    const subject = page.locator(".summary tbody th").first();

    expect(await shown(subject)).toBe("RecordingsBucket/audio/*");
    await page.getByLabel("Full ARNs").check();
    expect(await shown(subject)).toBe("arn:aws:s3:::voice-notes-local-123456789012-us-east-1/audio/*");
  });

  it("asks IAM: a denial comes with the nearest statement and what differs", async () => {
    await using opened = await run.open("#/functions/listRecordings");
    const { page } = opened;
    const answer = page.getByRole("region", { name: "Answer" });

    await page.getByLabel("Action", { exact: true }).fill("s3:GetObject");
    await page.getByLabel("Resource", { exact: true }).fill("audio/x.wav");
    await page.getByRole("button", { name: "Ask" }).click();

    await answer.getByText("✘ Denied").waitFor();
    expect(await shown(answer)).toContain("ListAudio");
    expect(await answer.getByText("another action: the statement has s3:ListBucket").count()).toBe(1);

    await page.getByLabel("Action", { exact: true }).fill("s3:ListBucket");
    await page.getByLabel("Resource", { exact: true }).fill("bucket");
    await page.getByLabel("Condition keys").fill("s3:prefix=audio/");
    await page.getByRole("button", { name: "Ask" }).click();
    await answer.getByText("✔ Allowed").waitFor();
  });

  it("says what is wrong with a question that makes no sense, as text whatever stands in it", async () => {
    await using opened = await run.open("#/functions/listRecordings");
    const { page } = opened;

    await page.getByLabel("Action", { exact: true }).fill("<img src=x onerror=alert(1)>");
    await page.getByLabel("Resource", { exact: true }).fill("x");
    await page.getByRole("button", { name: "Ask" }).click();

    await page.getByRole("region", { name: "Answer" }).getByText("<img src=x onerror=alert(1)>").waitFor();
    expect(await page.locator("main img").count()).toBe(0);
  });

  it("has the policies of the bucket and the queue, and the developer's", async () => {
    await using opened = await run.open("#/functions/UploadsQueue");
    const { page } = opened;

    expect(await shown(page.locator(".statements > li"))).toContain("s3.amazonaws.com");
    await page.getByRole("link", { name: "developer" }).click();
    expect(await shown(page.locator(".statements > li"))).toContain("InvokeApi");
  });
});

describe("Recordings", () => {
  it("shows a recording's whole way, each step with the statement that allowed it, and its transcript", async () => {
    await using opened = await run.open("#/recordings");
    const { page } = opened;
    const lines = page.evaluate(litLinesUntil, "events reportOutcome");
    const drawn = await page.locator(".edges path").count();

    await sendSample(page);

    expect(await lines).toEqual(
      expect.arrayContaining([
        "developer api",
        "api receiveAudio",
        "receiveAudio audio",
        "bucket queue",
        "queue startTranscription",
        "startTranscription transcribe",
        "transcribe audio",
        "transcribe transcripts",
        "events reportOutcome",
      ]),
    );
    expect(await page.locator(".edges path").count(), "no line is missing in the drawing").toBe(drawn);
    const stages = await page.locator(".stages > li").allInnerTexts();
    expect(stages).toHaveLength(4);
    for (const [index, sids] of [
      ["InvokeApi", "ReceiveAudioLambdaPermissionHttpApi", "StoreAudio"],
      ["LetOurBucketSend", "PollQueue", "StartJobsIntoOurBucket"],
      ["LetTranscribeReadAudio", "LetTranscribeWriteTranscripts"],
      ["ReportOutcomeEventBridgeLambdaPermission1"],
    ].entries()) {
      for (const sid of sids) expect(stages[index]).toContain(sid);
    }
    expect(await shown(page.locator(".transcript"))).toContain("A function carries no keys");
    expect(await page.locator("audio").evaluate(play)).toBe("plays");

    await page.getByRole("button", { name: "Delete" }).click();
    await page.getByText("It was deleted: job, transcript and audio.").waitFor();
    await page.getByText("None yet.").waitFor();
  });

  it("takes a file that is dropped, and sends it by an upload form", async () => {
    await using opened = await run.open("#/recordings");
    const { page } = opened;
    const audio = await readFile(join(root, "samples", "function-without-keys.wav"));
    await page.getByLabel("Way in").selectOption("form");

    await page.locator(".drop").evaluate(dropFile, { name: "mine.wav", bytes: [...audio] });

    await page.getByText("mine.wav was sent.").waitFor();
    await page.locator(".transcript").getByText("A function carries no keys.").waitFor();
    expect(await shown(page.locator(".stages > li").first())).toContain("LetFormsStoreAudio");
  });

  it("says why a file is not taken", async () => {
    await using opened = await run.open("#/recordings");
    const { page } = opened;

    await page.getByLabel("Drop a recording here").setInputFiles({
      name: "notes.txt",
      mimeType: "text/plain",
      buffer: Buffer.from("x"),
    });

    await page.getByText("notes.txt was not taken: notes.txt: Transcribe takes").waitFor();
  });
});

describe("Decisions", () => {
  it("come as they are taken, are filtered, and open with context and evaluation", async () => {
    await using opened = await run.open("#/decisions");
    const { page } = opened;
    const rows = page.getByRole("list", { name: "Decisions" }).getByRole("link");
    await rows.first().waitFor();
    const before = await rows.count();

    run.local.aws.ask("reportOutcome", {
      action: "s3:GetObject",
      resource: "arn:aws:s3:::other/x",
      context: {},
    });

    await rows.filter({ hasText: "denied: nothing allows it" }).last().waitFor();
    expect(await rows.count()).toBe(before + 1);
    await page.getByRole("combobox", { name: "Who" }).selectOption("reportOutcome");
    await page.getByRole("combobox", { name: "Outcome" }).selectOption("denied");
    await page.getByRole("searchbox", { name: "Action" }).fill("getobject");
    expect(await rows.count()).toBe(1);
    await page.getByRole("combobox", { name: "Outcome" }).selectOption("allowed");
    expect(await page.getByText("None of the decisions so far is of this kind.").isVisible()).toBe(true);
    await page.getByRole("combobox", { name: "Outcome" }).selectOption("");
    await rows.first().click();

    const detail = page.getByRole("region", { name: "The decision" });
    await detail.getByText("✘ Denied").waitFor();
    const text = await shown(detail);
    expect(text).toContain("aws:PrincipalArn");
    expect(text).toContain("Does a statement of an identity-based policy allow it? No.");
    expect(text).toContain("What would allow it");
    await page.keyboard.press("Escape");
    await detail.waitFor({ state: "hidden" });
  });

  it("wait while the stream is paused", async () => {
    await using opened = await run.open("#/decisions");
    const { page } = opened;
    const rows = page.getByRole("list", { name: "Decisions" }).getByRole("link");
    await rows.first().waitFor();
    const before = await rows.count();

    await page.getByRole("button", { name: "Pause" }).click();
    run.local.aws.ask("reportOutcome", {
      action: "s3:GetObject",
      resource: "arn:aws:s3:::other/y",
      context: {},
    });
    await page.getByText("paused, 1 new").waitFor();
    expect(await rows.count()).toBe(before);
    await page.getByRole("button", { name: "Pause" }).click();
    expect(await rows.count()).toBe(before + 1);
  });
});

describe("What if", () => {
  it("takes a right away at once: what breaks is shown with the statement, and comes back", async () => {
    await using opened = await run.open("#/what-if");
    const { page } = opened;
    await takeOut(page, "startTranscription: StartJobsIntoOurBucket", "transcribe:StartTranscriptionJob");

    await page.getByRole("button", { name: "Send a sample through" }).click();
    const broken = page.locator(".broken a", { hasText: "transcribe:StartTranscriptionJob" });
    await broken.first().waitFor();
    await page.getByRole("link", { name: "see how far it gets" }).click();
    await page.locator(".stages .denied", { hasText: "startTranscription" }).first().waitFor();
    expect(await shown(page.locator(".stages > [aria-current=step]"))).toContain("Uploaded");

    await page.locator(".stages .denied a").first().click();
    const detail = page.getByRole("region", { name: "The decision" });
    await detail.getByText("What if took transcribe:StartTranscriptionJob out of it").waitFor();
    expect(await shown(detail)).toContain("StartJobsIntoOurBucket");

    await page.getByRole("link", { name: "Functions" }).click();
    await page.getByRole("link", { name: "startTranscription" }).click();
    await page.getByText("taken out: transcribe:StartTranscriptionJob", { exact: true }).waitFor();

    await page.getByRole("button", { name: "Put everything back" }).click();
    await page.getByText("action taken out (").waitFor({ state: "detached" });
    await page.getByRole("link", { name: "Recordings", exact: true }).click();
    await sendSample(page);
  });

  it("is the same for every page that is open", async () => {
    await using one = await run.open("#/what-if");
    await using other = await run.open("#/functions");

    await takeOut(one.page, "listRecordings: ListAudio", "s3:ListBucket");
    await other.page.getByText("1 action taken out (listRecordings: ListAudio s3:ListBucket)").waitFor();
    await other.page.getByRole("button", { name: "Put everything back" }).click();

    await one.page.getByText("Nothing is taken out.").waitFor();
    expect(
      await one.page
        .getByRole("group", { name: "listRecordings: ListAudio" })
        .getByLabel("s3:ListBucket")
        .isChecked(),
    ).toBe(true);
  });
});

describe("This run", () => {
  it("shows the developer's credentials when they are asked for, and not before", async () => {
    await using opened = await run.open("#/functions");
    const { page } = opened;
    const secret = run.local.aws.principals.developer?.secretAccessKey ?? "";

    await page.getByRole("button", { name: "This run" }).click();
    expect(await page.content()).not.toContain(secret);
    await page.getByRole("button", { name: "Show the developer's credentials" }).click();
    await page.getByText(`AWS_SECRET_ACCESS_KEY=${secret}`).waitFor();
  });
});
