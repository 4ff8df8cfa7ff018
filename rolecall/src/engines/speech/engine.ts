import { mkdtemp, rm } from "node:fs/promises";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { type Converter, writeSpeechWav } from "./convert.ts";
import { runProgram } from "./program.ts";
import type { Heard, Recogniser } from "./recogniser.ts";

export interface Engine {
  readonly name: string;
  /**
   * @param wav a WAV file of 16 kHz, mono, 16 bit
   * @param language the job's language code, or undefined to identify it
   * @throws {CannotHear} for a language that the engine does not know
   */
  commandLine(wav: string, language: string | undefined): [string, ...string[]];
  /**
   * Reads what the engine wrote to standard output.
   *
   * @param recording.duration seconds
   * @throws {CannotHear} when it makes no sense
   */
  read(
    output: string,
    recording: { readonly language: string | undefined; readonly duration: number },
  ): Omit<Heard, "source">;
}

export interface Machine {
  readonly environment: NodeJS.ProcessEnv;
  readonly converter: Converter | undefined;
}

/** Milliseconds that an engine may take, beside so many times the recording's length. */
const patience = { atLeast: 60_000, timesLength: 10 };

/** Hears with a program, as many recordings at once as the machine has processors. */
export function engineRecogniser(engine: Engine, { environment, converter }: Machine): Recogniser {
  const inTurn = createTurns(availableParallelism());
  return {
    name: `${engine.name}, ${converter ? `audio by ${converter.name}` : "WAV only: neither ffmpeg nor sox is there"}`,
    recognise: (recording, { format, language, signal }) =>
      inTurn(async () => {
        signal.throwIfAborted();
        const folder = await mkdtemp(join(tmpdir(), "rolecall-speech-"));
        try {
          const wav = join(folder, "speech.wav");
          const commandLine = engine.commandLine(wav, language);
          const conversion = { recording, format, folder, converter, environment, signal };
          const duration = await writeSpeechWav(conversion, wav);
          const timeout = patience.atLeast + Math.ceil(duration) * 1000 * patience.timesLength;
          const output = await runProgram({ commandLine, environment, timeout, signal });
          return { source: "engine", ...engine.read(output, { language, duration }) };
        } finally {
          await rm(folder, { recursive: true, force: true, maxRetries: 3 });
        }
      }),
  };
}

/** @returns a function that runs tasks, at most `limit` at once, the others in the order in which they came. */
function createTurns(limit: number) {
  let running = 0;
  const waiting: (() => void)[] = [];
  return async <Result>(task: () => Promise<Result>): Promise<Result> => {
    if (running < limit) running += 1;
    else await new Promise<void>((resolve) => waiting.push(resolve));
    try {
      return await task();
    } finally {
      // Whoever waits takes over the place of the one that ends.
      const next = waiting.shift();
      if (next) next();
      else running -= 1;
    }
  };
}
