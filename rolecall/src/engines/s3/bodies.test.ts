import { stat, truncate } from "node:fs/promises";
import { dirname } from "node:path";
import { buffer } from "node:stream/consumers";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  type Body,
  type BodyStore,
  collect,
  createBodyStore,
  hold,
  joinBodies,
  letGo,
  slice,
  stream,
} from "./bodies.ts";
import { bodyFolder, MiB } from "./fixtures.ts";

async function store(bodies: BodyStore, bytes: Buffer): Promise<Body> {
  const writer = bodies.begin();
  for (let offset = 0; offset < bytes.length; offset += 100_000) {
    await writer.write(bytes.subarray(offset, offset + 100_000));
  }
  return writer.finish();
}

const large = Buffer.concat(Array.from({ length: (3 * MiB) / 64 }, (_, index) => Buffer.alloc(64, index)));

describe("a body", () => {
  it("of up to a mebibyte stays in memory, a larger one goes to a file that only its owner may read", async () => {
    await using folder = await bodyFolder();
    const bodies = createBodyStore(folder.path);
    for (const size of [0, 1, MiB]) {
      expect((await collect(await store(bodies, large.subarray(0, size)))).length).toBe(size);
      expect(await folder.files()).toEqual([]);
    }
    const body = await store(bodies, large.subarray(0, MiB + 1));
    const [file = "", ...more] = await folder.files();
    expect(more).toEqual([]);
    expect((await collect(body)).equals(large.subarray(0, MiB + 1))).toBe(true);
    // Windows has no such modes.
    if (process.platform !== "win32") {
      expect((await stat(file)).mode & 0o777).toBe(0o600);
      expect((await stat(dirname(file))).mode & 0o777).toBe(0o700);
    }
    await bodies.close();
    expect(await folder.files()).toEqual([]);
  });

  it("is cut and joined as its bytes are", async () => {
    await using folder = await bodyFolder();
    const bodies = createBodyStore(folder.path);
    const inFile = await store(bodies, large);
    const inMemory = await store(bodies, large.subarray(0, 1000));
    const cut = fc
      .tuple(fc.boolean(), fc.nat({ max: large.length - 1 }), fc.nat({ max: 300_000 }))
      .map(([small, start, length]) => {
        const [body, bytes] = small ? [inMemory, large.subarray(0, 1000)] : [inFile, large];
        const first = start % bytes.length;
        const end = Math.min(first + length, bytes.length - 1);
        return { body: slice(body, { start: first, end }), bytes: bytes.subarray(first, end + 1) };
      });
    await fc.assert(
      fc.asyncProperty(fc.array(cut, { maxLength: 4 }), fc.nat(), fc.nat(), async (cuts, from, length) => {
        const joined = joinBodies(cuts.map(({ body }) => body));
        const bytes = Buffer.concat(cuts.map((one) => one.bytes));
        expect(joined.size).toBe(bytes.length);
        expect((await buffer(stream(joined))).equals(bytes)).toBe(true);
        const start = bytes.length === 0 ? 0 : from % bytes.length;
        const part = slice(joined, { start, end: start + length });
        expect((await collect(part)).equals(bytes.subarray(start, start + length + 1))).toBe(true);
      }),
      { numRuns: 50 },
    );
    await bodies.close();
  });

  it("loses its file with the last hold on it, and not while it is read", async () => {
    await using folder = await bodyFolder();
    const bodies = createBodyStore(folder.path);
    const body = await store(bodies, large);
    const end = slice(body, { start: 2 * MiB, end: large.length - 1 });
    hold(end);
    letGo(body);
    const reading = stream(end);
    letGo(end);
    expect(await folder.files()).toHaveLength(1);
    expect((await buffer(reading)).equals(large.subarray(2 * MiB))).toBe(true);
    await expect.poll(() => folder.files()).toEqual([]);
    await bodies.close();
  });

  it("is let go of by a stream that was never read", async () => {
    await using folder = await bodyFolder();
    const bodies = createBodyStore(folder.path);
    const body = await store(bodies, large);
    const reading = stream(body);
    letGo(body);
    reading.destroy();
    await expect.poll(() => folder.files()).toEqual([]);
    await bodies.close();
  });

  it("that is discarded leaves nothing, and one that is finished is not discarded", async () => {
    await using folder = await bodyFolder();
    const bodies = createBodyStore(folder.path);
    const abandoned = bodies.begin();
    await abandoned.write(large);
    expect(await folder.files()).toHaveLength(1);
    await abandoned.discard();
    expect(await folder.files()).toEqual([]);
    const finished = bodies.begin();
    await finished.write(large);
    const body = await finished.finish();
    await finished.discard();
    expect((await collect(body)).equals(large)).toBe(true);
    await bodies.close();
  });

  it("is said to be cut short when somebody else did so", async () => {
    await using folder = await bodyFolder();
    const bodies = createBodyStore(folder.path);
    const body = await store(bodies, large);
    const [file = ""] = await folder.files();
    await truncate(file, 1000);
    await expect(collect(body)).rejects.toThrow("has become shorter");
    await bodies.close();
  });
});
