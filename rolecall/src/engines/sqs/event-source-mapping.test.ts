import { describe, expect, it, vi } from "vitest";
import {
  eventLimit,
  type FunctionSpec,
  type InvokeResult,
  type Lambda,
  LambdaServiceError,
} from "../../lambda/types.ts";
import { type Asked, fakeGate, testPrincipal } from "../../run/testing/gate.ts";
import { createEventSourceMapping, type MappingSpec } from "./event-source-mapping.ts";
import { createSqs } from "./sqs.ts";

const queueArn = "arn:aws:sqs:us-east-1:123456789012:uploads";
const deadArn = "arn:aws:sqs:us-east-1:123456789012:dead";

interface Batch {
  readonly Records: readonly {
    readonly messageId: string;
    readonly body: string;
    readonly attributes: Readonly<Record<string, string>>;
  }[];
}

const target: FunctionSpec = {
  key: "worker",
  name: "service-dev-worker",
  arn: "arn:aws:lambda:us-east-1:123456789012:function:service-dev-worker",
  handler: "index.handler",
  timeout: 5,
  memory: 128,
  environment: {},
  principal: testPrincipal("worker"),
  credentials: () => {
    throw new Error("not needed");
  },
  logGroup: "/aws/lambda/service-dev-worker",
};

/** What a function's answer stands for that Lambda reports as failed: thrown, timed out, crashed. */
class FunctionError {
  readonly payload = { errorType: "Sandbox.Timedout", errorMessage: "Task timed out after 5.00 seconds" };
}

/** A mapping to which what fails comes back after a thousandth of the queue's visibility timeout: 10 ms. */
function mappingWith(
  answer: (batch: Batch) => unknown,
  options: {
    change?: Partial<MappingSpec>;
    denies?: (asked: Asked) => boolean;
    visibilityTimeout?: number;
  } = {},
) {
  const batches: Batch[] = [];
  const lines: string[] = [];
  const gate = fakeGate(options.denies);
  const log = (line: string) => lines.push(line);
  const waitFactor = 0.001;
  const queues = [
    {
      name: "uploads",
      arn: queueArn,
      visibilityTimeout: options.visibilityTimeout ?? 10,
      retention: 1e9,
      redrive: { deadLetterArn: deadArn, maxReceiveCount: 3 },
    },
    { name: "dead", arn: deadArn, visibilityTimeout: 30, retention: 1e9 },
  ];
  const sqs = createSqs({ queues, log });
  const lambda: Pick<Lambda, "invoke"> = {
    async invoke(_, event): Promise<InvokeResult> {
      batches.push(event as Batch);
      const payload = await answer(event as Batch);
      return payload instanceof FunctionError
        ? { functionError: "Unhandled", payload: payload.payload }
        : { payload };
    },
  };
  const spec = {
    queueArn,
    target,
    batchSize: 10,
    batchingWindow: 0,
    reportBatchItemFailures: true,
    ...options.change,
  };
  const create = () =>
    createEventSourceMapping(spec, {
      sqs,
      gate,
      lambda: lambda as Lambda,
      region: "us-east-1",
      log,
      waitFactor,
    });
  return { create, sqs, gate, batches, lines, queue: sqs.queue(queueArn), dead: sqs.queue(deadArn) };
}

const bodies = (batches: readonly Batch[]) => batches.map(({ Records }) => Records.map(({ body }) => body));
const failing = (body: string) => (batch: Batch) => ({
  batchItemFailures: batch.Records.filter((one) => one.body === body).map((one) => ({
    itemIdentifier: one.messageId,
  })),
});

describe("an event source mapping", () => {
  it("invokes the function with what is in the queue, and deletes what it handled", async () => {
    const { create, queue, batches } = mappingWith(() => ({ batchItemFailures: [] }));
    for (const body of ["a", "b"]) queue.send(body, "s3.amazonaws.com");

    const mapping = create();
    await mapping.drain();
    await mapping.close();

    expect(bodies(batches)).toEqual([["a", "b"]]);
    expect(batches[0]?.Records[0]).toMatchObject({
      attributes: { ApproximateReceiveCount: "1", SenderId: "s3.amazonaws.com" },
      eventSource: "aws:sqs",
      eventSourceARN: queueArn,
      awsRegion: "us-east-1",
      md5OfBody: "0cc175b9c0f1b6a831c399e269772661",
    });
    expect(queue.messages()).toEqual([]);
  });

  it("gives back the messages that the function names, and they come again until they are dead", async () => {
    const { create, queue, dead, batches } = mappingWith(failing("bad"));
    for (const body of ["good", "bad"]) queue.send(body, "s3.amazonaws.com");

    const mapping = create();
    await vi.waitUntil(() => dead.messages().length === 1);
    await mapping.close();

    expect(bodies(batches)).toEqual([["good", "bad"], ["bad"], ["bad"]]);
    expect(batches.map(({ Records }) => Records.at(-1)?.attributes.ApproximateReceiveCount)).toEqual([
      "1",
      "2",
      "3",
    ]);
    expect(dead.messages()).toMatchObject([{ body: "bad" }]);
  });

  it.each<[string, (batch: Batch) => unknown]>([
    ["it cannot be invoked", () => Promise.reject(new Error("no"))],
    ["it throws, crashes or times out", () => new FunctionError()],
    [
      "it names a message that is not in the batch",
      () => ({ batchItemFailures: [{ itemIdentifier: "other" }] }),
    ],
    ["its list is none", () => ({ batchItemFailures: "all" })],
    ["its answer is text", () => "all"],
    ["its answer is a list", () => []],
    ["an identifier is empty", () => ({ batchItemFailures: [{ itemIdentifier: "" }] })],
    ["an identifier is null", () => ({ batchItemFailures: [{ itemIdentifier: null }] })],
    [
      "an identifier has another name",
      ({ Records }) => ({ batchItemFailures: Records.map(({ messageId }) => ({ messageId })) }),
    ],
  ])("gives the whole batch back when %s", async (_, answer) => {
    const { create, queue, dead } = mappingWith(answer);
    for (const body of ["a", "b"]) queue.send(body, "s3.amazonaws.com");

    const mapping = create();
    await vi.waitUntil(() => dead.messages().length === 2);
    await mapping.close();

    expect(queue.messages()).toEqual([]);
  });

  it.each([null, undefined, {}, { statusCode: 200 }, { batchItemFailures: null }, { batchItemFailures: [] }])(
    "takes the answer %j for a success",
    async (answer) => {
      const { create, queue } = mappingWith(() => answer);
      queue.send("a", "s3.amazonaws.com");

      const mapping = create();
      await mapping.drain();
      await mapping.close();

      expect(queue.messages()).toEqual([]);
    },
  );

  it("takes dead letters again that were given back, as new messages", async () => {
    let broken = true;
    const { create, queue, dead, batches } = mappingWith((batch) => (broken ? failing("a")(batch) : null));
    queue.send("a", "s3.amazonaws.com");
    const mapping = create();
    await vi.waitUntil(() => dead.messages().length === 1);
    const [letter] = dead.messages();

    broken = false;
    expect(dead.redrive()).toBe(1);
    await mapping.drain();
    await mapping.close();

    expect(dead.messages()).toEqual([]);
    expect(queue.messages()).toEqual([]);
    expect(batches.at(-1)?.Records).toMatchObject([
      { body: "a", attributes: { ApproximateReceiveCount: "1", SenderId: "s3.amazonaws.com" } },
    ]);
    expect(batches.at(-1)?.Records[0]?.messageId).not.toBe(letter?.id);
  });

  it("shares messages out to several invocations when they are more than 6 MB together", async () => {
    const { create, queue, batches } = mappingWith(() => null, { change: { maximumConcurrency: 2 } });
    // As long as SQS takes, and of signs that JSON writes with two.
    const body = '"'.repeat(1024 * 1024);
    for (let count = 0; count < 7; count += 1) queue.send(body, "s3.amazonaws.com");

    const mapping = create();
    await mapping.drain();
    await mapping.close();

    expect(batches.map(({ Records }) => Records.length)).toEqual([2, 2, 2, 1]);
    for (const batch of batches) expect(JSON.stringify(batch).length).toBeLessThanOrEqual(eventLimit);
    expect(queue.messages()).toEqual([]);
  });

  it("tries a batch again while the function is throttled, without receiving it again", async () => {
    let throttled = 4;
    const { create, queue, batches } = mappingWith(
      () => {
        throttled -= 1;
        if (throttled >= 0) throw new LambdaServiceError("TooManyRequestsException", "Rate Exceeded.");
        return null;
      },
      { visibilityTimeout: 60 },
    );
    queue.send("a", "s3.amazonaws.com");

    const mapping = create();
    await mapping.drain();
    await mapping.close();

    expect(batches).toHaveLength(5);
    expect(batches.at(-1)?.Records).toMatchObject([{ attributes: { ApproximateReceiveCount: "1" } }]);
    expect(queue.messages()).toEqual([]);
  });

  it("gives a throttled batch back to the queue when its visibility timeout has passed", async () => {
    const { create, queue, dead, batches } = mappingWith(() => {
      throw new LambdaServiceError("TooManyRequestsException", "Rate Exceeded.");
    });
    queue.send("a", "s3.amazonaws.com");

    const mapping = create();
    await vi.waitUntil(() => dead.messages().length === 1);
    await mapping.close();

    // Of the 10 seconds that it is hidden, it waits 1, 2 and 4, each of three times.
    expect(batches.map(({ Records }) => Records[0]?.attributes.ApproximateReceiveCount)).toEqual(
      ["1", "2", "3"].flatMap((count) => Array(4).fill(count)),
    );
  });

  it("closes while a batch waits for room", async () => {
    const { create, queue } = mappingWith(
      () => {
        throw new LambdaServiceError("TooManyRequestsException", "Rate Exceeded.");
      },
      { visibilityTimeout: 1e6 },
    );
    queue.send("a", "s3.amazonaws.com");

    const mapping = create();
    await new Promise((resolve) => setTimeout(resolve, 100));
    await mapping.close();

    expect(queue.messages()).toHaveLength(1);
  });

  it("gives back what its own end broke off, and says nothing of a failure", async () => {
    const ended = Promise.withResolvers<FunctionError>();
    const { create, queue, lines } = mappingWith(() => ended.promise);
    queue.send("a", "s3.amazonaws.com");

    const mapping = create();
    await new Promise((resolve) => setTimeout(resolve, 5));
    const closed = mapping.close();
    ended.resolve(new FunctionError());
    await closed;

    expect(queue.messages()).toHaveLength(1);
    expect(lines).toEqual([]);
  });

  it("does not look for a report when it was not told to", async () => {
    const { create, queue } = mappingWith(failing("a"), { change: { reportBatchItemFailures: false } });
    queue.send("a", "s3.amazonaws.com");

    const mapping = create();
    await mapping.drain();
    await mapping.close();

    expect(queue.messages()).toEqual([]);
  });

  it("runs no more batches at once than its maximum concurrency", async () => {
    let running = 0;
    let most = 0;
    const { create, queue, batches } = mappingWith(
      async () => {
        running += 1;
        most = Math.max(most, running);
        await new Promise((resolve) => setTimeout(resolve, 1));
        running -= 1;
      },
      { change: { batchSize: 1, maximumConcurrency: 2 }, visibilityTimeout: 60_000 },
    );
    for (let count = 0; count < 20; count += 1) queue.send(String(count), "s3.amazonaws.com");

    const mapping = create();
    await vi.waitUntil(() => queue.messages().length === 0);
    await mapping.close();

    expect(most).toBe(2);
    expect(batches).toHaveLength(20);
  });

  it("polls as the function's role, and asks nothing of an empty queue", async () => {
    const { create, queue, gate } = mappingWith(() => null);
    const mapping = create();
    expect(gate.asked.map(({ action }) => action)).toEqual([
      "sqs:ReceiveMessage",
      "sqs:DeleteMessage",
      "sqs:GetQueueAttributes",
    ]);

    queue.send("a", "s3.amazonaws.com");
    await mapping.drain();
    await mapping.close();

    expect(gate.asked.slice(3)).toMatchObject([
      { who: "worker", action: "sqs:ReceiveMessage", resource: queueArn },
      { who: "worker", action: "sqs:DeleteMessage", resource: queueArn },
    ]);
  });

  it.each(["ReceiveMessage", "DeleteMessage", "GetQueueAttributes"])(
    "is not created for a role that may not call %s",
    (name) => {
      const { create } = mappingWith(() => null, { denies: ({ action }) => action === `sqs:${name}` });

      expect(create).toThrow(`The provided execution role does not have permissions to call ${name} on SQS`);
    },
  );

  it("is not created for a queue that hides messages for less time than the function may take", () => {
    const { create } = mappingWith(() => null, { visibilityTimeout: 4 });

    expect(create).toThrow("Queue visibility timeout: 4 seconds is less than Function timeout: 5 seconds");
  });

  it.each([0, 11])("is not created with a batch size of %i", (batchSize) => {
    const { create } = mappingWith(() => null, { change: { batchSize } });

    expect(create).toThrow(`batchSize is ${batchSize}`);
  });

  it("does not give a message again while the function still works on it, however short the waits", async () => {
    const { create, queue, batches } = mappingWith(
      () => new Promise((resolve) => setTimeout(resolve, 50, { batchItemFailures: [] })),
    );
    queue.send("a", "s3.amazonaws.com");

    const mapping = create();
    await vi.waitUntil(() => queue.messages().length === 0);
    await mapping.close();

    expect(batches).toHaveLength(1);
  });

  it("sends a full batch at once, and what is left when the batching window has passed", async () => {
    const { create, queue, batches } = mappingWith(() => null, {
      change: { batchSize: 2, batchingWindow: 0.05 },
    });
    const mapping = create();

    for (const body of ["a", "b", "c"]) queue.send(body, "s3.amazonaws.com");
    await vi.waitUntil(() => batches.length === 1);
    const atOnce = bodies(batches);
    await vi.waitUntil(() => queue.messages().length === 0);
    await mapping.close();

    expect(atOnce.flat()).toHaveLength(2);
    expect(bodies(batches).flat()).toEqual(["a", "b", "c"]);
  });

  it("logs what goes wrong while it polls, and does not end the process", async () => {
    let broken = false;
    const { create, queue, lines } = mappingWith(() => null, {
      denies: () => {
        if (broken) throw new Error("gate broken");
        return false;
      },
    });
    const mapping = create();
    broken = true;

    queue.send("a", "s3.amazonaws.com");
    await mapping.drain();
    await mapping.close();

    expect(lines).toEqual([expect.stringContaining("gate broken")]);
  });

  it("deletes unseen what fits none of its filters", async () => {
    const { create, queue, batches } = mappingWith(() => ({}), {
      change: { filters: [{ body: { kind: ["book"] } }] },
    });
    const mapping = create();

    for (const body of ['{"kind":"book"}', '{"kind":"film"}', "no JSON"])
      queue.send(body, "s3.amazonaws.com");
    await mapping.drain();

    expect(bodies(batches)).toEqual([['{"kind":"book"}']]);
    expect(queue.messages()).toEqual([]);
    await mapping.close();
  });
});
