import { describe, expect, it } from "vitest";
import { chooseFiles, importsOf } from "./contents.ts";
import {
  packagesImported,
  trimFolders,
  trimManifest,
  trimPage,
  trimWorkflow,
  trimWorkspace,
} from "./rewrite.ts";

describe("the files of a starter", () => {
  const texts: Record<string, string> = {
    "serverless.yml": "service: x",
    "packages/a/src/a.test.ts": 'import { a } from "./a.ts";',
    "packages/a/src/a.ts": "",
    "resources/asks.test.ts": 'import { lint } from "rolecall";',
    "deployer/helped.test.ts": 'import { help } from "./testing/help.ts";',
    "deployer/testing/help.ts": 'import { help } from "../../teaching/help.ts";',
    "rolecall/package.json": '{ "exports": { "./testing": "./src/testing/change.ts" } }',
    "rolecall/src/index.ts": "",
    "rolecall/src/index.test.ts": "",
    "rolecall/src/testing/change.ts": 'import "../testing/copy.ts";',
    "rolecall/src/testing/copy.ts": "",
    "rolecall/src/testing/unused.ts": "",
    "scenarios/src/demo.ts": "",
    "scenarios/src/demo.test.ts": 'import { change } from "rolecall/testing";',
    "teaching/help.ts": "",
    "docs/how-permissions-work.md": "",
  };
  const choose = (withToolkit: boolean) =>
    chooseFiles(Object.keys(texts), { withToolkit, read: async (path) => texts[path] ?? "" });

  it("are the service with its tests, and no test that imports what stays behind", async () => {
    expect(await choose(false)).toEqual([
      "serverless.yml",
      "packages/a/src/a.test.ts",
      "packages/a/src/a.ts",
    ]);
  });

  it("are the toolkit too, where it is wanted: without its tests, but for what other tests take from them", async () => {
    expect(await choose(true)).toEqual([
      "serverless.yml",
      "packages/a/src/a.test.ts",
      "packages/a/src/a.ts",
      "resources/asks.test.ts",
      "rolecall/package.json",
      "rolecall/src/index.ts",
      "scenarios/src/demo.ts",
      "scenarios/src/demo.test.ts",
      "rolecall/src/testing/change.ts",
      "rolecall/src/testing/copy.ts",
    ]);
  });
});

it("what a file imports is read in each form that imports have", () => {
  const text =
    'import "a";\nimport b from "@b/b/deep";\nimport {\n  c,\n} from "./c.ts";\nawait import("d");';

  expect(importsOf(text)).toEqual(["a", "@b/b/deep", "./c.ts", "d"]);
  expect(packagesImported([text])).toEqual(new Set(["a", "@b/b", "d"]));
});

it("a manifest loses scripts that run what is not there, and what nothing imports", () => {
  const manifest = {
    name: "x",
    scripts: {
      demo: "node gone/demo.ts",
      test: "vitest run",
      slow: "vitest run --config gone.ts",
      all: "pnpm test && pnpm slow",
      own: "node own.ts",
    },
    dependencies: { kept: "catalog:" },
    devDependencies: { vitest: "catalog:", imported: "catalog:", spare: "catalog:" },
  };

  const trimmed = trimManifest(JSON.stringify(manifest), {
    imported: new Set(["imported"]),
    isThere: (path) => path === "own.ts",
  });

  expect(JSON.parse(trimmed)).toEqual({
    name: "x",
    scripts: { test: "vitest run", own: "node own.ts" },
    dependencies: { kept: "catalog:" },
    devDependencies: { vitest: "catalog:", imported: "catalog:" },
  });
});

it("a workspace keeps the folders that are there, the versions that are asked for, and its comments", () => {
  const workspace = `packages:
  - packages/*
  - teaching/*

# Every version stands here once.
catalog:
  a: 1.0.0 # why
  b: 2.0.0
`;

  expect(
    trimWorkspace(workspace, ['{"dependencies":{"a":"catalog:"}}'], (name) => name === "packages"),
  ).toBe(`packages:
  - packages/*

# Every version stands here once.
catalog:
  a: 1.0.0 # why
`);
});

it("configuration names no folder that is not there", () => {
  const gone = ["teaching"];

  expect(trimFolders('"{deployer,teaching}/vitest.config.ts"', gone)).toBe('"deployer/vitest.config.ts"');
  expect(trimFolders('"{a,b,teaching}/vitest.config.ts"', gone)).toBe('"{a,b}/vitest.config.ts"');
  expect(trimFolders('"include": ["packages", "teaching", "*.ts"]', gone)).toBe(
    '"include": ["packages", "*.ts"]',
  );
});

it("a workflow loses the steps that run a script which is not there, and no other", () => {
  const workflow = `jobs:
  deploy:
    steps:
      - run: pnpm install --frozen-lockfile
      - run: pnpm preflight --stage dev
      - run: node --run preflight -- --stage dev
      - run: pnpm sls deploy
`;

  const trimmed = trimWorkflow(workflow, new Set(["sls"]), new Set(["preflight"]));

  expect(trimmed).toBe(workflow.replaceAll(/.* preflight .*\n/g, ""));
});

describe("a page", () => {
  const isThere = (path: string) => path === "docs/there.md";

  it("links to what is there, and keeps the words of what is not", () => {
    const page = "[a](there.md#b), [b](gone.md), [c](https://example.com), [d](#here), ![e](gone.svg)";

    expect(trimPage("docs/page.md", page, { isThere, withToolkit: true })).toBe(
      "[a](there.md#b), b, [c](https://example.com), [d](#here), ![e](gone.svg)",
    );
  });

  it("says of the toolkit what it says where there is one", () => {
    const page = "1\n\n<!-- with rolecall -->\n2\n<!-- end -->\n\n3\n";

    expect(trimPage("p.md", page, { isThere, withToolkit: true })).toBe("1\n\n2\n\n3\n");
    expect(trimPage("p.md", page, { isThere, withToolkit: false })).toBe("1\n\n3\n");
  });

  it("says nothing of what only this repository has", () => {
    const page = "1\n\n<!-- not in a starter -->\n2\n<!-- end -->\n\n3\n";

    expect(trimPage("p.md", page, { isThere, withToolkit: true })).toBe("1\n\n3\n");
  });
});
