import { LanguageCode, MediaFormat } from "@aws-sdk/client-transcribe";
import fc from "fast-check";
import { describe, expect, it, vi } from "vitest";
import {
  audioKey,
  jobName,
  newRecordingId,
  parseRecordingId,
  recordingIdOfAudioKey,
  recordingIdOfJobName,
  recordingPath,
  transcriptKey,
} from "./recording-id.ts";

const uuid = "0199a3c2-5f6e-7c3a-9d2b-3f1e5a7c9b1d";
const id = `${uuid}.en-US.wav`;

const languages = fc.constantFrom(...Object.values(LanguageCode), "auto" as const);
const formats = fc.constantFrom(...Object.values(MediaFormat));
const recordings = fc
  .tuple(fc.uuid({ version: 7 }), languages, formats)
  .map(([uuid, language, format]) => ({ id: `${uuid}.${language}.${format}`, language, format }));

/** As serverless.yml makes them: jobNamePrefix from the service and a stage. */
const names = fc.stringMatching(/^[a-z0-9-]{1,18}$/);
const prefixes = fc.tuple(names, names).map(([service, stage]) => `${service}_${stage}_`);

describe("a recording's id", () => {
  it("names its audio, transcript, job and path", () => {
    const recording = { id, language: "en-US", format: "wav" } as const;

    expect(audioKey(recording)).toBe(`audio/${id}`);
    expect(transcriptKey(recording)).toBe(`transcripts/${id}.json`);
    expect(jobName("voice-notes_dev_", recording)).toBe(`voice-notes_dev_${id}`);
    expect(recordingPath(recording)).toBe(`/recordings/${id}`);
  });

  it("comes back, with language and format, from its text, its audio's key and its job's name", () => {
    fc.assert(
      fc.property(recordings, prefixes, (recording, prefix) => {
        expect(parseRecordingId(recording.id)).toEqual(recording);
        expect(recordingIdOfAudioKey(audioKey(recording))).toEqual(recording);
        expect(recordingIdOfJobName(prefix, jobName(prefix, recording))).toEqual(recording);
      }),
    );
  });

  it("is legal, as it is, wherever it stands", () => {
    fc.assert(
      fc.property(recordings, prefixes, (recording, prefix) => {
        expect(jobName(prefix, recording)).toMatch(/^[0-9a-zA-Z._-]{1,200}$/);
        expect(transcriptKey(recording)).toMatch(/^[a-zA-Z0-9-_.!*'()/]{1,1024}$/);
        expect(encodeURI(recordingPath(recording))).toBe(recordingPath(recording));
      }),
    );
  });
});

describe("a new recording's id", () => {
  it("is an id of its language and format", () => {
    fc.assert(
      fc.property(languages, formats, (language, format) => {
        const recording = newRecordingId(language, format);

        expect(recording).toMatchObject({ language, format });
        expect(parseRecordingId(recording.id)).toEqual(recording);
      }),
    );
  });

  it("begins with the time of its creation", () => {
    vi.setSystemTime("2100-01-01T00:00:00Z");

    const { id } = newRecordingId("en-US", "wav");

    expect(Number.parseInt(id.slice(0, 13).replace("-", ""), 16)).toBe(Date.UTC(2100, 0));
  });

  it("sorts after all older ones, whatever their languages and formats, also within a millisecond", () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(languages, formats)), (oldestFirst) => {
        const ids = oldestFirst.map(([language, format]) => newRecordingId(language, format).id);

        expect(ids.toSorted()).toEqual(ids);
      }),
    );
  });
});

describe("what is no recording's id", () => {
  it.each([
    ["nothing", undefined],
    ["an empty text", ""],
    ["a uuid alone", uuid],
    ["an id without a format", `${uuid}.en-US`],
    ["a uuid of another version", `${uuid.replace("-7", "-4")}.en-US.wav`],
    ["a uuid in capitals", `${uuid.toUpperCase()}.en-US.wav`],
    ["a language that Transcribe does not know", `${uuid}.xx-XX.wav`],
    ["a language in other capitals", `${uuid}.en-us.wav`],
    ["a format that Transcribe does not take", `${uuid}.en-US.txt`],
    ["a name of Object's", `${uuid}.constructor.wav`],
    ["something before it", `/${id}`],
    ["something after it", `${id}.json`],
    ["a line after it", `${id}\n`],
    ["a way to another folder", `../audio/${id}`],
    ["a part that is encoded", id.replace("-", "%2D")],
  ])("%s", (_, text) => {
    expect(parseRecordingId(text)).toBeUndefined();
  });

  it("any text that came about by chance", () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.webPath(), fc.uuid(), fc.emailAddress()), (text) => {
        expect(parseRecordingId(text)).toBeUndefined();
        expect(recordingIdOfAudioKey(text)).toBeUndefined();
        expect(recordingIdOfAudioKey(`audio/${text}`)).toBeUndefined();
      }),
    );
  });

  it("an id with one character more", () => {
    const change = fc.tuple(fc.nat({ max: id.length }), fc.string({ minLength: 1, maxLength: 1 }));
    fc.assert(
      fc.property(change, ([at, character]) => {
        expect(parseRecordingId(id.slice(0, at) + character + id.slice(at))).toBeUndefined();
      }),
    );
  });

  it.each([`transcripts/${id}.json`, `transcripts/${id}`, id, `Audio/${id}`, `audio//${id}`, "audio/"])(
    "the key %s",
    (key) => {
      expect(recordingIdOfAudioKey(key)).toBeUndefined();
    },
  );
});

describe("a job's name", () => {
  it("is never taken for that of another stage: no stage's prefix begins another's", () => {
    fc.assert(
      fc.property(prefixes, prefixes, recordings, (ours, theirs, recording) => {
        fc.pre(ours !== theirs);

        expect(theirs.startsWith(ours)).toBe(false);
        expect(recordingIdOfJobName(ours, jobName(theirs, recording))).toBeUndefined();
      }),
    );
  });

  it("tells stage dev from stage dev-anna", () => {
    const recording = newRecordingId("en-US", "wav");

    expect(
      recordingIdOfJobName("voice-notes_dev_", jobName("voice-notes_dev-anna_", recording)),
    ).toBeUndefined();
  });
});
