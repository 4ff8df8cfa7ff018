import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import { packaged } from "./testing/packaged.ts";

it("packaging leaves no temporary folder behind", async () => {
  const folder = await packaged({ stage: "dev", region: "us-east-1" });

  expect(await readdir(join(folder, "..", "tmp"))).toEqual([]);
});
