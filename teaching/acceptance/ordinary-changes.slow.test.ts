import { fileURLToPath } from "node:url";
import { stripVTControlCharacters } from "node:util";
import { explain, explanationText, lint, openProject, type ProjectService } from "rolecall";
import { type LocalAws, startLocalAws } from "rolecall/run";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { permissionsText } from "../../rolecall/src/ask/report/text.ts";
import { viewPermissions } from "../../rolecall/src/ask/report/view.ts";
import { findingsOf } from "../../rolecall/src/proof/findings.ts";
import { prove } from "../../rolecall/src/proof/prove.ts";
import { createApi, localScenarios, samples } from "../../scenarios/src/index.ts";
import { actAs } from "../../scenarios/src/local.ts";
import type { Scratch } from "../labs/src/scratch.ts";
import { type OrdinaryChange, ordinaryChanges } from "./changes.ts";
import { changedCopy, place } from "./copies.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));

/** What the tools say of the whole service must not stop at what is new in it. */
async function expectAnswers(service: ProjectService): Promise<void> {
  const report = permissionsText(viewPermissions(service, service.sources), service.stack);
  for (const { functionKey } of service.roles) expect(report).toContain(functionKey);

  const asked = { principal: "listRecordings", action: "s3:ListBucket", resource: "RecordingsBucket" };
  const allowed = await explain({ ...asked, context: ["s3:prefix=audio/"] }, material(service));
  expect(allowed.decision.outcome).toBe("allowed");
  expect(allowed.by?.sid).toBe("ListAudio");

  const { decision } = await explain(
    { principal: "listRecordings", action: "s3:GetObject", resource: `s3://${bucketOf(service)}/audio/x.wav` },
    material(service),
  );
  expect(decision.outcome).toBe("implicitly denied");
}

const bucketOf = ({ stack }: ProjectService) => stack.resources.get("RecordingsBucket")?.physicalId;

const material = (service: ProjectService) => ({ service, sources: service.sources });

async function expectFindings(service: ProjectService, finds: readonly RegExp[]): Promise<void> {
  const messages = (await lint(service, service.sources))
    .filter(({ accepted }) => accepted === undefined)
    .map(({ message }) => message);
  expect(messages.filter((message) => !finds.some((one) => one.test(message)))).toEqual([]);
  for (const one of finds) expect(messages).toContainEqual(expect.stringMatching(one));
}

const start = (service: ProjectService, options: object = {}): Promise<LocalAws> =>
  startLocalAws({ packaged: service.project.file, ...place, transcripts: samples, ...options });

async function expectServed(aws: LocalAws): Promise<void> {
  actAs(aws.principals.developer);
  const response = await createApi(aws.api, place.region).call("GET", "/recordings");
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
  it(change.refusal ? "is refused, and it is said what to write" : "changes no answer, and runs", async () => {
    await using copy = await changedCopy(root, change.changes);
    const opened = openProject({ root: copy.root, ...place });
    if (change.refusal) {
      await expect(opened).rejects.toThrow(change.refusal);
      return;
    }
    const service = await opened;
    await expectAnswers(service);
    await expectFindings(service, change.finds ? [change.finds] : []);
    await expectRun(service, [change]);
  });
});
