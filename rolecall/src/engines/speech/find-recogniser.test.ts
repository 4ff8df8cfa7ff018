import { mkdir, readdir, readFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { describe, expect, it } from "vitest";
import { findRecogniser } from "./find-recogniser.ts";
import { findProgram, runProgram } from "./program.ts";
import { CannotHear, type Heard } from "./recogniser.ts";
import { fakeProgram, scriptsRun, temporaryFolder } from "./testing/programs.ts";
import { recording, wav } from "./testing/wav.ts";

const { signal } = new AbortController();
const englishWav = { format: "wav", language: "en-US", signal } as const;
const sentence = "The engine listens to this sentence. Nobody has written it down before.";

const text = ({ segments }: Heard) =>
  segments
    .flat()
    .map(({ content }) => content.toLowerCase())
    .join(" ");

describe("what hears", () => {
  it("is the recorded transcripts on a machine without an engine", async () => {
    await using folder = await temporaryFolder();
    expect((await findRecogniser({ PATH: folder.path })).name).toMatch(/^recorded transcripts\b/);
  });

  it("is the recorded transcripts when that is what LOCAL_SPEECH says", async () => {
    const { name } = await findRecogniser({ ...process.env, LOCAL_SPEECH: "recorded" });
    expect(name).toMatch(/^recorded transcripts\b/);
  });

  it("is the command of LOCAL_SPEECH before anything else", async () => {
    const LOCAL_SPEECH = `"${process.execPath}" -e "console.log('mine')" {wav}`;
    const recogniser = await findRecogniser({ ...process.env, LOCAL_SPEECH });
    expect(recogniser.name).toMatch(/\(LOCAL_SPEECH\)/);
    expect(text(await recogniser.recognise(recording(wav({ seconds: 1 })), englishWav))).toBe("mine");
  });

  it("is never something else than what LOCAL_SPEECH names", async () => {
    await expect(findRecogniser({ ...process.env, LOCAL_SPEECH: "pocketsfinx" })).rejects.toThrow(
      /LOCAL_SPEECH/,
    );
  });
});

describe.skipIf(!scriptsRun)("pocketsphinx", () => {
  const newer = `const [command, wav] = process.argv.slice(2);
    if (command !== "single" || require("node:fs").readFileSync(wav).readUInt32LE(24) !== 16000) process.exit(1);
    console.error("INFO: starts");
    console.log('{"b":0.0,"d":1.0,"p":0.5,"t":"newer","w":[{"b":0.1,"d":0.5,"p":0.9,"t":"newer(2)"}]}');`;
  const older = `const [infile, wav, time, yes] = process.argv.slice(2);
    if (infile !== "-infile" || time !== "-time" || yes !== "yes") process.exit(1);
    console.log("older\\n<s> 0.000 0.100 1.000000\\nolder 0.100 0.600 0.900000\\n</s> 0.610 0.900 1.000000");`;

  it("is called as its release wants it, the newer one first", async () => {
    await using folder = await temporaryFolder();
    const environment = { PATH: folder.path };

    await fakeProgram(folder.path, "pocketsphinx_continuous", older);
    const withOlder = await findRecogniser(environment);
    expect(withOlder.name).toMatch(/pocketsphinx_continuous/);
    expect(text(await withOlder.recognise(recording(wav({ seconds: 1 })), englishWav))).toBe("older");

    await fakeProgram(folder.path, "pocketsphinx", newer);
    const withNewer = await findRecogniser(environment);
    expect(await withNewer.recognise(recording(wav({ seconds: 1, sampleRate: 8000 })), englishWav)).toEqual({
      source: "engine",
      language: "en-US",
      segments: [[{ content: "newer", start: 0.1, end: 0.6, confidence: 0.9 }]],
    });
  });

  it("hears English alone, and cannot tell languages apart", async () => {
    await using folder = await temporaryFolder();
    await fakeProgram(folder.path, "pocketsphinx", newer);
    const recogniser = await findRecogniser({ PATH: folder.path });
    const hear = (language: string | undefined) =>
      recogniser.recognise(recording(wav({ seconds: 1 })), { ...englishWav, language });

    expect((await hear("en-GB")).language).toBe("en-GB");
    await expect(hear("de-DE")).rejects.toThrow(/model of English alone.*de-DE/);
    await expect(hear(undefined)).rejects.toThrow(/cannot identify/);
  });

  it("that fails is a reason and no words, and leaves no file behind", async () => {
    await using folder = await temporaryFolder();
    const temporary = join(folder.path, "temporary");
    await mkdir(temporary);
    await fakeProgram(
      folder.path,
      "pocketsphinx",
      `console.log('{"b":0,"d":1,"p":1,"t":"x","w":[]}'); console.error("FATAL: no model"); process.exit(1);`,
    );
    const recogniser = await findRecogniser({ PATH: folder.path });
    const { TMPDIR } = process.env;
    process.env.TMPDIR = temporary;
    try {
      const hearing = recogniser.recognise(recording(wav({ seconds: 1 })), englishWav);
      await expect(hearing).rejects.toThrow(CannotHear);
      await expect(hearing).rejects.toThrow("pocketsphinx failed (exit code 1): FATAL: no model");
    } finally {
      if (TMPDIR === undefined) delete process.env.TMPDIR;
      else process.env.TMPDIR = TMPDIR;
    }
    expect(await readdir(temporary)).toEqual([]);
  });
});

describe("pocketsphinx on this machine", async () => {
  const isThere =
    (await findProgram("pocketsphinx", process.env)) ??
    (await findProgram("pocketsphinx_continuous", process.env));
  const { LOCAL_SPEECH: _, ...environment } = process.env;

  it("hears a sentence that no recorded transcript knows: 7 words of 10 at least", async ({ skip }) => {
    skip(!isThere, "not run: pocketsphinx is not on PATH, so nothing was heard by ear");
    const recogniser = await findRecogniser(environment);

    const heard = await recogniser.recognise(recording(await spoken()), englishWav);

    const spokenWords = sentence.toLowerCase().match(/\w+/g) ?? [];
    const heardWords = text(heard).split(" ");
    const recognised = spokenWords.filter((word) => heardWords.includes(word));
    expect(recognised.length / spokenWords.length, text(heard)).toBeGreaterThanOrEqual(0.7);
    expect(heard.source).toBe("engine");
    for (const { start, end, confidence } of heard.segments.flat()) {
      expect(start).toBeLessThan(end);
      expect(confidence).toBeGreaterThanOrEqual(0);
      expect(confidence).toBeLessThanOrEqual(1);
    }
  });
});

/** The sentence, spoken by flite just now where it is there, else when this test was written. */
async function spoken(): Promise<Buffer> {
  const flite = await findProgram("flite", process.env);
  if (!flite) return readFile(resolve(import.meta.dirname, "testing/unrecorded.wav"));
  await using folder = await temporaryFolder();
  const file = join(folder.path, "spoken.wav");
  await runProgram({
    commandLine: [flite, "-voice", "rms", "-t", sentence, "-o", file],
    environment: process.env,
    timeout: 30_000,
    signal,
  });
  return readFile(file);
}
