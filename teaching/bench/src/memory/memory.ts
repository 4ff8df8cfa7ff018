import { httpEvent } from "../../../../packages/core/src/testing/events.ts";
import type { Bench, Report } from "../bench.ts";
import { startEndpoint } from "../function/endpoint.ts";
import { measureInFreshProcess } from "../function/fresh-process.ts";
import { expectSuccess } from "../function/functions.ts";
import { packagedReceiveAudio } from "../function/packaged.ts";
import { type Spread, spread } from "../statistics.ts";

/** Bytes: the most that receiveAudio accepts. */
const largestBody = 4 * 1024 * 1024;

/** Bodies that one process takes, one after the other: garbage that waits to be collected takes room, too. */
const manyBodies = 20;

export const memory: Bench = {
  name: "memory",
  title: "Memory",
  seconds: 20,
  async run({ root, temporary, rounds = 5, onProgress }): Promise<Report> {
    onProgress("the biggest body through receiveAudio …");
    const { memorySize, oneBody, manyBodies: many } = await measureLargestBody(root, temporary, rounds);
    const row = (bodies: string, { median, low, high }: Spread) => [
      bodies,
      `${mebibytes(median)} (${mebibytes(low)}–${mebibytes(high)})`,
      String(memorySize),
      `${((100 * median) / 2 ** 20 / memorySize).toFixed(0)} %`,
    ];
    return {
      conditions: `Node ${process.version}, ${process.platform} ${process.arch}, fresh processes, ${rounds} rounds`,
      tables: [
        {
          caption: "The most resident memory of receiveAudio, as bodies of 4 MiB pass through it",
          columns: ["bodies", "peak RSS, MiB", "memorySize, MiB", "taken"],
          rows: [row("one", oneBody), row(`${manyBodies}, one after the other`, many)],
        },
      ],
      charts: [],
      data: { memorySize, peakRss: { oneBody, manyBodies: many } },
    };
  },
};

const mebibytes = (bytes: number) => (bytes / 2 ** 20).toFixed(0);

export interface LargestBody {
  /** MiB, of serverless.yml. */
  readonly memorySize: number;
  /** Peaks of resident memory, in bytes. */
  readonly oneBody: Spread;
  readonly manyBodies: Spread;
}

/**
 * Sends the biggest body through receiveAudio as packaged, each time in a fresh process that also parses the event, as
 * Lambda's runtime does in the function's memory.
 *
 * @param temporary an empty folder.
 */
export async function measureLargestBody(
  root: string,
  temporary: string,
  rounds: number,
): Promise<LargestBody> {
  const { name, file, handlerName, memorySize } = await packagedReceiveAudio(root, temporary);
  const body = Buffer.alloc(largestBody, "RIFF");
  const event = httpEvent({ headers: { "content-type": "audio/wav" }, body });
  const endpoint = await startEndpoint(temporary);
  try {
    const peakOf = async (calls: number) => {
      const { environment } = endpoint;
      const invocation = { bundle: file, handlerName, event, environment, calls };
      const { answer, peakRss } = await measureInFreshProcess(invocation);
      expectSuccess(name, answer);
      return peakRss;
    };
    const peaks = { oneBody: [] as number[], manyBodies: [] as number[] };
    for (let round = 0; round < rounds; round++) {
      peaks.oneBody.push(await peakOf(1));
      peaks.manyBodies.push(await peakOf(manyBodies));
    }
    return { memorySize, oneBody: spread(peaks.oneBody), manyBodies: spread(peaks.manyBodies) };
  } finally {
    await endpoint.close();
  }
}
