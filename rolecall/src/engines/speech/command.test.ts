import { access, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { commandEngine, readAnswer, splitCommandLine } from "./command.ts";
import { engineRecogniser } from "./engine.ts";
import { CannotHear } from "./recogniser.ts";
import { temporaryFolder } from "./testing/programs.ts";
import { recording, wav } from "./testing/wav.ts";

const environment = process.env;
const { signal } = new AbortController();

describe("a command line in LOCAL_SPEECH", () => {
  it.each([
    ["whisper-cli -f {wav}", ["whisper-cli", "-f", "{wav}"]],
    ['"/opt/my engine/run" --file={wav}', ["/opt/my engine/run", "--file={wav}"]],
    [String.raw`C:\engines\hear.exe 'a "b" c' {wav}`, [String.raw`C:\engines\hear.exe`, 'a "b" c', "{wav}"]],
    ['hear --name="two words" "" {wav}', ["hear", "--name=two words", "", "{wav}"]],
  ])("is split at spaces outside quotes: %s", (command, args) => {
    expect(splitCommandLine(command)).toEqual(args);
  });

  it("holds any argument in quotes", () => {
    fc.assert(
      fc.property(fc.array(fc.string().map((text) => text.replaceAll('"', "'"))), (args) => {
        expect(splitCommandLine(args.map((arg) => `"${arg}"`).join(" "))).toEqual(args);
      }),
    );
  });

  it.each(["hear 'it {wav}", 'hear "{wav}', "hear it's {wav}"])("needs its quotes closed: %s", (command) => {
    expect(() => splitCommandLine(command)).toThrow(/not closed/);
  });

  it("needs a place for the recording, and a program that is there", async () => {
    await expect(commandEngine("whisper-cli", environment)).rejects.toThrow(/\{wav\}/);
    await expect(commandEngine("no-such-engine {wav}", environment)).rejects.toThrow(/no-such-engine/);
  });

  it.each([
    ["en-US", "en", "en-US"],
    ["zh-HK", "zh", "zh-HK"],
    [undefined, "auto", "auto"],
  ])("is told the language %s in two ways", async (language, short, code) => {
    const engine = await commandEngine(
      `"${process.execPath}" {wav} -l {language} {languageCode} {other}`,
      environment,
    );
    expect(engine.commandLine("/a b/x.wav", language).slice(1)).toEqual([
      "/a b/x.wav",
      "-l",
      short,
      code,
      "{other}",
    ]);
  });
});

describe("a command's answer", () => {
  it("may be plain text: words that share the recording's time", () => {
    expect(readAnswer("\n Say no.\n", "en-US", 4)).toEqual({
      language: "en-US",
      segments: [
        [
          { content: "Say", start: 0, end: 2, confidence: 0 },
          { content: "no", start: 2, end: 4, confidence: 0, punctuation: "." },
        ],
      ],
    });
  });

  it.each([
    "",
    "\n",
    "[BLANK_AUDIO]",
    "[00:00:00.000 --> 00:00:01.000]   [BLANK_AUDIO]",
    '{"language":"en"}',
  ])("may be that there is no word: %j", (output) => {
    expect(readAnswer(output, "en-US", 1)).toEqual({ language: "en-US", segments: [] });
  });

  it("may be lines with times, as whisper.cpp writes them", () => {
    const output =
      "\n[00:00:00.000 --> 00:00:01.000]   No keys.\n[00:01:01.000 --> 01:00:02.000]   Ask\n[02:00.500 --> 02:01.500] not\n";
    const { segments } = readAnswer(output, "en-US", 9999);
    expect(
      segments.map((words) => [words[0]?.start, words.at(-1)?.end, words.map(({ content }) => content)]),
    ).toMatchObject([
      [0, 1, ["No", "keys"]],
      [61, 121.5, ["Ask", "not"]],
    ]);
  });

  it("may be lines of JSON, with times, confidences and the language", () => {
    const output = [
      '{"language": "de-DE", "score": 0.9}',
      '{"content": "kein", "start": 0.5, "end": 1, "confidence": 0.75}',
      '{"content": "<sil>", "start": 1, "end": 1.1}',
      '{"content": "Schlüssel", "start": 1.1, "end": 2, "confidence": 1.0001, "punctuation": "."}',
    ].join("\r\n");
    const segments = [
      [
        { content: "kein", start: 0.5, end: 1, confidence: 0.75 },
        { content: "Schlüssel", start: 1.1, end: 2, confidence: 1, punctuation: "." },
      ],
    ];
    expect(readAnswer(output, undefined, 2)).toEqual({ language: "de-DE", languageScore: 0.9, segments });
    expect(readAnswer(output, "de-AT", 2)).toEqual({ language: "de-AT", segments });
  });

  it.each([
    '{"content": "no", "start": 0, "end": 1}\nkeys',
    '{"content": "no", "start": 2, "end": 1}',
    '{"word": "no"}',
    "[00:00:00.000 --> 00:00:01.000] no\nkeys",
  ])("is refused when a line has another form: %j", (output) => {
    expect(() => readAnswer(output, "en-US", 1)).toThrow(CannotHear);
  });

  it("has to tell the language when the job has it identified", () => {
    expect(() => readAnswer("No keys.", undefined, 1)).toThrow(/which language/);
  });
});

describe("hearing by a command", () => {
  /** A recogniser by a script for Node.js, which is told the WAV file and the language. */
  async function recogniser(folder: string, script: string) {
    const file = join(folder, "engine.mjs");
    await writeFile(file, script);
    const engine = await commandEngine(`"${process.execPath}" "${file}" {wav} {language}`, environment);
    return engineRecogniser(engine, { environment, converter: undefined });
  }

  it("gives it a WAV file of 16 kHz, which is gone afterwards", async () => {
    await using folder = await temporaryFolder();
    const seen = join(folder.path, "seen.json");
    const hearing = await recogniser(
      folder.path,
      `import { readFileSync, writeFileSync } from "node:fs";
       const wav = readFileSync(process.argv[2]);
       writeFileSync(${JSON.stringify(seen)}, JSON.stringify({ file: process.argv[2], rate: wav.readUInt32LE(24), channels: wav.readUInt16LE(22) }));
       console.log(process.argv[3] + " words");`,
    );

    const heard = await hearing.recognise(recording(wav({ seconds: 1, sampleRate: 44_100, channels: 2 })), {
      format: "wav",
      language: "en-US",
      signal,
    });

    expect(heard).toMatchObject({ source: "engine", segments: [[{ content: "en" }, { content: "words" }]] });
    expect(hearing.name).toMatch(/LOCAL_SPEECH/);
    const { file, rate, channels } = JSON.parse(await readFile(seen, "utf8"));
    expect({ rate, channels }).toEqual({ rate: 16_000, channels: 1 });
    await expect(access(file)).rejects.toThrow();
  });

  it("fails with what the command complained of", async () => {
    await using folder = await temporaryFolder();
    const hearing = await recogniser(
      folder.path,
      `console.log("made up"); console.error("loading"); console.error("error: no model"); process.exitCode = 3;`,
    );
    await expect(
      hearing.recognise(recording(wav({ seconds: 1 })), { format: "wav", language: "en-US", signal }),
    ).rejects.toThrow(/failed \(exit code 3\): error: no model$/);
  });

  it("ends when the local run does", async () => {
    await using folder = await temporaryFolder();
    const hearing = await recogniser(folder.path, "setInterval(() => {}, 1000);");
    const controller = new AbortController();
    const heard = hearing.recognise(recording(wav({ seconds: 1 })), {
      format: "wav",
      language: "en-US",
      signal: controller.signal,
    });
    setTimeout(() => controller.abort(new Error("closed")), 100);
    await expect(heard).rejects.toThrow("closed");
  });

  it("waits its turn when many are to be heard at once, and hears them all", async () => {
    await using folder = await temporaryFolder();
    const hearing = await recogniser(folder.path, `console.log("word");`);
    const all = Array.from({ length: 12 }, () =>
      hearing.recognise(recording(wav({ seconds: 0.5 })), { format: "wav", language: "en-US", signal }),
    );
    expect((await Promise.all(all)).map(({ segments }) => segments.flat().length)).toEqual(Array(12).fill(1));
  });
});
