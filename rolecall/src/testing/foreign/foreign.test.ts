import { fileURLToPath } from "node:url";
import { beforeAll, describe, expect, it } from "vitest";
import { explain } from "../../ask/explain/explain.ts";
import { lint } from "../../ask/lint/lint.ts";
import { permissionsText } from "../../ask/report/text.ts";
import { viewPermissions } from "../../ask/report/view.ts";
import { openProject, type ProjectService } from "../../project/open.ts";
import { type Answer, foreign } from "./answers.ts";

describe.each(foreign)("a template of others, $folder", (one) => {
  let service: ProjectService;
  beforeAll(async () => {
    service = await openProject({
      root: fileURLToPath(new URL(one.folder, import.meta.url)),
      template: one.template,
      parameters: one.parameters,
    });
  });

  it("is recognised, with its functions as their author calls them", () => {
    expect(service.project.framework).toBe(one.framework);
    expect(service.roles.map(({ functionKey }) => functionKey)).toEqual(one.functions);
  });

  const asks = one.asks.map(([principal, action, on, answer, context = []]) => ({
    ...{ principal, action, on, answer, context },
  }));

  it.each(asks)("explains $principal, $action on $on", async ({ principal, action, on, answer, context }) => {
    const { decision } = await explain(
      { principal, action, resource: filledIn(on), context: context.map(filledIn) },
      { service, sources: service.sources },
    );
    expect(inShort(decision)).toEqual(answer);
  });

  it("reports who may do what", () => {
    const text = permissionsText(viewPermissions(service, service.sources), service.stack);
    for (const said of one.report) expect(text).toMatch(said);
    for (const name of one.functions) expect(text).toContain(name);
  });

  it("finds what is wrong, and nothing else", async () => {
    const findings = await lint(service, service.sources, []);
    const found = findings.map(({ rule, subject }) => `${rule} ${subject}`);
    expect([...new Set(found)].sort()).toEqual(one.findings);
    for (const { message, fix } of findings) {
      expect(`${message} ${fix}`).not.toMatch(/undefined|\[object/);
      if (one.framework !== "serverless") expect(fix).not.toMatch(/iamRoleStatements|serverless\.yml/);
    }
  });

  /** `{Table.Arn}` and `{Table}`. */
  function filledIn(text: string): string {
    return text.replace(/\{(\w+)(\.Arn)?\}/, (whole, logicalId, arn) => {
      const resource = service.stack.resources.get(logicalId);
      return (arn === undefined ? resource?.physicalId : resource?.arn) ?? whole;
    });
  }
});

type Explained = Awaited<ReturnType<typeof explain>>["decision"];

function inShort(decision: Explained): Answer {
  switch (decision.outcome) {
    case "allowed":
      return { allowed: statement(decision.by) };
    case "explicitly denied":
      return { denied: statement(decision.by) };
    case "implicitly denied":
      return { denied: undefined };
    case "unknown":
      return { unknown: decision.because };
  }
}

function statement({ policy, sid, index }: { policy: string; sid?: string; index: number }): string {
  return `${policy}/${sid ?? index}`;
}
