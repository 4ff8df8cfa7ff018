import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { type LocalAws, packageService, startLocalAws } from "@voice-notes/local-aws";
import { exitOnSignals } from "../../../resources/at-exit.ts";
import { type Api, createApi } from "./api.ts";
import { progress } from "./output.ts";

export const root = join(dirname(fileURLToPath(import.meta.url)), "..", "..", "..");

/** Where the local run pretends to be. */
const place = { stage: "local", region: "us-east-1" };

/** Milliseconds; long enough to see each status pass by. */
const jobDurations = { queued: 300, inProgress: 500 };

export interface LocalSession {
  readonly aws: LocalAws;
  readonly api: Api;
  /** Seconds. */
  readonly packagingTook: number;
  /** Seconds. */
  readonly startingTook: number;
}

/** Packages the service, starts it on this machine, and ends it when `use` has ended, whichever way. */
export async function withLocalRun<Result>(use: (session: LocalSession) => Promise<Result>): Promise<Result> {
  exitOnSignals();
  const packageStart = performance.now();
  const done = progress("packaging …");
  const packaged = await packageService({ root, ...place }).finally(done);
  const start = performance.now();
  const aws = await startLocalAws({ packaged, ...place, jobDurations });
  try {
    actAs(aws.principals.developer);
    return await use({
      aws,
      api: createApi(aws.api, place.region),
      packagingTook: (start - packageStart) / 1000,
      startingTook: (performance.now() - start) / 1000,
    });
  } finally {
    await aws.close();
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
