import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import { packageService } from "../rolecall/src/packaging/package-service.ts";
import { slsPackage } from "../rolecall/src/packaging/sls-package.ts";

const root = fileURLToPath(new URL("..", import.meta.url));

it("the same source packages to the same zips, byte for byte, so a deployment changes only what changed", async () => {
  const folder = await mkdtemp(join(tmpdir(), "reproducible-packages-test-"));
  try {
    const place = { root, stage: "dev", region: "us-east-1" };
    // Of now, or of an hour ago: which must make no difference.
    const first = await packageService(place);
    const second = join(folder, "second");
    await slsPackage({ ...place, into: second });
    const zips = (await readdir(first)).filter((name) => name.endsWith(".zip"));

    expect(zips).not.toEqual([]);
    for (const zip of zips) {
      const [once, again] = await Promise.all([first, second].map((into) => readFile(join(into, zip))));
      expect(once && again?.equals(once), zip).toBe(true);
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}, 60_000);
