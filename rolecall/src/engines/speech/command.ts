import { basename } from "node:path";
import * as v from "valibot";
import type { Engine } from "./engine.ts";
import { findProgram } from "./program.ts";
import { CannotHear, type Heard, type Word } from "./recogniser.ts";
import { isMarker, segmentsOf, toConfidence, wordsOfText } from "./words.ts";

/**
 * An engine by a command line of the developer's; docs/local-run.md says what it is given and what it answers.
 *
 * @param command arguments apart by spaces, together by quotes; `{wav}`, `{language}` and `{languageCode}` are filled in
 * @throws {Error} when it is no such command line, or its program is not there
 */
export async function commandEngine(command: string, environment: NodeJS.ProcessEnv): Promise<Engine> {
  const [program = "", ...args] = splitCommandLine(command);
  if (!args.some((arg) => arg.includes("{wav}"))) {
    throw new Error(
      `LOCAL_SPEECH is neither "recorded" nor a command line with {wav} where the recording goes: ${command}`,
    );
  }
  const executable = await findProgram(program, environment);
  if (!executable) {
    throw new Error(
      `LOCAL_SPEECH names the program ${program}, which is not there: give its path, or put it on PATH.`,
    );
  }
  return {
    name: `${basename(executable)} (LOCAL_SPEECH)`,
    commandLine: (wav, languageCode = "auto") => {
      const values: Record<string, string> = {
        "{wav}": wav,
        "{languageCode}": languageCode,
        "{language}": languageCode.replace(/-.*/, ""),
      };
      const fill = (arg: string) =>
        arg.replaceAll(/\{(?:wav|language|languageCode)\}/g, (name) => values[name] ?? name);
      return [executable, ...args.map(fill)];
    },
    read: (output, { language, duration }) => readAnswer(output, language, duration),
  };
}

/**
 * Splits a command line at white space; single and double quotes hold an argument together. A backslash is one, since
 * Windows writes paths with it.
 *
 * @throws {Error} for a quote that is not closed
 */
export function splitCommandLine(command: string): string[] {
  const pieces = /"[^"]*"|'[^']*'|[^\s"']+/;
  const args = command.match(new RegExp(`(?:${pieces.source})+`, "g")) ?? [];
  const quotes = new RegExp(pieces.source, "g");
  if (/["']/.test(command.replaceAll(quotes, (piece) => (/^["']/.test(piece) ? "" : piece)))) {
    throw new Error(`LOCAL_SPEECH has a quote that is not closed: ${command}`);
  }
  return args.map((arg) => arg.replaceAll(quotes, (piece) => piece.replace(/^(["'])(.*)\1$/s, "$2")));
}

const JsonWord = v.pipe(
  v.strictObject({
    content: v.pipe(v.string(), v.regex(/^\S+$/)),
    start: v.pipe(v.number(), v.minValue(0)),
    end: v.number(),
    confidence: v.exactOptional(v.number(), 0),
    punctuation: v.exactOptional(v.string()),
  }),
  v.check(({ start, end }) => start <= end, "A word ends after its start."),
);
const JsonLanguage = v.strictObject({
  language: v.string(),
  score: v.exactOptional(v.pipe(v.number(), v.minValue(0), v.maxValue(1)), 0),
});
const JsonLine = v.union([JsonWord, JsonLanguage]);

/**
 * Reads an answer: lines of JSON when the first one is such, lines with times as whisper.cpp writes them when the first
 * one is such, else plain text.
 *
 * @param language the job's, or undefined when the answer has to tell it
 * @param duration seconds
 * @throws {CannotHear} for a line of another form, and when nobody knows the language
 */
export function readAnswer(
  output: string,
  language: string | undefined,
  duration: number,
): Omit<Heard, "source"> {
  const lines = output
    .split(/\r?\n/)
    .map((line) => line.trim())
    .filter(Boolean);
  const first = lines[0] ?? "";
  if (first.startsWith("{")) return readJson(lines, language);
  const words = timedLine.test(first)
    ? lines.flatMap(readTimedLine)
    : wordsOfText(lines.join(" "), 0, duration);
  return { language: language ?? unidentified(), segments: segmentsOf(words) };
}

function readJson(lines: readonly string[], asked: string | undefined): Omit<Heard, "source"> {
  const words: Word[] = [];
  let identified: v.InferOutput<typeof JsonLanguage> | undefined;
  for (const line of lines) {
    const parsed = parseJsonLine(line);
    if ("language" in parsed) identified = parsed;
    else if (!isMarker(parsed.content)) {
      words.push({ ...parsed, confidence: toConfidence(parsed.confidence) });
    }
  }
  const segments = segmentsOf(words);
  if (asked !== undefined) return { language: asked, segments };
  return identified
    ? { language: identified.language, languageScore: identified.score, segments }
    : { language: unidentified(), segments };
}

function parseJsonLine(line: string): v.InferOutput<typeof JsonLine> {
  try {
    return v.parse(JsonLine, JSON.parse(line));
  } catch {
    throw new CannotHear(`The command of LOCAL_SPEECH wrote a line that is no word: ${line.slice(0, 200)}`);
  }
}

/** `[00:00:01.500 --> 00:00:04.000]  text`; the hours may be missing. */
const timedLine = /^\[([\d:]+[.,]\d+) --> ([\d:]+[.,]\d+)\]\s*(.*)$/;

function readTimedLine(line: string): Word[] {
  const [, start, end, text] = timedLine.exec(line) ?? [];
  if (start === undefined || end === undefined || text === undefined) {
    throw new CannotHear(`The command of LOCAL_SPEECH wrote a line without times: ${line.slice(0, 200)}`);
  }
  return wordsOfText(text, seconds(start), seconds(end));
}

function seconds(time: string): number {
  return time
    .replace(",", ".")
    .split(":")
    .reduce((total, part) => total * 60 + Number(part), 0);
}

function unidentified(): never {
  throw new CannotHear(
    "The command of LOCAL_SPEECH did not say which language it heard: ask for one, " +
      'or have it write {"language": "en-US"} in a line.',
  );
}
