import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { packageService } from "rolecall";
import { type LocalAws, startLocalAws } from "rolecall/run";
import { progress } from "rolecall/terminal";
import { exitOnSignals } from "../../rolecall/src/terminal/at-exit.ts";
import { type Api, createApi } from "./api.ts";
import { denialHere, failureReport, unservedReport } from "./trouble.ts";

export const root = fileURLToPath(new URL("../..", import.meta.url));

/** Where the local run pretends to be. */
const place = { stage: "local", region: "us-east-1" };

/** Milliseconds; long enough to see each status pass by. */
const jobDurations = { queued: 300, inProgress: 500 };

export interface LocalSession {
  readonly aws: LocalAws;
  readonly api: Api;
  /** Does something that IAM is to refuse; any other denial ends the run. */
  expectDenial<Result>(act: () => Promise<Result>): Promise<Result>;
  /** Seconds; undefined when the package was there from before. */
  readonly packagingTook: number | undefined;
  /** Seconds. */
  readonly startingTook: number;
}

/**
 * Packages the service, starts it on this machine, and ends it when `use` has ended, whichever way.
 *
 * @throws Error for the first denial, the first failure of a function, and the first call that the local run does not
 * imitate: what waits for their outcome would wait long.
 */
export async function withLocalRun<Result>(
  use: (session: LocalSession) => Promise<Result>,
  findPackage: (onPackaging: () => void) => Promise<string> = (onPackaging) =>
    packageService({ root, ...place, onPackaging }),
): Promise<Result> {
  const stopExiting = exitOnSignals();
  const packageStart = performance.now();
  let done: (() => void) | undefined;
  const packaged = await findPackage(() => {
    done = progress("packaging …");
  }).finally(() => done?.());
  const start = performance.now();
  const trouble = Promise.withResolvers<never>();
  trouble.promise.catch(() => {}); // Nobody may be waiting for it.
  let isExpected = false;
  const tell = (report: string | undefined) => {
    if (report !== undefined && !isExpected) trouble.reject(new Error(report));
  };
  const aws = await startLocalAws({
    packaged,
    ...place,
    jobDurations,
    transcripts: join(root, "samples"),
    log: (line) => tell(unservedReport(line)),
    onDecision: (decision) => tell(denialHere(decision)),
    onFunctionLog: (functionKey, line) => tell(failureReport(functionKey, line)),
  });
  try {
    actAs(aws.principals.developer);
    const session: LocalSession = {
      aws,
      api: createApi(aws.api, place.region),
      async expectDenial(act) {
        isExpected = true;
        try {
          return await act();
        } finally {
          isExpected = false;
        }
      },
      packagingTook: done && (start - packageStart) / 1000,
      startingTook: (performance.now() - start) / 1000,
    };
    return await Promise.race([use(session), trouble.promise]);
  } finally {
    await aws.close();
    stopExiting();
  }
}

/** Puts credentials where the default chain looks first: into this process's own environment. */
export function actAs(credentials: LocalAws["principals"][string] | undefined): void {
  if (!credentials) throw new Error("The local run has no such principal.");
  // With AWS_PROFILE set, the chain would pass the environment's credentials over.
  delete process.env.AWS_PROFILE;
  process.env.AWS_ACCESS_KEY_ID = credentials.accessKeyId;
  process.env.AWS_SECRET_ACCESS_KEY = credentials.secretAccessKey;
  process.env.AWS_SESSION_TOKEN = credentials.sessionToken;
}
