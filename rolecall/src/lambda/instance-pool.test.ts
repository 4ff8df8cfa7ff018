import { setImmediate as turn } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import type { Instance } from "./instance.ts";
import { createInstancePool } from "./instance-pool.ts";
import type { FunctionSpec } from "./types.ts";

interface TestInstance extends Instance {
  readonly key: string;
  alive: boolean;
  /** Ends its initialisation. */
  ready(): void;
}

/** A pool whose instances are ready when the test says so, and the instances in the order in which they were made. */
function testPool(startsAtOnce: number) {
  const made: TestInstance[] = [];
  const pool = createInstancePool({
    startsAtOnce,
    create: ({ key }) => {
      const { promise, resolve } = Promise.withResolvers<void>();
      const instance: TestInstance = {
        key,
        alive: true,
        credentialsExpire: new Date(Date.now() + 3_600_000),
        start: () => promise,
        ready: resolve,
        invoke: () => Promise.reject(new Error("Nobody invokes it")),
        end: async () => {
          instance.alive = false;
          resolve();
        },
      };
      made.push(instance);
      return instance;
    },
  });
  return { pool, made };
}

/** All that the pool looks at. */
const spec = (key: string) => ({ key, timeout: 6 }) as FunctionSpec;

describe("instances", () => {
  const echo = spec("echo");

  it("start so many at a time, in the order in which they are asked for", async () => {
    const { pool, made } = testPool(2);
    const other = spec("other");
    const taken = [echo, other, other, echo].map((wanted) => pool.take(wanted));
    await turn();
    expect(made.map(({ key }) => key)).toEqual(["echo", "other"]);

    made[1]?.ready();
    expect(await taken[1]).toBe(made[1]);
    await turn();
    expect(made.map(({ key }) => key)).toEqual(["echo", "other", "other"]);
  });

  it("that are given back go to those who wait for their function, before another one is started", async () => {
    const { pool, made } = testPool(1);
    const [first, second, third] = [echo, echo, spec("other")].map((wanted) => pool.take(wanted));
    made[0]?.ready();
    const instance = (await first) as Instance;
    await turn();
    expect(made).toHaveLength(2);

    // The second is being started for the second invocation, so the third is the first who could use another's.
    const fourth = pool.take(echo);
    pool.giveBack(echo, instance);

    expect(await fourth).toBe(instance);
    made[1]?.ready();
    expect(await second).toBe(made[1]);
    await turn();
    made[2]?.ready();
    expect(await third).toMatchObject({ key: "other" });
    expect(made).toHaveLength(3);
  });

  it("are each in one invocation's hands, and all of them may be at once", async () => {
    const { pool, made } = testPool(1);
    const taken = Array.from({ length: 20 }, () => pool.take(echo));
    for (let index = 0; index < taken.length; index += 1) {
      made[index]?.ready();
      await taken[index];
      await turn();
    }
    expect(new Set(await Promise.all(taken)).size).toBe(20);
  });

  it("that ended, or whose credentials are about to, are not handed out again", async () => {
    const { pool, made } = testPool(1);
    const take = async () => {
      const taken = pool.take(echo);
      await turn();
      made.at(-1)?.ready();
      return (await taken) as TestInstance;
    };
    const dead = await take();
    dead.alive = false;
    pool.giveBack(echo, dead);
    const stale = await take();
    expect(stale).not.toBe(dead);
    Object.assign(stale, { credentialsExpire: new Date(Date.now() + 5000) });
    pool.giveBack(echo, stale);

    expect(await take()).not.toBe(stale);
    expect(stale.alive).toBe(false);
  });

  it("end with the pool, and whoever still waits is told", async () => {
    const { pool, made } = testPool(1);
    const first = pool.take(echo);
    const second = pool.take(echo);
    await turn();

    await pool.close();

    await expect(second).rejects.toThrow("closed");
    await first;
    expect(made.map(({ alive }) => alive)).toEqual([false]);
    await expect(pool.take(echo)).rejects.toThrow("closed");
  });
});
