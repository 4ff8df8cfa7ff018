import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { lint } from "../rolecall/src/ask/lint/lint.ts";
import { type Project, readProject, resolveProject } from "../rolecall/src/project/open.ts";

const root = join(import.meta.dirname, "..");

// Packaged for the region with the longest name, where the names of a long stage's roles have the least room.
describe.each([
  ["dev", "us-east-1"],
  ["prod", "us-east-1"],
  ["a-very-long-18char", "ap-southeast-1"],
])("the service packaged for the stage %s", (stage, region) => {
  let project: Project;
  beforeAll(async () => {
    project = await readProject({ root, stage, region });
  });

  it.each([
    { region: "us-east-1", partition: "aws" },
    { region: "ap-southeast-1", partition: "aws" },
    { region: "cn-north-1", partition: "aws-cn" },
    { region: "us-gov-west-1", partition: "aws-us-gov" },
  ])("has no finding in $region, $partition", async (place) => {
    expect(await lint(resolveProject(project, place), project.sources)).toEqual([]);
  });
});
