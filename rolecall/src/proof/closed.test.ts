import { beforeAll, describe, expect, it } from "vitest";
import type { Statement } from "../iam/types.ts";
import type { Service } from "../stack/source/service.ts";
import { filmArchive } from "../testing/film-archive/film-archive.ts";
import { findOpen } from "./closed.ts";
import { neighbouringStages } from "./neighbours.ts";
import type { Recording } from "./recording.ts";

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
    const ofStage = async (stage: string) => (await filmArchive(stage)).service();
    service = await ofStage("dev");
    neighbours = await Promise.all(neighbouringStages("dev").map(ofStage));
  });

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

    expect(asked).toBeGreaterThan(500);
    expect(open).toEqual([]);
    expect(notTried).toEqual([]);
  });

  it("a bucket's whole content lets a function at another's objects, and at what is nobody's", () => {
    const bucket = service.stack.resources.get("FilmsBucket")?.arn;
    const { open } = findOpen(withStatement("keepFilm", "KeepFilm", on(`${bucket}/*`)), [], nothing);

    expect(open.every(({ functionKey, by }) => functionKey === "keepFilm" && by.sid === "KeepFilm")).toBe(
      true,
    );
    expect(open.map(({ owner }) => owner?.functionKey)).toEqual(
      expect.arrayContaining(["startCaptions", undefined]),
    );
  });

  it("the jobs of every stage let a function at those of the stages next to it", () => {
    const jobs = "arn:aws:transcribe:us-east-1:123456789012:transcription-job/*";
    const { open } = findOpen(withStatement("showFilm", "ReadStatus", on(jobs)), neighbours, nothing);

    expect(new Set(open.flatMap(({ owner }) => owner?.stage ?? []))).toEqual(new Set(["dev-2", "d", "ev"]));
  });

  it("without its condition, a right to start jobs lets a function at every bucket", () => {
    const lifted = withStatement("startCaptions", "StartJobsForOurBucket", (statement) => ({
      ...statement,
      conditions: [],
    }));

    const { open } = findOpen(lifted, neighbours, nothing);

    expect(new Set(open.map(({ by }) => by.sid))).toEqual(new Set(["StartJobsForOurBucket"]));
    expect(new Set(open.map(({ owner }) => owner?.stage))).toEqual(new Set(["dev-2", "d", "ev"]));
  });

  it("a right that says only what it does not cover is not passed over in silence", () => {
    const { notTried } = findOpen(
      withStatement("keepFilm", "KeepFilm", (statement) => ({
        ...statement,
        resources: { not: true, patterns: ["arn:aws:s3:::other/*"] },
      })),
      [],
      nothing,
    );

    expect(notTried).toEqual(["keepFilm: KeepFilm"]);
  });
});
