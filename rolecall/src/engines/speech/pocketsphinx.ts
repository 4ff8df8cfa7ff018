import { basename } from "node:path";
import * as v from "valibot";
import type { Engine } from "./engine.ts";
import { findProgram } from "./program.ts";
import { CannotHear, type Word } from "./recogniser.ts";
import { isMarker, segmentsOf, toConfidence } from "./words.ts";

/** The two programs that releases of pocketsphinx bring, the newer first: how each is called and read. */
const programs = [
  { name: "pocketsphinx", args: (wav: string) => ["single", wav], parse: parseSingle },
  {
    name: "pocketsphinx_continuous",
    args: (wav: string) => ["-infile", wav, "-time", "yes"],
    parse: parseContinuous,
  },
] as const;

/**
 * Finds pocketsphinx on `PATH`, with its model of US English. https://github.com/cmusphinx/pocketsphinx
 *
 * @returns undefined when it is not there
 */
export async function findPocketsphinx(environment: NodeJS.ProcessEnv): Promise<Engine | undefined> {
  for (const { name, args, parse } of programs) {
    const executable = await findProgram(name, environment);
    if (executable) {
      return {
        name: `pocketsphinx (${basename(executable)}), English only`,
        commandLine: (wav, language) => {
          refuseLanguage(language);
          return [executable, ...args(wav)];
        },
        read: (output, { language = "en-US" }) => ({ language, segments: segmentsOf(parse(output)) }),
      };
    }
  }
  return undefined;
}

function refuseLanguage(language: string | undefined): void {
  if (language === undefined) {
    throw new CannotHear("pocketsphinx cannot identify a language: ask for en-US.");
  }
  if (!/^en(?:-|$)/.test(language)) {
    throw new CannotHear(
      `pocketsphinx has a model of English alone, and the job asks for ${language}. ` +
        "An engine that knows the language can be named in LOCAL_SPEECH: docs/local-run.md, Speech.",
    );
  }
}

/**
 * Reads what `pocketsphinx_continuous -time yes` writes: for each utterance its text in a line, then a line for each
 * word, `content start end confidence`, in seconds.
 *
 * @throws {CannotHear} when there is a text without its words
 */
export function parseContinuous(output: string): Word[] {
  const lines = output.split(/\r?\n/).filter((line) => line.trim() !== "");
  const timed = lines.flatMap((line) => {
    const [, content, start, end, confidence] = /^(\S+) (\d+\.\d+) (\d+\.\d+) (\S+)$/.exec(line) ?? [];
    return content === undefined
      ? []
      : [{ content, start: Number(start), end: Number(end), confidence: Number(confidence) }];
  });
  if (timed.length === 0 && lines.length > 0) throw unreadable(lines[0]);
  return timed.flatMap(toWord);
}

const Segment = v.object({ b: v.number(), d: v.number(), p: v.number(), t: v.string() });
const Utterance = v.object({ ...Segment.entries, w: v.array(Segment) });

/**
 * Reads what `pocketsphinx single` writes: a line of JSON for the recording, with `b`egin and `d`uration in seconds,
 * `p`robability and `t`ext of each of its `w`ords. https://man.freebsd.org/cgi/man.cgi?query=pocketsphinx
 *
 * @throws {CannotHear} for anything else
 */
export function parseSingle(output: string): Word[] {
  return output
    .split(/\r?\n/)
    .filter((line) => line.trim() !== "")
    .flatMap((line) => parseUtterance(line).w)
    .map(({ b, d, p, t }) => ({ content: t, start: b, end: b + d, confidence: p }))
    .flatMap(toWord);
}

function parseUtterance(line: string): v.InferOutput<typeof Utterance> {
  try {
    // Without a single word, release 5.0 loses the opening bracket.
    return v.parse(Utterance, JSON.parse(line.replace(/"w":\]\}$/, '"w":[]}')));
  } catch {
    throw unreadable(line);
  }
}

function unreadable(line: string | undefined): CannotHear {
  return new CannotHear(`pocketsphinx wrote what is no list of words: ${line?.slice(0, 200)}`);
}

/** The word without the number of its pronunciation, as in `the(2)`; none for a marker of silence or noise. */
function toWord({ content, start, end, confidence }: Word): Word[] {
  if (content === "" || isMarker(content)) return [];
  return [{ content: content.replace(/\(\d+\)$/, ""), start, end, confidence: toConfidence(confidence) }];
}
