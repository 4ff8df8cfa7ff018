import { describe, expect, it } from "vitest";
import { deployedAccount } from "../testing/fake-account.ts";
import { useOpenFakeAccount } from "../testing/use-fake-account.ts";
import { peek } from "./dead-letters.ts";
import { redrive } from "./redrive.ts";
import { deadLettersText } from "./text.ts";

const there = useOpenFakeAccount(deployedAccount);

const sent = Date.UTC(2026, 10, 24, 12, 30);

/** Dead letters, and what startTranscription logged of all but the last. */
function leaveDeadLetters(): void {
  const body = (key: string) => JSON.stringify({ Records: [{ s3: { object: { key } } }] });
  there.state.deadLetters = [
    { id: "m1", body: body("audio/with+space%21.wav"), sent },
    { id: "m2", body: body("audio/2.wav"), sent },
    { id: "m3", body: body("audio/3.wav"), sent },
    { id: "m4", body: "no notification", sent },
  ];
  const line = (messageId: string, error: object) =>
    JSON.stringify({ level: "ERROR", message: "recording cannot start", messageId, error });
  const denied = {
    name: "AccessDeniedException",
    message: "not authorized to perform: transcribe:StartTranscriptionJob",
  };
  there.state.logLines = [
    line("m1", { name: "Error", message: "an earlier try" }),
    line("m1", denied),
    line("m2", denied),
    line("m3", { name: "Error", message: "The object is no recording" }),
    "START RequestId: 1",
  ].map((one) => ({ logGroup: `/aws/lambda/${there.plan.stackName}-startTranscription`, line: one }));
}

describe("dead letters", () => {
  it("are shown with what they tell of and why they failed, the latest cause, and put back", async () => {
    leaveDeadLetters();

    const [queue] = await peek(there.account, there.plan);

    expect(queue).toMatchObject({
      queueName: `${there.plan.stackName}-uploads-dead-letters`,
      home: `${there.plan.stackName}-uploads`,
      count: 4,
    });
    expect(queue && deadLettersText(queue).split("\n")).toEqual([
      `${there.plan.stackName}-uploads-dead-letters: about 4, given up by ${there.plan.stackName}-uploads. Of 4 that were looked at:`,
      "",
      "2 × AccessDeniedException: not authorized to perform: transcribe:StartTranscriptionJob",
      "   2026-11-24 12:30  audio/with space!.wav",
      "   2026-11-24 12:30  audio/2.wav",
      "",
      "1 × Error: The object is no recording",
      "   2026-11-24 12:30  audio/3.wav",
      "",
      "1 × the function's log says nothing of it",
      "   2026-11-24 12:30  message m4, which names no object",
      "",
    ]);
    expect(there.fake.calls).toContain("sqs:ChangeMessageVisibilityBatch");
  });

  it("are none in an empty queue, and nothing is received", async () => {
    const [queue] = await peek(there.account, there.plan);

    expect(queue && deadLettersText(queue)).toBe(
      `${there.plan.stackName}-uploads-dead-letters: no dead letters.`,
    );
    expect(there.fake.calls).not.toContain("sqs:ReceiveMessage");
  });

  it("are shown without causes where the log may not be read, which is said", async () => {
    leaveDeadLetters();
    there.state.denied.add("logs:FilterLogEvents");

    const [queue] = await peek(there.account, there.plan);

    expect(queue?.letters).toHaveLength(4);
    expect(queue && deadLettersText(queue)).toContain("The log was not read: AccessDeniedException");
  });

  it("stop it where the queue may not be looked at, in AWS's words", async () => {
    there.state.denied.add("sqs:GetQueueAttributes");

    await expect(peek(there.account, there.plan)).rejects.toThrow(
      "not authorized to perform: sqs:GetQueueAttributes",
    );
  });
});

describe("bringing dead letters home", () => {
  it("follows the move to its end", async () => {
    leaveDeadLetters();
    const [queue] = await peek(there.account, there.plan);
    const progress: (readonly [number, number | undefined])[] = [];

    const result =
      queue &&
      (await redrive(there.account, queue, { interval: 1, onProgress: (...how) => progress.push(how) }));

    expect(result).toEqual({ status: "COMPLETED", moved: 4, remaining: 0 });
    expect(progress).toEqual([
      [1, 4],
      [2, 4],
      [3, 4],
      [4, 4],
    ]);
  });

  it("goes on when it is throttled", async () => {
    leaveDeadLetters();
    there.state.throttled.set("sqs:ListMessageMoveTasks", 2);
    const [queue] = await peek(there.account, there.plan);

    const result = queue && (await redrive(there.account, queue, { interval: 1 }));

    expect(result?.status).toBe("COMPLETED");
  });

  it("that ends halfway says why, and how many are left", async () => {
    leaveDeadLetters();
    const [queue] = await peek(there.account, there.plan);
    there.fake.handlers["sqs:ListMessageMoveTasks"] = () => {
      there.state.deadLetters = there.state.deadLetters.slice(-3);
      const FailureReason = "AWS.SimpleQueueService.NonExistentQueue";
      return { Results: [{ Status: "FAILED", FailureReason, ApproximateNumberOfMessagesMoved: 1 }] };
    };

    expect(queue && (await redrive(there.account, queue, { interval: 1 }))).toEqual({
      status: "FAILED",
      moved: 1,
      remaining: 3,
      failureReason: "AWS.SimpleQueueService.NonExistentQueue",
    });
  });

  it("is refused in AWS's words, and nothing is moved", async () => {
    leaveDeadLetters();
    there.state.denied.add("sqs:StartMessageMoveTask");
    const [queue] = await peek(there.account, there.plan);

    await expect(queue && redrive(there.account, queue)).rejects.toThrow("sqs:StartMessageMoveTask");

    expect(there.state.deadLetters).toHaveLength(4);
  });
});
