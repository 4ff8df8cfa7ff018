import { readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { type Change, home, root, variablesOf } from "../../testing/film-archive/film-archive.ts";
import type { Finding } from "./finding.ts";
import { rules } from "./lint.ts";
import { cases as actions } from "./rules/actions.cases.ts";
import { cases as buckets } from "./rules/buckets.cases.ts";
import { cases as callers } from "./rules/callers.cases.ts";
import { cases as conditionKeys } from "./rules/condition-keys.cases.ts";
import { cases as conditionValues } from "./rules/condition-values.cases.ts";
import { cases as deployment } from "./rules/deployment.cases.ts";
import { cases as environment } from "./rules/environment.cases.ts";
import { cases as places } from "./rules/places.cases.ts";
import { cases as resources } from "./rules/resources.cases.ts";
import { cases as roles } from "./rules/roles.cases.ts";
import { cases as routes } from "./rules/routes.cases.ts";
import { cases as sids } from "./rules/sids.cases.ts";
import { cases as stages } from "./rules/stages.cases.ts";
import {
  accessKeyId,
  add,
  type Cases,
  films,
  secretAccessKey,
  start,
  store,
  variables,
} from "./testing/changes.ts";
import { type Packaged, packaged } from "./testing/packaged.ts";

let dev: Packaged;

beforeAll(async () => {
  dev = await packaged();
});

const everywhere = [
  home,
  { region: "ap-southeast-1", partition: "aws" },
  { region: "cn-north-1", partition: "aws-cn" },
  { region: "us-gov-west-1", partition: "aws-us-gov" },
];

describe.each(["dev", "prod"])("a service with nothing to find, in the stage %s", (stage) => {
  it.each(everywhere)("has no finding in $region, $partition", async (place) => {
    expect(await (await packaged(stage)).lint(undefined, undefined, place)).toEqual([]);
  });
});

const cases: Cases = {
  ...actions,
  ...resources,
  ...stages,
  ...places,
  ...conditionKeys,
  ...conditionValues,
  ...sids,
  ...roles,
  ...callers,
  ...routes,
  ...buckets,
  ...environment,
  ...deployment,
};

it("every rule has templates that it finds, and near misses that it does not", () => {
  expect(Object.keys(cases).sort()).toEqual(rules.map((rule) => rule.name).sort());
  for (const { found, notFound } of Object.values(cases)) {
    expect(found.length).toBeGreaterThan(0);
    expect(notFound.length).toBeGreaterThan(0);
  }
});

describe.each(Object.entries(cases))("%s", (rule, { found, notFound }) => {
  it.each(found)("is found when $when", async ({ change, says, severity, at }) => {
    const findings = (await dev.lint(change)).filter((one) => one.rule === rule);

    expect(findings).not.toEqual([]);
    const finding = findings.find(({ message, fix }) => says?.test(`${message}\n${fix}`));
    expect(finding, JSON.stringify(findings, null, 2)).toBeDefined();
    if (severity !== undefined) expect(finding?.severity).toBe(severity);
    if (at !== undefined) {
      const [file, text] = at;
      expect(finding?.source?.file).toBe(file);
      expect(lineOf(finding)).toContain(text);
    }
  });

  it.each(notFound)("is not found when $when", async ({ change }) => {
    const findings = await dev.lint(change);

    expect(findings.filter((one) => one.rule === rule)).toEqual([]);
  });
});

describe("a finding", () => {
  it("of a variable that all functions have points to the provider's environment", async () => {
    const [finding] = await dev.lint((resources) => {
      for (const id of Object.keys(resources).filter((one) => one.endsWith("LambdaFunction")))
        variablesOf(resources, id.replace("LambdaFunction", "")).ARCHIVE_NAME = accessKeyId;
    });

    expect(finding).toMatchObject({ rule: "secret-variable", subject: "ARCHIVE_NAME" });
    expect(lineOf(finding)).toContain("ARCHIVE_NAME");
  });

  it("never repeats a secret", async () => {
    const text = JSON.stringify(
      await dev.lint(variables({ ONE: accessKeyId, OTHER_PASSWORD: secretAccessKey })),
    );

    expect(text).not.toContain(accessKeyId);
    expect(text).not.toContain(secretAccessKey);
  });

  it("that is accepted stays in the output, with its reason", async () => {
    const exception = {
      rule: "unlimited-action",
      subject: "startCaptions/StartJobsForOurBucket",
      reason: "a trial",
    };

    const findings = await dev.lint(start({ Condition: undefined }), [exception]);

    expect(findings).toMatchObject([{ rule: "unlimited-action", accepted: "a trial" }]);
  });

  it("says that an exception meets nothing any more", async () => {
    const findings = await dev.lint(undefined, [{ rule: "open-route", subject: "Gone", reason: "a trial" }]);

    expect(findings).toMatchObject([{ rule: "unmet-exception", severity: "warning", subject: "Gone" }]);
  });
});

/** What is refused before the lint, and says why. */
describe("a template that cannot be read is refused", () => {
  it.each<[string, Change, RegExp]>([
    [
      "two statements of a policy have one Sid",
      add({ Sid: "KeepFilm", Action: "s3:PutObject", Resource: films }),
      /two statements of one policy have the Sid "KeepFilm"/,
    ],
    ["an action has no service", store({ Action: "PutObject" }), /"PutObject" names no action/],
    ["a resource is unheard of", store({ Resource: "films/*" }), /"films\/\*" names no resource/],
  ])("when %s", (_, change, reason) => {
    expect(() => dev.service(change)).toThrow(reason);
  });
});

function lineOf(finding: Finding | undefined): string {
  const { file = "", line = 0 } = finding?.source ?? {};
  return readFileSync(join(root, file), "utf8").split("\n")[line - 1] ?? "";
}
