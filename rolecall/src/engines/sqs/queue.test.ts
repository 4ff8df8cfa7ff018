import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createQueue, type DeadLetter, type QueueSpec } from "./queue.ts";

const spec: QueueSpec = {
  name: "uploads",
  arn: "arn:aws:sqs:us-east-1:123456789012:uploads",
  visibilityTimeout: 30,
  retention: 1000,
  redrive: { deadLetterArn: "arn:aws:sqs:us-east-1:123456789012:dead", maxReceiveCount: 2 },
};

function queueWith(change: Partial<QueueSpec> = {}) {
  const clock = { seconds: 0 };
  const dead: DeadLetter[] = [];
  const redriven: { source: string; body: string }[] = [];
  let arrivals = 0;
  const queue = createQueue(
    { ...spec, ...change },
    {
      now: () => clock.seconds * 1000,
      toDeadLetters: (message) => dead.push(message),
      toSource: (source, { body }) => redriven.push({ source, body }),
      onArrival: () => {
        arrivals += 1;
      },
    },
  );
  return { queue, clock, dead, redriven, arrivals: () => arrivals };
}

describe("a queue", () => {
  it("hides a received message for the visibility timeout, then gives it again and counts", () => {
    const { queue, clock } = queueWith();
    queue.send("a", "s3");

    const [first] = queue.receive(10);
    clock.seconds = 29;
    expect(queue.receive(10)).toEqual([]);
    clock.seconds = 30;
    const [second] = queue.receive(10);

    expect(first).toMatchObject({
      body: "a",
      receiveCount: 1,
      firstReceivedAt: 0,
      sentAt: 0,
      senderId: "s3",
    });
    expect(second).toMatchObject({ id: first?.id, receiveCount: 2, firstReceivedAt: 0 });
    expect(second?.receiptHandle).not.toBe(first?.receiptHandle);
  });

  it("forgets a message that was deleted, and passes over an outdated receipt", () => {
    const { queue, clock } = queueWith();
    queue.send("a", "s3");
    const [first] = queue.receive(1);
    clock.seconds = 30;
    const [second] = queue.receive(1);

    queue.delete(first?.receiptHandle ?? "");
    expect(queue.messages()).toHaveLength(1);

    queue.delete(second?.receiptHandle ?? "");
    expect(queue.messages()).toEqual([]);
    expect(queue.nextVisibleAt()).toBeUndefined();
  });

  it("gives a message maxReceiveCount times, then to the dead letters as it was sent", () => {
    const { queue, clock, dead } = queueWith();
    queue.send("a", "s3");
    const id = queue.messages()[0]?.id;

    for (clock.seconds = 0; clock.seconds <= 60; clock.seconds += 30) queue.receive(1);

    expect(dead).toMatchObject([{ id, body: "a", sentAt: 0, senderId: "s3", source: spec.arn }]);
    expect(queue.messages()).toEqual([]);
  });

  it("drops a message that was kept for its retention, counted from when it was first sent", () => {
    const { queue, clock } = queueWith();
    clock.seconds = 500;
    queue.take({ id: "1", body: "a", md5: "", senderId: "s3", sentAt: 0 });

    clock.seconds = 1001;

    expect(queue.receive(1)).toEqual([]);
  });

  it("gives a message back sooner when it is hastened, but not before that", () => {
    const { queue, clock } = queueWith();
    queue.send("a", "s3");
    const [received] = queue.receive(1);
    clock.seconds = 10;

    expect(queue.visible()).toBe(0);
    queue.hasten(received?.receiptHandle ?? "", 0.1);

    expect(queue.nextVisibleAt()).toBe(12_000);
  });

  it("gives its dead letters back to where they came from, but for those that somebody reads or that came from nowhere", () => {
    const { queue, redriven } = queueWith();
    const letter = { md5: "", senderId: "s3", sentAt: 0, source: "arn:source" };
    for (const id of ["read", "1", "2"]) queue.take({ ...letter, id, body: id });
    queue.receive(1);
    queue.send("own", "s3");

    expect(queue.redrive()).toBe(2);

    expect(redriven).toEqual(["1", "2"].map((body) => ({ source: "arn:source", body })));
    expect(queue.messages().map(({ body }) => body)).toEqual(["read", "own"]);
    expect(queue.redrive()).toBe(0);
  });

  it("tells of every arrival", () => {
    const { queue, arrivals } = queueWith();

    queue.send("a", "s3");
    queue.take({ id: "1", body: "b", md5: "", senderId: "s3", sentAt: 0 });

    expect(arrivals()).toBe(2);
  });

  it("keeps the order of a group of a FIFO queue, and lets other groups pass one that waits", () => {
    const { queue, clock } = queueWith({ name: "orders.fifo", fifo: { deduplicatesByContent: true } });
    for (const [body, groupId] of [
      ["a1", "a"],
      ["a2", "a"],
      ["b1", "b"],
    ] as const)
      queue.send(body, "s", { groupId });

    const [first] = queue.receive(1);
    expect(first).toMatchObject({ body: "a1", order: { groupId: "a" } });
    expect(queue.visible()).toBe(1);
    expect(queue.receive(10).map(({ body }) => body)).toEqual(["b1"]);
    expect(queue.nextVisibleAt()).toBe(30_000);

    queue.delete(first?.receiptHandle ?? "");
    expect(queue.receive(10).map(({ body }) => body)).toEqual(["a2"]);
    clock.seconds = 30;
    expect(queue.receive(10).map(({ body }) => body)).toEqual(["a2", "b1"]);
  });

  it("takes a copy within five minutes for the same message, in a FIFO queue", () => {
    const { queue, clock } = queueWith({ name: "orders.fifo", fifo: { deduplicatesByContent: false } });
    const send = () => queue.send("a", "s", { groupId: "a", deduplicationId: "1" });

    send();
    clock.seconds = 299;
    send();
    expect(queue.messages()).toHaveLength(1);
    clock.seconds = 300;
    send();
    expect(queue.messages()).toHaveLength(2);
  });

  it("refuses a message without its group, or without what tells copies, in a FIFO queue", () => {
    const { queue } = queueWith({ name: "orders.fifo", fifo: { deduplicatesByContent: false } });

    expect(() => queue.send("a", "s")).toThrow("MessageGroupId");
    expect(() => queue.send("a", "s", { groupId: "a" })).toThrow("ContentBasedDeduplication");
  });

  it("loses no message and gives none both away and to the dead letters, whatever happens", () => {
    const step = fc.oneof(
      fc.record({ do: fc.constant("send" as const) }),
      fc.record({ do: fc.constant("receive" as const), limit: fc.integer({ min: 1, max: 10 }) }),
      fc.record({ do: fc.constant("delete" as const), which: fc.nat(9) }),
      fc.record({ do: fc.constant("wait" as const), seconds: fc.integer({ min: 1, max: 40 }) }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const { queue, clock, dead } = queueWith({ retention: 1e9 });
        let sent = 0;
        const deleted = new Set<string>();
        let received: ReturnType<typeof queue.receive> = [];
        for (const one of steps) {
          if (one.do === "send") {
            sent += 1;
            queue.send(String(sent), "s3");
          } else if (one.do === "wait") clock.seconds += one.seconds;
          else if (one.do === "receive") received = queue.receive(one.limit);
          else {
            const message = received[one.which];
            const before = queue.messages().length;
            if (message) queue.delete(message.receiptHandle);
            if (message && queue.messages().length < before) deleted.add(message.id);
          }
        }
        const held = queue.messages().map(({ id }) => id);
        const all = [...held, ...deleted, ...dead.map(({ id }) => id)];
        expect(all).toHaveLength(sent);
        expect(new Set(all).size).toBe(sent);
      }),
    );
  });
});
