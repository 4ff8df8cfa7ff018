import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import { measureLargestBody } from "./memory.ts";

const root = fileURLToPath(new URL("../../../..", import.meta.url));

it("bodies of the biggest size pass through receiveAudio, one after the other, in half of its memory", async () => {
  const temporary = await mkdtemp(join(tmpdir(), "memory-test-"));
  try {
    const { memorySize, oneBody, manyBodies } = await measureLargestBody(root, temporary, 1);

    expect(oneBody.median).toBeGreaterThan(4 * 2 ** 20);
    expect(oneBody.median).toBeLessThan((memorySize * 2 ** 20) / 2);
    expect(manyBodies.median).toBeLessThan((memorySize * 2 ** 20) / 2);
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
});
