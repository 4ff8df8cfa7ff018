import { execFile } from "node:child_process";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { folderOf } from "../project/testing/folder.ts";
import { version3, version4 } from "../project/testing/serverless-services.ts";
import { givenOptions } from "./options.ts";

const main = fileURLToPath(new URL("main.ts", import.meta.url));
const template = ".serverless/cloudformation-template-update-stack.json";
const nothing = { help: false, json: false, param: [], policy: [] };

function rolecall(
  cwd: string,
  ...args: string[]
): Promise<{ code: unknown; stdout: string; stderr: string }> {
  return new Promise((resolve) => {
    execFile(process.execPath, [main, ...args], { cwd }, (error, stdout, stderr) =>
      resolve({ code: error === null ? 0 : error.code, stdout, stderr }),
    );
  });
}

describe("values of parameters", () => {
  it.each([
    ["an object", { Name: "shop", Count: 3, On: true, Subnets: ["a", "b"] }],
    [
      "CloudFormation's list",
      [
        { ParameterKey: "Name", ParameterValue: "shop" },
        { ParameterKey: "Count", ParameterValue: "3" },
        { ParameterKey: "On", ParameterValue: "true" },
        { ParameterKey: "Subnets", ParameterValue: "a,b" },
      ],
    ],
  ])("come from a file with %s", async (_, json) => {
    const params = join(await folderOf({ "params.json": json }), "params.json");

    expect((await givenOptions({ ...nothing, params })).parameters).toEqual({
      Name: "shop",
      Count: "3",
      On: "true",
      Subnets: "a,b",
    });
  });

  it("of another form are refused, with the form that is expected", async () => {
    const params = join(await folderOf({ "params.json": { Name: { deep: 1 } } }), "params.json");

    await expect(givenOptions({ ...nothing, params })).rejects.toThrow(
      /expected an object of names and values, or a list of ParameterKey and ParameterValue/,
    );
  });

  it("and policies stand behind the first equals sign", async () => {
    const given = await givenOptions({
      ...nothing,
      param: ["mail=a@b.c", "text=x=y"],
      policy: ["arn:aws:iam::123456789012:policy/edge=edge.json"],
    });

    expect(given.params).toEqual({ mail: "a@b.c", text: "x=y" });
    expect(given.policies).toEqual({ "arn:aws:iam::123456789012:policy/edge": "edge.json" });
  });
});

describe("rolecall", () => {
  it("takes the template that it is told, and then says nothing of which it took", async () => {
    const root = await folderOf(version3);
    const { code, stdout, stderr } = await rolecall(root, "report", "--template", template, "--json");

    expect([code, stderr]).toEqual([0, ""]);
    expect(JSON.parse(stdout)).toMatchObject({ stage: "prod", region: "eu-west-1" });
  });

  it("asks about the region and the account that it is told", async () => {
    const root = await folderOf(version4);
    const asked = [
      "store",
      "s3:PutObject",
      "photos/x",
      "--region",
      "eu-central-1",
      "--account",
      "111122223333",
    ];
    const { stdout } = await rolecall(root, "explain", ...asked);

    expect(stdout).toContain(
      "arn:aws:sts::111122223333:assumed-role/photo-album-dev-store-eu-central-1-lambdaRole/",
    );
  });

  it("lint prints findings alone, and exits 1 for them", async () => {
    const root = await folderOf(version4);
    const { code, stdout } = await rolecall(root, "lint", "show");

    expect(code).toBe(1);
    expect(stdout).toMatch(/^Lint\n/);
    expect(stdout).toContain("ShowLambdaPermissionFnUrl");
  });

  it.each([
    ["without a template", {}, ["lint"], /There is no template in .*--template FILE/s],
    ["of a command that there is not", {}, ["sing"], /There is no command sing/],
    [
      "with a parameter without a value",
      version3,
      ["report", "--param", "x"],
      /--param NAME=VALUE: x has no name/,
    ],
    ["with an account that is none", version3, ["report", "--account", "12"], /twelve digits/],
    [
      "of another stage than was packaged",
      version3,
      ["report", "--stage", "dev"],
      /packaged for the stage prod/,
    ],
    ["of a function that there is not", version3, ["report", "x"], /There are place-order, nightly_report/],
  ])("%s it has no answer: it exits 2, and says what to do", async (_, files, args, message) => {
    const { code, stdout, stderr } = await rolecall(await folderOf(files), ...args);

    expect([code, stdout]).toEqual([2, ""]);
    expect(stderr).toMatch(message);
  });

  it.each(["report", "lint", "explain", "prove", "start", "permissions"])(
    "%s --help exits 0",
    async (command) => {
      const { code, stdout } = await rolecall(await folderOf({}), command, "--help");

      expect(code).toBe(0);
      expect(stdout).toContain(`rolecall ${command}`);
      expect(stdout).toContain("--policy ARN=FILE");
    },
  );
});
