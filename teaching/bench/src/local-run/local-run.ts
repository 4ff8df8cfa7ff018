import { join } from "node:path";
import { packageService } from "rolecall";
import { startLocalAws } from "rolecall/run";
import { slsPackage } from "../../../../rolecall/src/packaging/sls-package.ts";
import type { Bench, BenchOptions, Report } from "../bench.ts";
import { type Spread, spread } from "../statistics.ts";
import { place } from "../traffic/recorded-run.ts";
import { deaf } from "../traffic/silence.ts";
import { measureDecisions } from "./decisions.ts";
import { type GateOverhead, measureGateOverhead } from "./gate-overhead.ts";
import { type Invocations, measureInvocations } from "./invocations.ts";
import { type LargeUpload, measureLargeUpload } from "./large-upload.ts";
import { startCommand } from "./running.ts";
import { localRunTables } from "./tables.ts";

const largeFile = 500_000_000;

/** Of each thing that is called again and again, in each round. */
const calls = 100;

/** What packaging takes is seconds; a few rounds tell it. */
const mostPackagings = 3;

export const localRun: Bench = {
  name: "local-run",
  title: "The local run",
  seconds: 60,
  async run(options: BenchOptions): Promise<Report> {
    const { rounds = 10 } = options;
    const measured = await measureLocalRun(options, { rounds, calls, largeFile });
    return {
      conditions: `Node ${process.version}, ${process.platform} ${process.arch}, ${rounds} rounds`,
      tables: localRunTables(measured),
      charts: [],
      data: measured,
    };
  },
};

export interface LocalRun {
  readonly packaging: {
    /** Seconds, of everything. */
    readonly everything: Spread;
    /** Milliseconds, when nothing has changed. */
    readonly nothing: Spread;
  };
  /** Milliseconds, packaged before. */
  readonly ready: {
    /** From the start of `pnpm start`'s process. */
    readonly process: Spread;
    /** Of `startLocalAws` in a process that has loaded it. */
    readonly call: Spread;
  };
  readonly gate: readonly GateOverhead[];
  readonly invocations: readonly Invocations[];
  readonly decisionsPerSecond: Spread;
  readonly largeUpload: LargeUpload;
}

export async function measureLocalRun(
  { root, temporary, onProgress }: Pick<BenchOptions, "root" | "temporary" | "onProgress">,
  {
    rounds,
    calls,
    largeFile,
  }: { readonly rounds: number; readonly calls: number; readonly largeFile: number },
): Promise<LocalRun> {
  onProgress("packaging …");
  const packaged = await packageService({ root, ...place });
  const packaging = {
    everything: await timed(Math.min(rounds, mostPackagings), async (round) => {
      await slsPackage({ root, ...place, into: join(temporary, `packaged-${round}`) });
    }),
    nothing: await timed(rounds, async () => {
      await packageService({ root, ...place });
    }),
  };

  onProgress("starting …");
  const start = () => startLocalAws({ packaged, ...place, recogniser: deaf });
  const processMs: number[] = [];
  const callMs: number[] = [];
  for (let round = 0; round < rounds; round += 1) {
    {
      await using command = await startCommand(root);
      processMs.push(command.readyMs);
    }
    const begin = performance.now();
    const aws = await start();
    callMs.push(performance.now() - begin);
    await aws.close();
  }

  onProgress("the gate …");
  const aws = await start();
  try {
    // First, while no function is warm.
    const invocations = await measureInvocations(aws, calls);
    const gate = await measureGateOverhead(aws, rounds, calls);
    const decisionsPerSecond = measureDecisions(aws, rounds);
    onProgress("a large file …");
    return {
      packaging: {
        everything: inSeconds(packaging.everything),
        nothing: packaging.nothing,
      },
      ready: { process: spread(processMs), call: spread(callMs) },
      gate,
      invocations,
      decisionsPerSecond,
      largeUpload: await measureLargeUpload(root, temporary, largeFile),
    };
  } finally {
    await aws.close();
  }
}

/** @returns milliseconds. */
async function timed(rounds: number, act: (round: number) => Promise<void>): Promise<Spread> {
  const times: number[] = [];
  for (let round = 0; round < rounds; round += 1) {
    const begin = performance.now();
    await act(round);
    times.push(performance.now() - begin);
  }
  return spread(times);
}

const inSeconds = ({ median, low, high }: Spread): Spread => ({
  median: median / 1000,
  low: low / 1000,
  high: high / 1000,
});
