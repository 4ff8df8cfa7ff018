import * as v from "valibot";
import { describe, expect, it } from "vitest";
import type { Note } from "../../stack/note.ts";
import { parseTemplate, resolveTemplate, type Template } from "../../stack/template.ts";
import { queueParts } from "./queues.ts";
import { boolean, number, read, readingOf } from "./read.ts";

const environment = { accountId: "123456789012", region: "us-east-1", partition: "aws", stackName: "test" };

function readingWith(properties: object, type = "AWS::SQS::Queue") {
  const notes: Note[] = [];
  const template: Template = parseTemplate({ Resources: { Thing: { Type: type, Properties: properties } } });
  return { notes, reading: readingOf(resolveTemplate(template, environment), notes) };
}

const entries = {
  Size: v.optional(number, 10),
  Enabled: v.optional(boolean, true),
  Scaling: v.optional(v.object({ Maximum: number })),
};
const where = "Thing (AWS::SQS::Queue)";

describe("reading a resource for the local run", () => {
  it("takes numbers and booleans that are written as texts, as CloudFormation does", () => {
    const { reading, notes } = readingWith({ Size: "5", Enabled: "false" });

    expect(read(reading, "AWS::SQS::Queue", entries)).toMatchObject([
      { config: { Size: 5, Enabled: false } },
    ]);
    expect(notes).toEqual([]);
  });

  it("goes on without what it does not imitate, and notes it once, nested properties by their path", () => {
    const { reading, notes } = readingWith({
      Encryption: "on",
      Scaling: { Maximum: 2, Minimum: 1 },
      Tags: [],
      Quiet: 1,
    });

    expect(read(reading, "AWS::SQS::Queue", entries, ["Quiet"])).toHaveLength(1);
    read(reading, "AWS::SQS::Queue", entries, ["Quiet"]);

    expect(notes).toEqual([{ where, says: "not imitated: Encryption, Scaling.Minimum" }]);
  });

  it("goes on without an optional property that it cannot read", () => {
    const { reading, notes } = readingWith({ Size: "many" });

    expect(read(reading, "AWS::SQS::Queue", entries)).toMatchObject([{ config: { Size: 10 } }]);
    expect(notes).toEqual([
      { where, says: "Size is not understood (not a number): the local run goes on without it" },
    ]);
  });

  it("leaves out a resource without what it cannot do without", () => {
    const { reading, notes } = readingWith({ Size: 1 });

    expect(read(reading, "AWS::SQS::Queue", { Name: v.string(), Size: number })).toEqual([]);
    expect(notes).toEqual([{ where, says: expect.stringMatching(/^Name .*the local run leaves it out$/) }]);
  });
});

describe("a queue", () => {
  it("needs no name: CloudFormation makes one", () => {
    const { reading } = readingWith({});

    expect(queueParts(reading)).toMatchObject([
      { name: expect.stringMatching(/^test-Thing-/), visibilityTimeout: 30, retention: 345_600 },
    ]);
  });
});
