import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { stripVTControlCharacters } from "node:util";
import { explain, explanationText, lint, openProject, type ProjectService } from "rolecall";
import { type LocalAws, startLocalAws } from "rolecall/run";
import { describe, expect, it } from "vitest";
import { permissionsText } from "../../rolecall/src/ask/report/text.ts";
import { viewPermissions } from "../../rolecall/src/ask/report/view.ts";
import { findingsOf } from "../../rolecall/src/proof/findings.ts";
import { prove } from "../../rolecall/src/proof/prove.ts";
import { createApi, localScenarios, samples } from "../../scenarios/src/index.ts";
import { actAs } from "../../scenarios/src/local.ts";
import { type OrdinaryChange, ordinaryChanges } from "./changes.ts";
import { changedCopy, place, runDemo } from "./copies.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));

/** What the tools say of the whole service must not stop at what is new in it. */
async function expectAnswers(service: ProjectService): Promise<void> {
  const report = permissionsText(viewPermissions(service, service.sources), service.stack);
  for (const { functionKey } of service.roles) expect(report).toContain(functionKey);

  const allowed = await asked(service);
  expect(allowed.decision.outcome).toBe("allowed");
  expect((await denied(service)).decision.outcome).toBe("implicitly denied");
}

const material = (service: ProjectService) => ({ service, sources: service.sources });

const asked = (service: ProjectService) =>
  explain(
    {
      principal: "listRecordings",
      action: "s3:ListBucket",
      resource: `s3://${bucketOf(service)}`,
      context: ["s3:prefix=audio/"],
    },
    material(service),
  );

const denied = (service: ProjectService) =>
  explain(
    {
      principal: "listRecordings",
      action: "s3:GetObject",
      resource: `s3://${bucketOf(service)}/audio/x.wav`,
    },
    material(service),
  );

const bucketOf = ({ stack }: ProjectService) => stack.resources.get("RecordingsBucket")?.physicalId;

async function expectFindings(service: ProjectService, finds: readonly RegExp[]): Promise<void> {
  const messages = (await lint(service, service.sources))
    .filter(({ accepted }) => accepted === undefined)
    .map(({ message }) => message);
  expect(messages.filter((message) => !finds.some((one) => one.test(message)))).toEqual([]);
  for (const one of finds) expect(messages).toContainEqual(expect.stringMatching(one));
}

const start = (service: ProjectService, options: object = {}): Promise<LocalAws> =>
  startLocalAws({ packaged: service.project.file, ...place, transcripts: samples, ...options });

function list(aws: LocalAws): Promise<Response> {
  actAs(aws.principals.developer);
  return createApi(aws.api, place.region).call("GET", "/recordings");
}

async function expectServed(aws: LocalAws): Promise<void> {
  const response = await list(aws);
  expect([response.status, await response.json()]).toEqual([200, { recordings: [] }]);
}

async function expectRun(service: ProjectService, tried: readonly OrdinaryChange[]): Promise<void> {
  const aws = await start(service, { waitFactor: 0.001 });
  try {
    if (!tried.some(({ hasNoApi }) => hasNoApi)) await expectServed(aws);
    for (const { shows } of tried) await shows?.(aws);
  } finally {
    await aws.close();
  }
}

describe.each(ordinaryChanges)("$name", (change) => {
  it(
    change.refusal ? "is refused, and it is said what to write" : "changes no answer, and runs",
    async () => {
      await using copy = await changedCopy(root, change.changes);
      const opened = openProject({ root: copy.root, ...place });
      if (change.refusal) {
        await expect(opened).rejects.toThrow(change.refusal);
        return;
      }
      const service = await opened;
      await expectAnswers(service);
      await expectFindings(service, change.finds ?? []);
      await expectRun(service, [change]);
    },
  );
});

const together = ordinaryChanges.filter(({ endsDemo }) => !endsDemo);

describe("all of them together", () => {
  it("change no answer, run, and prove names what no scenario needs", async () => {
    await using copy = await changedCopy(
      root,
      together.flatMap(({ changes }) => changes),
    );
    const service = await openProject({ root: copy.root, ...place });
    await expectAnswers(service);
    await expectFindings(
      service,
      together.flatMap(({ finds }) => finds ?? []),
    );
    await expectRun(service, together);

    const proof = await proved(service);
    const messages = findingsOf(proof, service.sources).map(({ message }) => message);
    const expected = together.flatMap(({ proves }) => proves ?? []);
    expect(proof.sufficient.findings).toEqual([]);
    expect(messages.filter((message) => !expected.some((one) => one.test(message)))).toEqual([]);
    for (const one of expected) expect(messages).toContainEqual(expect.stringMatching(one));

    expect(await runDemo(root, copy)).toMatch(/AccessDenied: .*listRecordings.* is not authorized/);
  });
});

/** With no other stage: that takes two more packages, and says nothing of what is new. */
const proved = ({ project }: ProjectService) =>
  prove({
    ...{ packaged: project.file, ...place, scenarios: localScenarios, transcripts: samples },
    neighbours: Promise.resolve([]),
  });

describe("with the deployer's role and boundary", () => {
  const boundary = "arn:aws:iam::123456789012:policy/deployer/voice-notes-dev-boundary";
  const params = {
    executionRole: "arn:aws:iam::123456789012:role/deployer/voice-notes-dev-execution",
    boundary,
  };

  it("what hangs on the boundary is unknown, by its name, and nothing stops", async () => {
    await using copy = await changedCopy(root, []);
    const service = await openProject({ root: copy.root, ...place, params });
    const explanation = await asked(service);
    expect(explanation.decision.outcome).toBe("unknown");
    const text = stripVTControlCharacters(explanationText(explanation, {}));
    expect(text).toContain(boundary);
    expect(text).toContain("--policy");
    const { decision } = await denied(service);
    expect(decision.outcome).toBe("implicitly denied");
    await expectFindings(service, []);
    const aws = await start(service);
    try {
      // Fails closed: what nobody knows is denied, and the trace says on what it hangs.
      expect((await list(aws)).status).toBe(500);
      const { outcome } = aws.decisions.find(({ action }) => action === "s3:ListBucket")?.decision ?? {};
      expect(outcome).toBe("unknown");
      expect(aws.notes.map(({ where }) => where)).toContain(boundary);
    } finally {
      await aws.close();
    }
  });

  it("with the boundary's document everything is as without it", async () => {
    await using copy = await changedCopy(root, []);
    const file = join(copy.root, "boundary.json");
    const allows = {
      Sid: "Boundary",
      Effect: "Allow",
      Action: ["s3:*", "transcribe:*", "logs:*", "sqs:*"],
      Resource: "*",
    };
    await writeFile(file, JSON.stringify({ Version: "2012-10-17", Statement: [allows] }));
    const service = await openProject({ root: copy.root, ...place, params, policies: { [boundary]: file } });
    await expectAnswers(service);
    const aws = await start(service, { policies: service.project.policies });
    try {
      await expectServed(aws);
    } finally {
      await aws.close();
    }
  });
});
