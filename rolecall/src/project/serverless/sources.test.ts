import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readService } from "./service.ts";
import { readSources, type Sources } from "./sources.ts";

const root = fileURLToPath(new URL("../../../..", import.meta.url));

let temporary: string;
beforeAll(async () => {
  temporary = await mkdtemp(join(tmpdir(), "sources-test-"));
});
afterAll(() => rm(temporary, { recursive: true, force: true }));

/** The sources of a service of these files, and the text of a line of them. */
async function sourcesOf(files: Record<string, string>) {
  const folder = await mkdtemp(join(temporary, "service-"));
  for (const [name, text] of Object.entries(files)) {
    await mkdir(dirname(join(folder, name)), { recursive: true });
    await writeFile(join(folder, name), text);
  }
  return { sources: await readSources(folder), textAt: textAt(folder) };
}

const textAt = (folder: string) => async (source: { file: string; line: number } | undefined) => {
  if (source === undefined) return undefined;
  const lines = (await readFile(join(folder, source.file), "utf8")).split("\n");
  return `${source.file}: ${lines[source.line - 1]?.trim()}`;
};

describe("the sources of this service", () => {
  let sources: Sources;
  const textOf = textAt(root);

  beforeAll(async () => {
    sources = await readSources(root);
  });

  it("hold every statement of the packaged template, at the line that says its Sid or its event", async () => {
    const { roles, resourcePolicies } = await readService({ root, stage: "dev", region: "us-east-1" });
    const places = [
      ...roles.flatMap(({ functionKey, policies }) =>
        policies.flatMap(({ document }) => document.statements.map(({ sid = "" }) => ({ functionKey, sid }))),
      ),
      ...roles.flatMap(({ logicalId, trust }) =>
        trust.statements.map(({ sid = "" }) => ({ logicalId, sid })),
      ),
      ...[...resourcePolicies.values()]
        .flat()
        .flatMap(({ name, document }) =>
          document.statements.map(({ sid = "" }) => ({ logicalId: name, sid })),
        ),
    ];

    for (const place of places) {
      const source = sources.statement(place);
      const text = await textOf(source);
      if (source?.origin === "event") expect(text, place.sid).toMatch(/- (httpApi|eventBridge):/);
      else if (source?.origin === "added") expect(text, place.sid).toContain(`"${place.sid}"]`);
      else expect(text, place.sid).toContain(`- Sid: ${place.sid}`);
    }
  });

  it("give the comment on a Sid's line as the reason", () => {
    expect(sources.statement({ functionKey: "receiveAudio", sid: "StoreAudio" })).toMatchObject({
      file: "serverless.yml",
      origin: "written",
      why: "PutObject: the body becomes audio/{id}",
    });
  });

  it.each<[string, (sources: Sources) => ReturnType<Sources["functionLine"]>, string]>([
    ["a function", (s) => s.functionLine("receiveAudio"), "serverless.yml: receiveAudio:"],
    [
      "a function's variable",
      (s) => s.functionLine("receiveAudio", "environment", "RECORDINGS_BUCKET"),
      "serverless.yml: RECORDINGS_BUCKET: !Ref RecordingsBucket",
    ],
    [
      "the variables, for one that is missing",
      (s) => s.functionLine("receiveAudio", "environment", "MISSING"),
      "serverless.yml: environment:",
    ],
    [
      "a part of an event",
      (s) => s.functionLine("startTranscription", "events", 0, "sqs", "batchSize"),
      "serverless.yml: batchSize: 10",
    ],
    ["a resource", (s) => s.resourceLine("UploadsQueue"), "resources/uploads-queue.yml: UploadsQueue:"],
    [
      "a resource's property",
      (s) => s.resourceLine("UploadsQueuePolicy", "Properties", "Queues", 0),
      "resources/uploads-queue.yml: - !Ref UploadsQueue",
    ],
    [
      "the event that a rule is made for",
      (s) => s.resourceLine("VoicenotesdevreportOutcomerule1EventBridgeRule"),
      "serverless.yml: - eventBridge:",
    ],
    [
      "the event that a mapping is made for",
      (s) => s.resourceLine("StartTranscriptionEventSourceMappingSQSUploadsQueue"),
      "serverless.yml: - sqs:",
    ],
    [
      "the function that a role is made for",
      (s) => s.resourceLine("ReadRecordingIamRoleLambdaExecution", "Properties"),
      "serverless.yml: readRecording:",
    ],
    [
      "the event that makes a route",
      (s) => s.routeLine("DELETE /recordings/{id}"),
      'serverless.yml: - httpApi: { method: DELETE, path: "/recordings/{id}", authorizer: { type: aws_iam } }',
    ],
    [
      "a setting of all functions",
      (s) => s.serviceLine("provider", "environment", "POWERTOOLS_SERVICE_NAME"),
      `serverless.yml: POWERTOOLS_SERVICE_NAME: \${self:custom.name}`,
    ],
  ])("find %s", async (_, find, line) => {
    expect(await textOf(find(sources))).toContain(line);
  });

  it("find nothing of what is not there", () => {
    expect(sources.functionLine("absent")).toBeUndefined();
    expect(sources.resourceLine("Absent")).toBeUndefined();
    expect(sources.routeLine("PUT /absent")).toBeUndefined();
    expect(sources.statement({ functionKey: "receiveAudio", sid: "Absent" })).toBeUndefined();
    expect(sources.statement({ logicalId: "UploadsQueuePolicy", sid: "Absent" })).toBeUndefined();
  });
});

describe("the sources of any service", () => {
  it("are found through inclusions, aliases and merged mappings", async () => {
    const { sources, textAt } = await sourcesOf({
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
    });
    const statement = (place: Parameters<Sources["statement"]>[0]) => textAt(sources.statement(place));

    expect(sources.statement({ functionKey: "oneDashmoreUnderscorefunction", sid: "Shared" })?.why).toBe(
      "by an alias",
    );
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
    expect(await textAt(sources.routeLine("GET /more"))).toContain("- httpApi: GET /more");
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
          expect(source).toMatchObject({ file: "serverless.yml", line, origin: "written" });
          expect(source?.why).toBe(why);
        }
      }),
    );
  });
});
