import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import { packageAnew, packaged } from "./testing/packaged.ts";

it("the same source packages to the same zips, byte for byte, so a deployment changes only what changed", async () => {
  const place = { stage: "dev", region: "us-east-1" };
  const first = await packaged(place);
  const second = await packageAnew(place);
  const zips = (await readdir(first)).filter((name) => name.endsWith(".zip"));

  expect(zips).not.toEqual([]);
  for (const zip of zips) {
    const [once, again] = await Promise.all([first, second].map((into) => readFile(join(into, zip))));
    expect(once && again?.equals(once), zip).toBe(true);
  }
});
