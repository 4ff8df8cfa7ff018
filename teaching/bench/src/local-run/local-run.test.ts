import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import { measureLocalRun } from "./local-run.ts";
import { localRunTables } from "./tables.ts";

const root = fileURLToPath(new URL("../../../..", import.meta.url));

it("the local run takes a large file in with less memory than the file is large, and everything is measured", async () => {
  const temporary = await mkdtemp(join(tmpdir(), "local-run-test-"));
  const options = { root, temporary, onProgress: () => {} };
  try {
    const measured = await measureLocalRun(options, { rounds: 1, calls: 5, largeFile: 200_000_000 });

    const { bytes, peakBefore, peakAfter } = measured.largeUpload;
    // Only Linux tells.
    if (peakBefore !== undefined && peakAfter !== undefined) {
      expect(peakAfter - peakBefore).toBeLessThan(bytes / 2);
    }
    expect(measured.gate.map(({ operation }) => operation)).toEqual(["PutObject", "GetObject"]);
    expect(measured.invocations).toHaveLength(4);
    expect(JSON.stringify(localRunTables(measured))).not.toContain("NaN");
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
});
