import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { openProject } from "../../project/open.ts";
import { withLine } from "./service.ts";
import { type Change, changeableService, root, statementsOf } from "./testing/changed-service.ts";

let service: Awaited<ReturnType<typeof changeableService>>;
beforeAll(async () => {
  service = await changeableService();
}, 120_000);

/** What a person reads when a policy is refused. */
async function refusal(change: Change): Promise<string> {
  try {
    service(change);
  } catch (error) {
    return (
      withLine(error, (await openProject({ root, stage: "dev", region: "us-east-1" })).sources) as Error
    ).message;
  }
  return "";
}

/** `file:line` of the first line that has this text. */
async function lineOf(file: string, text: string): Promise<string> {
  const lines = (await readFile(join(root, file), "utf8")).split("\n");
  return `${file}:${lines.findIndex((line) => line.includes(text)) + 1}`;
}

const statement = (role: string, sid: string, changes: object): Change => {
  return (resources) => {
    Object.assign(
      statementsOf(resources, role).find(({ Sid }: { Sid: string }) => Sid === sid),
      changes,
    );
  };
};

describe("a policy that IAM would not take", () => {
  it("is refused with the line of its statement", async () => {
    const says = await refusal(statement("ListRecordings", "ListAudio", { Resource: "audio" }));

    expect(says).toMatch(/\(Sid "ListAudio"\): "audio" names no resource/);
    expect(says.startsWith(`${await lineOf("serverless.yml", "Sid: ListAudio")}: `)).toBe(true);
  });

  it("of a resource is refused with its line too", async () => {
    const says = await refusal((resources) => {
      resources.UploadsQueuePolicy.Properties.PolicyDocument.Statement[0].Effect = "allow";
    });

    expect(says).toMatch(/policy "UploadsQueuePolicy": statement 1 \(Sid "LetOurBucketSend"\): Effect/);
    expect(says.startsWith(`${await lineOf("resources/uploads-queue.yml", "Sid: LetOurBucketSend")}: `)).toBe(
      true,
    );
  });

  it("whose statement has no Sid is refused with the line of its function", async () => {
    const says = await refusal((resources) => {
      statementsOf(resources, "ReceiveAudio").push({ Effect: "Allow", Action: "s3:GetObject" });
    });

    expect(says).toMatch(/neither Resource nor NotResource/);
    expect(says.startsWith(`${await lineOf("serverless.yml", "  receiveAudio:")}: `)).toBe(true);
  });

  it("and any other error stays as it is", async () => {
    const error = new Error("no space left");

    expect(withLine(error, (await openProject({ root, stage: "dev", region: "us-east-1" })).sources)).toBe(
      error,
    );
  });
});
