import { fileURLToPath } from "node:url";
import { beforeAll, describe, expect, it } from "vitest";
import type { Statement } from "../iam/types.ts";
import { openProject } from "../project/open.ts";
import type { Service } from "../stack/source/service.ts";
import { findOpen } from "./closed.ts";
import { neighbouringStages, readNeighbours } from "./neighbours.ts";
import type { Recording } from "./recording.ts";

const root = fileURLToPath(new URL("../../..", import.meta.url));
const stage = "dev";
const region = "us-east-1";

const nothing: Recording = {
  accountId: "123456789012",
  startup: [],
  scenarios: [],
  holdings: [],
  boundaries: new Map(),
};

it("the stages next to one begin or end as it does", () => {
  expect(neighbouringStages("dev")).toEqual(["dev-2", "d", "ev"]);
  expect(neighbouringStages("d")).toEqual(["d-2"]);
  expect(neighbouringStages("a-stage-18-long-xx")).toEqual(["a-stage-18-long--2", "a", "-stage-18-long-xx"]);
});

describe("among the functions of a service and of the stages next to it", () => {
  let service: Service;
  let neighbours: Service[];

  beforeAll(async () => {
    service = await openProject({ root, stage, region });
    neighbours = await readNeighbours(root, stage, region);
  }, 180_000);

  /** The service, one statement of one function being another. */
  const withStatement = (
    functionKey: string,
    sid: string,
    change: (statement: Statement) => Statement,
  ): Service => ({
    ...service,
    roles: service.roles.map((role) =>
      role.functionKey === functionKey
        ? {
            ...role,
            policies: role.policies.map((policy) => ({
              ...policy,
              document: {
                ...policy.document,
                statements: policy.document.statements.map((one) => (one.sid === sid ? change(one) : one)),
              },
            })),
          }
        : role,
    ),
  });
  const on =
    (...patterns: string[]) =>
    (statement: Statement): Statement => ({ ...statement, resources: { not: false, patterns } });

  it("nobody reaches what is another's", () => {
    const { asked, open, notTried } = findOpen(service, neighbours, nothing);

    expect(asked).toBeGreaterThan(1000);
    expect(open).toEqual([]);
    expect(notTried).toEqual([]);
  });

  it("a bucket's whole content lets a function at another's objects, and at what is nobody's", () => {
    const bucket = service.stack.resources.get("RecordingsBucket")?.arn;
    const { open } = findOpen(withStatement("receiveAudio", "StoreAudio", on(`${bucket}/*`)), [], nothing);

    expect(
      open.every(({ functionKey, by }) => functionKey === "receiveAudio" && by.sid === "StoreAudio"),
    ).toBe(true);
    expect(open.map(({ owner }) => owner?.functionKey)).toEqual(
      expect.arrayContaining(["startTranscription", undefined]),
    );
  });

  it("the jobs of every stage let a function at those of the stages next to it", () => {
    const jobs = "arn:aws:transcribe:us-east-1:123456789012:transcription-job/*";
    const { open } = findOpen(withStatement("deleteRecording", "DeleteJob", on(jobs)), neighbours, nothing);

    expect(new Set(open.flatMap(({ owner }) => owner?.stage ?? []))).toEqual(new Set(["dev-2", "d", "ev"]));
  });

  it("without its condition, a right to start jobs lets a function at every bucket", () => {
    const lifted = withStatement("startTranscription", "StartJobsIntoOurBucket", (statement) => ({
      ...statement,
      conditions: [],
    }));

    const { open } = findOpen(lifted, neighbours, nothing);

    expect(new Set(open.map(({ by }) => by.sid))).toEqual(new Set(["StartJobsIntoOurBucket"]));
    expect(new Set(open.map(({ owner }) => owner?.stage))).toEqual(new Set(["dev-2", "d", "ev"]));
  });

  it("a right that says only what it does not cover is not passed over in silence", () => {
    const { notTried } = findOpen(
      withStatement("receiveAudio", "StoreAudio", (statement) => ({
        ...statement,
        resources: { not: true, patterns: ["arn:aws:s3:::other/*"] },
      })),
      [],
      nothing,
    );

    expect(notTried).toEqual(["receiveAudio: StoreAudio"]);
  });
});
