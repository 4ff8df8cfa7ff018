import type { Measurement } from "../function/fresh-process.ts";
import { type Spread, spread } from "../statistics.ts";
import type { Build } from "./builds.ts";

/** Times in milliseconds, sizes in bytes. A ratio is taken within each round, and then spread over all of them. */
export interface ColdStart {
  readonly function: string;
  readonly bundle: Build["bundleName"];
  readonly zipSize: number;
  readonly import: Spread;
  readonly firstCall: Spread;
  /** Import and first call. */
  readonly total: Spread;
  readonly rss: Spread;
  readonly importToUsual: Spread;
  readonly firstCallToUsual: Spread;
  readonly totalToUsual: Spread;
  readonly cpuToUsual: Spread;
  readonly rssToHelloWorld: Spread;
}

const importOf = ({ importMs }: Measurement) => importMs;
const firstCallOf = ({ callMs }: Measurement) => callMs;
const totalOf = (measurement: Measurement) => importOf(measurement) + firstCallOf(measurement);
const cpuOf = ({ cpuMs }: Measurement) => cpuMs;
const rssOf = ({ rss }: Measurement) => rss;

/** @param measured for each build, its rounds. */
export function compareBuilds(builds: readonly Build[], measured: readonly Measurement[][]): ColdStart[] {
  const roundsOf = (name: string, bundleName: Build["bundleName"]) =>
    measured[builds.findIndex((build) => build.name === name && build.bundleName === bundleName)] ?? [];
  const helloWorld = roundsOf("hello-world", "hello-world");
  return builds.map(({ name, bundleName, zipSize }, index) => {
    const own = measured[index] ?? [];
    const ratio = (others: readonly Measurement[], value: (measurement: Measurement) => number) =>
      spread(own.map((one, round) => value(one) / value(others[round] ?? one)));
    const usual = roundsOf(name, "usual");
    return {
      function: name,
      bundle: bundleName,
      zipSize,
      import: spread(own.map(importOf)),
      firstCall: spread(own.map(firstCallOf)),
      total: spread(own.map(totalOf)),
      rss: spread(own.map(rssOf)),
      importToUsual: ratio(usual, importOf),
      firstCallToUsual: ratio(usual, firstCallOf),
      totalToUsual: ratio(usual, totalOf),
      cpuToUsual: ratio(usual, cpuOf),
      rssToHelloWorld: ratio(helloWorld, rssOf),
    };
  });
}
