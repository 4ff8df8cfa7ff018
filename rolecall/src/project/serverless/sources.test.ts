import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Source, Sources, StatementSource } from "../../stack/source/sources.ts";
import type { JsonTemplate } from "../framework.ts";
import { readSources } from "./sources.ts";

let temporary: string;
beforeAll(async () => {
  temporary = await mkdtemp(join(tmpdir(), "sources-test-"));
});
afterAll(() => rm(temporary, { recursive: true, force: true }));

/** The sources of a service of these files, what was packaged of it, and the text of a line of them. */
async function sourcesOf(files: Record<string, string>, Resources: JsonTemplate["Resources"] = {}) {
  const folder = await mkdtemp(join(temporary, "service-"));
  for (const [name, text] of Object.entries(files)) {
    await mkdir(dirname(join(folder, name)), { recursive: true });
    await writeFile(join(folder, name), text);
  }
  const names = new Map(
    Object.entries(Resources).flatMap(([id, { Properties }]) =>
      typeof Properties?.FunctionName === "string" ? [[id, Properties.FunctionName] as const] : [],
    ),
  );
  const service = { file: "serverless.yml", json: { Resources }, names };
  return { sources: await readSources(folder, service), textAt: textAt(folder) };
}

/** What the framework makes of a function with this key. */
const lambda = (key: string, role: string) => ({
  Type: "AWS::Lambda::Function",
  Properties: { FunctionName: key, Role: { "Fn::GetAtt": [role, "Arn"] } },
});

const of = (id: string, Type: string) => ({
  Type,
  Properties: { FunctionName: { "Fn::GetAtt": [id, "Arn"] } },
});

const role = (...Statement: object[]) => ({
  Type: "AWS::IAM::Role",
  Properties: { Policies: [{ PolicyDocument: { Statement } }] },
});

const textAt = (folder: string) => async (found: Source | StatementSource | undefined) => {
  const source = found && "file" in found ? found : undefined;
  if (source === undefined) return undefined;
  const lines = (await readFile(join(folder, source.file), "utf8")).split("\n");
  return `${source.file}: ${lines[source.line - 1]?.trim()}`;
};

describe("the sources of a service", () => {
  it("are found through inclusions, aliases and merged mappings", async () => {
    const { sources, textAt } = await sourcesOf(
      {
        "serverless.yml": `
service: any
custom:
  shared: &shared
    iamRoleStatements:
      - Sid: Shared # by an alias
        Action: a:B
functions:
  - \${file(./functions.yml):of.upload}
  - one-more_function:
      <<: *shared
      events:
        - httpApi: GET /more
resources:
  Resources:
    Inline:
      Type: AWS::S3::BucketPolicy
      Properties: { PolicyDocument: { Statement: { Sid: Flow, Action: !Sub "\${x}" } } }
    Role:
      Type: AWS::IAM::Role
      Properties:
        AssumeRolePolicyDocument: { Statement: [{ Sid: Trust }] }
        Policies:
          - PolicyDocument: { Statement: [{ Sid: InRole }] }
`,
        "functions.yml": `
of:
  upload:
    list:
      iamRoleStatements: [{ Effect: Allow, Sid: Last, Action: a:B }]
    listAll:
      events:
        - schedule: rate(1 day)
        - eventBridge: { pattern: { source: [one] } }
        - eventBridge: { pattern: { source: [two] } }
`,
      },
      {
        ListLambdaFunction: lambda("list", "ListIamRoleLambdaExecution"),
        ListIamRoleLambdaExecution: role({ Effect: "Allow", Sid: "Logs" }),
        ListAllLambdaFunction: lambda("listAll", "ListAllIamRoleLambdaExecution"),
        ListAllIamRoleLambdaExecution: role(),
        ListAllEventBridgeLambdaPermission2: of("ListAllLambdaFunction", "AWS::Lambda::Permission"),
        AnydevlistAllrule1EventBridgeRule: {
          Type: "AWS::Events::Rule",
          Properties: { Targets: [{ Arn: { "Fn::GetAtt": ["ListAllLambdaFunction", "Arn"] } }] },
        },
        ListAllEventSourceMapping: of("ListAllLambdaFunction", "AWS::Lambda::EventSourceMapping"),
        OneDashmoreUnderscorefunctionLambdaFunction: lambda("one-more_function", "Elsewhere"),
      },
    );
    const statement = (place: Parameters<Sources["statement"]>[0]) => textAt(sources.statement(place));

    expect(sources.statement({ functionKey: "one-more_function", sid: "Shared" })).toMatchObject({
      why: "by an alias",
    });
    expect(await statement({ functionKey: "one-more_function", sid: "Shared" })).toContain("- Sid: Shared");
    expect(await statement({ functionKey: "list", sid: "Last" })).toMatch(/^functions.yml: .*Sid: Last/);
    expect(await statement({ logicalId: "Inline", sid: "Flow" })).toContain("Sid: Flow");
    expect(await statement({ logicalId: "Role", sid: "Trust" })).toContain("Sid: Trust");
    expect(await statement({ logicalId: "Role", sid: "InRole" })).toContain("Sid: InRole");
    expect(await statement({ logicalId: "ListAllEventBridgeLambdaPermission2", sid: "any" })).toContain(
      "source: [two]",
    );
    expect(await textAt(sources.resourceLine("ListIamRoleLambdaExecution"))).toBe("functions.yml: list:");
    expect(await textAt(sources.resourceLine("ListAllIamRoleLambdaExecution"))).toBe(
      "functions.yml: listAll:",
    );
    expect(await textAt(sources.resourceLine("AnydevlistAllrule1EventBridgeRule"))).toContain(
      "source: [one]",
    );
    expect(await textAt(sources.resourceLine("ListAllEventSourceMapping"))).toBe("functions.yml: listAll:");
    expect(await textAt(sources.routeLine("GET /more"))).toContain("- httpApi: GET /more");
    expect(sources.statement({ functionKey: "list", sid: "Logs" })).toEqual({ origin: "added" });
    expect(sources.statement({ functionKey: "list", sid: "Absent" })).toBeUndefined();
    expect(sources.statement({ logicalId: "Role", sid: "Absent" })).toBeUndefined();
    expect(sources.functionLine("absent")).toBeUndefined();
    expect(sources.resourceLine("Absent")).toBeUndefined();
    expect(sources.routeLine("PUT /absent")).toBeUndefined();
  });

  it("give the line of what is there of a path that is not written to its end", async () => {
    const { sources, textAt } = await sourcesOf({
      "serverless.yml": `provider:
  environment:
    SHARED: one
functions:
  store:
    environment:
      OWN: two
    events:
      - sqs: { arn: !GetAtt Jobs.Arn, batchSize: 10 }
resources:
  Resources:
    Jobs:
      Type: AWS::SQS::Queue
      Properties:
        VisibilityTimeout: 30
`,
    });

    expect(await textAt(sources.functionLine("store", "environment", "OWN"))).toContain("OWN: two");
    expect(await textAt(sources.functionLine("store", "environment", "MISSING"))).toContain("environment:");
    expect(await textAt(sources.functionLine("store", "events", 0, "sqs", "batchSize"))).toContain("- sqs:");
    expect(await textAt(sources.resourceLine("Jobs", "Properties", "VisibilityTimeout"))).toContain(
      "VisibilityTimeout: 30",
    );
    expect(await textAt(sources.resourceLine("Jobs", "Properties", "QueueName"))).toContain("Properties:");
    expect(await textAt(sources.serviceLine("provider", "environment", "SHARED"))).toContain("SHARED: one");
  });

  it("that is a program name the file alone", async () => {
    const sources = await readSources(temporary, {
      file: "serverless.ts",
      json: { Resources: {} },
      names: new Map(),
    });

    expect(sources.serviceLine("provider")).toEqual({ file: "serverless.ts", line: 1 });
    expect(sources.functionLine("store")).toBeUndefined();
  });

  it("that is no YAML are refused by file and line", async () => {
    await expect(
      sourcesOf({ "serverless.yml": `resources: \${file(a.yml)}`, "a.yml": "a: 1\nb: [1\n" }),
    ).rejects.toThrow(/^a\.yml:[23]: /);
  });

  it("have each statement at its line, whatever stands around it", async () => {
    const sid = fc.stringMatching(/^[A-Z][a-zA-Z0-9]{0,8}$/);
    const lines = fc.array(fc.constantFrom("", "  # a comment", "      # Sid: A"), { maxLength: 3 });
    const written = fc.uniqueArray(
      fc.record({
        key: fc.stringMatching(/^[a-z][a-zA-Z0-9]{0,8}$/),
        before: lines,
        statements: fc.uniqueArray(fc.record({ sid, before: lines, comment: fc.boolean() }), {
          selector: (one) => one.sid,
          maxLength: 4,
        }),
      }),
      { selector: ({ key }) => key.toLowerCase(), minLength: 1, maxLength: 4 },
    );
    await fc.assert(
      fc.asyncProperty(written, async (functions) => {
        const text = ["functions:"];
        const expected: { functionKey: string; sid: string; line: number; why: string | undefined }[] = [];
        for (const { key, before, statements } of functions) {
          text.push(...before, `  "${key}":`, "    iamRoleStatements:");
          for (const one of statements) {
            text.push(...one.before, `      - Sid: "${one.sid}"${one.comment ? ` # for ${one.sid}` : ""}`);
            const why = one.comment ? `for ${one.sid}` : undefined;
            expected.push({ functionKey: key, sid: one.sid, line: text.length, why });
            text.push(`        Resource: !Sub \${A.Arn}/*`);
          }
        }
        const { sources } = await sourcesOf({ "serverless.yml": text.join("\n") });
        for (const { functionKey, sid, line, why } of expected) {
          const source = sources.statement({ functionKey, sid });
          expect(source).toEqual({
            ...{ file: "serverless.yml", line, origin: "written" },
            ...(why !== undefined && { why }),
          });
        }
      }),
    );
  });
});
