/** What the local run can do wrong on demand; each does what its line says. The names are the command line's too. */
export const faultKinds = {
  throttle: "requests to S3 and Transcribe that are refused as too many",
  errors: "requests to S3 and Transcribe that are answered with a server error, served or not",
  slow: "answers of S3 and Transcribe that are late, by up to slow-ms",
  duplicate: "S3 notifications and events that come twice",
  reorder: "S3 notifications and events that others overtake",
  kill: "invocations whose process is killed",
  "lose-events": "events that never come",
  "fail-jobs": "transcription jobs that fail",
} as const;

export type FaultName = keyof typeof faultKinds;

export const faultNames = Object.keys(faultKinds) as readonly FaultName[];

/** How often each fault happens, from 0 (never, as when it is left out) to 1 (every time). */
export type Faults = { readonly [Name in FaultName]?: number } & {
  /** What all chance comes from: a whole number, not negative. One that is drawn by lot when it is left out. */
  readonly seed?: number;
  /** Milliseconds that a slow answer is late at most; 1000 by default. */
  readonly "slow-ms"?: number;
};

/** Milliseconds: an answer that came later would meet the endpoint's patience for a request that stands still. */
const slowest = 15_000;

/** @throws Error for a rate, a seed or a time that is out of its range, and for a name that is no fault's. */
export function requireValid(faults: Faults): void {
  for (const [name, value] of Object.entries(faults)) {
    if (name === "seed") requireSeed(value);
    else if (name === "slow-ms") requireSlowMs(value);
    else if (!Object.hasOwn(faultKinds, name)) {
      throw new Error(`There is no fault ${name}. There are ${faultNames.join(", ")}; and slow-ms.`);
    } else if (!(value >= 0 && value <= 1)) {
      throw new Error(`${name} is ${value}: it is how often, from 0 (never) to 1 (every time).`);
    }
  }
}

function requireSeed(seed: number): void {
  if (Number.isSafeInteger(seed) && seed >= 0) return;
  throw new Error(`The seed is ${seed}: it is a whole number from 0 to ${Number.MAX_SAFE_INTEGER}.`);
}

function requireSlowMs(milliseconds: number): void {
  if (milliseconds >= 1 && milliseconds <= slowest) return;
  throw new Error(`slow-ms is ${milliseconds}: it is milliseconds, from 1 to ${slowest}.`);
}
