import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { root } from "./local.ts";
import { readOpenApi } from "./openapi.ts";

/** `readonly name?: type` of an interface's own members, a line each. */
const member = /^ {2}readonly (\w+)(\??): (.*)$/gm;

function membersOf(name: string): { name: string; isRequired: boolean; type: string }[] {
  const text = readFileSync(join(import.meta.dirname, "recording.ts"), "utf8");
  const [, body = ""] = new RegExp(`^export interface ${name} \\{\\n(.*?)^\\}`, "ms").exec(text) ?? [];
  return [...body.matchAll(member)].map(([, key = "", optional, type = ""]) => ({
    name: key,
    isRequired: optional === "",
    type,
  }));
}

it("a recording has the members that docs/openapi.yaml describes, and requires those that it requires", async () => {
  const { Recording } = (await readOpenApi(root)).components.schemas;
  const { properties, required } = Recording as {
    properties: Record<string, { enum?: string[]; required?: string[] }>;
    required: string[];
  };
  const members = membersOf("Recording");

  expect(members.map(({ name }) => name).sort()).toEqual(Object.keys(properties).sort());
  expect(
    members
      .filter(({ isRequired }) => isRequired)
      .map(({ name }) => name)
      .sort(),
  ).toEqual([...required].sort());
  const status = members.find(({ name }) => name === "status")?.type ?? "";
  expect([...status.matchAll(/"(\w+)"/g)].map(([, value]) => value)).toEqual(properties.status?.enum);
});
