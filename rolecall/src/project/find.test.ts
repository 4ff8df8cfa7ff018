import { describe, expect, it } from "vitest";
import { findProject } from "./find.ts";
import { type Files, folderOf } from "./testing/folder.ts";

const serverlessPackage = { ".serverless/cloudformation-template-update-stack.json": "{}" };
const samBuild = { ".aws-sam/build/template.yaml": "" };
const cdkOut = { "cdk.out/Shop.template.json": "{}", "cdk.out/Shop.nested.template.json": "{}" };
const written = { "template.yml": "" };

const framework = (name: string, version: string): Files => ({
  [`node_modules/${name}/package.json`]: { name, version },
  [`node_modules/${name}/bin/serverless.js`]: "",
});

async function find(files: Files): Promise<string> {
  const root = await folderOf(files);
  const found = await findProject(root);
  return found.how === "package"
    ? "package"
    : found.file
        .slice(root.length + 1)
        .split("\\")
        .join("/");
}

describe("in a project's folder", () => {
  it.each<[string, Files, string]>([
    [
      "osls packages serverless.yml",
      { "serverless.yml": "", ...framework("osls", "4.3.1"), ...serverlessPackage },
      "package",
    ],
    [
      "version 3 packages serverless.ts",
      { "serverless.ts": "", ...framework("serverless", "3.40.0") },
      "package",
    ],
    [
      "version 4, which wants an account, is not run: its last package is read",
      { "serverless.yml": "", ...framework("serverless", "4.4.0"), ...serverlessPackage },
      ".serverless/cloudformation-template-update-stack.json",
    ],
    [
      "the package of the Serverless Framework comes before SAM's",
      { ...serverlessPackage, ...samBuild },
      ".serverless/cloudformation-template-update-stack.json",
    ],
    ["SAM's build comes before CDK's", { ...samBuild, ...cdkOut }, ".aws-sam/build/template.yaml"],
    ["CDK's stack comes before a template", { ...cdkOut, ...written }, "cdk.out/Shop.template.json"],
    ["a template that somebody wrote comes last", written, "template.yml"],
  ])("%s", async (_, files, expected) => {
    expect(await find(files)).toBe(expected);
  });

  it("of several stacks one has to be chosen", async () => {
    const files = { ...cdkOut, "cdk.out/Data.template.json": "{}" };

    await expect(find(files)).rejects.toThrow(
      "There are 2 stacks in cdk.out. Choose one of:\n  --template cdk.out/Data.template.json\n  --template cdk.out/Shop.template.json",
    );
  });

  it("a service that nothing can package is to be packaged first", async () => {
    await expect(find({ "serverless.yml": "", ...written })).rejects.toThrow(
      "serverless.yml is not packaged, and neither osls",
    );
  });

  it("without anything it says what to do", async () => {
    await expect(find({})).rejects.toThrow(
      /There is no template in .*: neither .* or name the file: --template FILE\./,
    );
  });
});
