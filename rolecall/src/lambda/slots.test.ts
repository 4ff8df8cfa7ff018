import { expect, test } from "vitest";
import { slots } from "./slots.ts";

test("so many run at a time, the others in the order in which they came, and all of them in the end", async () => {
  const inSlot = slots(2);
  const order: number[] = [];
  let running = 0;
  let most = 0;
  const act = (number: number) =>
    inSlot(async () => {
      order.push(number);
      running += 1;
      most = Math.max(most, running);
      await new Promise(setImmediate);
      running -= 1;
      return number;
    });

  const results = await Promise.all([0, 1, 2, 3, 4].map(act));

  expect(results).toEqual([0, 1, 2, 3, 4]);
  expect(order).toEqual([0, 1, 2, 3, 4]);
  expect(most).toBe(2);
});

test("whoever fails leaves its place to the next", async () => {
  const inSlot = slots(1);
  const failing = inSlot(() => Promise.reject(new Error("failed")));
  const next = inSlot(async () => "done");

  await expect(failing).rejects.toThrow("failed");
  expect(await next).toBe("done");
});
