import { cp, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { stripVTControlCharacters } from "node:util";
import { openProject, packageService, SenselessQuestion, type Service } from "rolecall";
import { loadConfig } from "rolecall/config";
import { changedPackage, policyOf, type Resources } from "rolecall/testing";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Finding } from "../../rolecall/src/proof/finding.ts";
import { findingsOf } from "../../rolecall/src/proof/findings.ts";
import { readNeighbours } from "../../rolecall/src/proof/neighbours.ts";
import { type Proof, prove } from "../../rolecall/src/proof/prove.ts";
import { reportJson, reportText } from "../../rolecall/src/proof/report.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const place = { stage: "dev", region: "us-east-1" };

async function proved(packaged: string, neighbours: Promise<readonly Service[]>) {
  const { scenarios: named, transcripts, exceptions } = await loadConfig(root);
  const scenarios = (await named?.()) ?? [];
  const proof = await prove({
    ...{ packaged, ...place, scenarios, transcripts, neighbours },
    ...(exceptions && { exceptions }),
  });
  return { proof, findings: findingsOf(proof, (await openProject({ root, ...place })).sources) };
}

describe("of the service as it is", () => {
  let proof: Proof;
  let findings: readonly Finding[];

  beforeAll(async () => {
    const packaged = await packageService({ root, ...place });
    ({ proof, findings } = await proved(packaged, readNeighbours(root, place.stage, place.region)));
  }, 180_000);

  it("nothing is missing, nothing spare, and nothing open to others", () => {
    expect(findings.map(({ message }) => message)).toEqual([]);
    expect(proof.holds).toBe(true);
  });

  it("every function's role is tried, and every resource-based policy", () => {
    const tried = new Set(proof.minimal?.verdicts.map(({ mutant }) => mutant.policy));
    const attached = [...proof.service.resourcePolicies.values()].flat().map(({ name }) => name);
    const roles = proof.service.roles.flatMap(({ logicalId, policies }) => [
      logicalId,
      ...policies.map(({ name }) => name),
    ]);

    expect([...tried].sort()).toEqual([...new Set([...attached, ...roles])].sort());
  });

  it("no more is believed than has to be: by rule is what Lambda asks for, excused what has its reason in rolecall.config.ts", async () => {
    const verdicts = proof.minimal?.verdicts ?? [];
    const byRule = verdicts.filter(({ result }) => result.type === "by rule");

    // All that the framework, its plugins and ours add to a role; resources/least-privilege.js names them.
    for (const { mutant } of byRule)
      expect(mutant.statement.sid).toMatch(
        /^(?:WriteOwnLogs|PollQueue|Read\w*Stream|LetLambdaAssumeThisRole)$/,
      );
    const { exceptions = [] } = await loadConfig(root);
    const excused = new Set(verdicts.flatMap(({ exception }) => exception?.of ?? []));
    expect([...excused].toSorted()).toEqual(
      [...new Set(["ServerlessDeploymentBucketPolicy", ...exceptions.map(({ of }) => of)])].toSorted(),
    );
  });

  it("a function that it does not have is no question", async () => {
    const packaged = await packageService({ root, ...place });

    await expect(
      prove({
        ...{ packaged, ...place, scenarios: [], functions: ["noSuch"] },
        neighbours: Promise.resolve([]),
      }),
    ).rejects.toThrow(SenselessQuestion);
  });

  it("says so in a table and in JSON", () => {
    const text = stripVTControlCharacters(reportText(proof, findings));

    expect(text).toMatch(/^ *readRecording(?: +(?:\d+|·)){5} +·$/m);
    expect(text).toMatch(/excused × \d+: ServerlessDeploymentBucketPolicy: the framework's own bucket/);
    expect(text).toMatch(/Proved: nothing missing, nothing spare\. [\d.]+ s\.$/);
    expect(JSON.parse(JSON.stringify(reportJson(proof, findings)))).toMatchObject({
      holds: true,
      minimal: { tried: proof.minimal?.verdicts.length, spare: 0 },
      findings: [],
    });
  });
});

describe("of a service that was changed", () => {
  let original: string;
  let temporary: string;

  beforeAll(async () => {
    original = await packageService({ root, ...place });
    temporary = await mkdtemp(join(tmpdir(), "proof-test-"));
  }, 120_000);
  afterAll(() => rm(temporary, { recursive: true, force: true }));

  const changed = (change: (resources: Resources) => void) => changedPackage(original, temporary, change);
  const statementOf = (resources: Resources, role: string, sid: string) =>
    policyOf(resources, role).Statement.find(({ Sid }: { Sid: string }) => Sid === sid);
  const messages = (findings: readonly Finding[], type: Finding["type"]) =>
    findings.filter((finding) => finding.type === type).map(({ message }) => message);

  it("a statement that was taken out is missed by its denial, a condition by the one that does not come", async () => {
    const packaged = await changed((resources) => {
      const policy = policyOf(resources, "DeleteRecording");
      policy.Statement = policy.Statement.filter(({ Sid }: { Sid: string }) => Sid !== "DeleteJob");
      delete statementOf(resources, "StartTranscription", "StartJobsIntoOurBucket").Condition;
    });

    const { proof, findings } = await proved(packaged, Promise.resolve([]));

    expect(proof.minimal).toBeUndefined();
    expect(proof.holds).toBe(false);
    expect(messages(findings, "missing")).toContainEqual(
      expect.stringMatching(
        /^deleteRecording may not transcribe:DeleteTranscriptionJob \(serverless\.yml:\d+\), and is refused it in "a deleted recording is gone.*is not authorized to perform: transcribe:DeleteTranscriptionJob.*the execution role of deleteRecording/s,
      ),
    );
    expect(messages(findings, "missing")).toHaveLength(1);
    expect(messages(findings, "not refused")).toEqual([
      expect.stringMatching(
        /^startTranscription may transcribe:StartTranscriptionJob by StartJobsIntoOurBucket \(serverless\.yml:\d+\), where a refusal is wanted in "startTranscription has no transcript left in a bucket that is not the service's"\nit asks about \*, transcribe:OutputBucketName=another-bucket/,
      ),
    ]);
  });

  it("what was added, widened or given to a function that nobody calls is named, with its line where it is written", async () => {
    const packaged = await changed((resources) => {
      policyOf(resources, "ReadRecording").Statement.push({
        Sid: "DeleteToo",
        Effect: "Allow",
        Action: ["s3:DeleteObject"],
        Resource: { "Fn::Sub": `\${RecordingsBucket.Arn}/audio/*` },
      });
      statementOf(resources, "ReceiveAudio", "StoreAudio").Resource = "*";
      addFunction(resources, "ListRecordings", "ListOld");
      statementOf(resources, "ListRecordings", "ListAudio").Condition = {
        StringLike: { "s3:prefix": "audio*" },
      };
      resources.Old = {
        ...resources.ReadRecordingIamRoleLambdaExecution,
        Properties: { ...resources.ReadRecordingIamRoleLambdaExecution.Properties, RoleName: "old" },
      };
      resources.ReceiveAudioLambdaPermissionOld = {
        Type: "AWS::Lambda::Permission",
        Properties: {
          Action: "lambda:InvokeFunction",
          FunctionName: { "Fn::GetAtt": ["ReceiveAudioLambdaFunction", "Arn"] },
          Principal: "s3.amazonaws.com",
        },
      };
    });
    await cp(join(packaged, "listRecordings.zip"), join(packaged, "listOld.zip"));

    const { proof, findings } = await proved(packaged, Promise.resolve([]));

    expect(proof.sufficient.findings).toEqual([]);
    expect(messages(findings, "spare")).toEqual([
      expect.stringMatching(
        /^nothing in the scenarios needs s3:DeleteObject on voice-notes-dev-.*\/audio\/\* of readRecording \(DeleteToo\): take it out, or write a scenario/,
      ),
      expect.stringMatching(
        /^nothing in the scenarios needs lambda:InvokeFunction on .* by s3\.amazonaws\.com of ReceiveAudioLambdaPermissionOld \(ReceiveAudioLambdaPermissionOld\): take it out/,
      ),
      expect.stringMatching(/^no function has the role Old, so no scenario needs it: take it out/),
    ]);
    expect(messages(findings, "wide")).toEqual([
      expect.stringMatching(
        /^s3:PutObject on \* of receiveAudio \(StoreAudio, serverless\.yml:\d+\) says more than .*: voice-notes-dev-.*\/audio\/\* would do/,
      ),
      expect.stringMatching(
        /of listRecordings \(ListAudio, serverless\.yml:\d+\) says more than .*: StringLike s3:prefix audio\/\* would do/,
      ),
    ]);
    expect(messages(findings, "open")).toContainEqual(
      expect.stringMatching(
        /^receiveAudio may s3:PutObject on voice-notes-dev-.* \(StoreAudio, serverless\.yml:\d+\)/,
      ),
    );
    expect(messages(findings, "idle")).toEqual([
      expect.stringMatching(
        /^no scenario makes ListOldLambdaFunction run, .*write one.*s3:ListBucket on voice-notes-dev-/s,
      ),
    ]);
    expect(messages(findings, "missing")).toEqual([]);
  });
});

/** Another function, with a role of its own that says the same, and no event. */
function addFunction(resources: Resources, like: string, name: string): void {
  const key = (pascal: string) => pascal.charAt(0).toLowerCase() + pascal.slice(1);
  const renamed = (value: unknown) =>
    JSON.parse(JSON.stringify(value).replaceAll(like, name).replaceAll(key(like), key(name)));
  for (const suffix of ["LambdaFunction", "IamRoleLambdaExecution", "LogGroup"]) {
    resources[`${name}${suffix}`] = renamed(resources[`${like}${suffix}`]);
  }
}
