import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ServiceError } from "./errors.ts";
import { listRequest, startRequest } from "./model.ts";
import { deserialise, type Structure, validate } from "./shapes.ts";

const json = (value: unknown) => Buffer.from(JSON.stringify(value));
const check = (shape: Structure, value: unknown) => validate(shape, deserialise(shape, json(value)).draft);
const start = (fields: object) => () =>
  check(startRequest, {
    TranscriptionJobName: "job",
    Media: { MediaFileUri: "s3://bucket/key" },
    ...fields,
  });

describe("a request is held against the service's model", () => {
  it.each([
    [
      { TranscriptionJobName: "a b" },
      "1 validation error detected: Value 'a b' at 'transcriptionJobName' failed to satisfy constraint: Member must satisfy regular expression pattern: ^[0-9a-zA-Z._-]+",
    ],
    [
      { TranscriptionJobName: "a".repeat(201) },
      `1 validation error detected: Value '${"a".repeat(201)}' at 'transcriptionJobName' failed to satisfy constraint: Member must have length less than or equal to 200`,
    ],
    [
      { TranscriptionJobName: null },
      "1 validation error detected: Value null at 'transcriptionJobName' failed to satisfy constraint: Member must not be null",
    ],
    [
      { Media: { MediaFileUri: "bucket/key" } },
      "1 validation error detected: Value 'bucket/key' at 'media.mediaFileUri' failed to satisfy constraint: Member must satisfy regular expression pattern: (s3://|http(s*)://).+",
    ],
    [
      { MediaFormat: "aac" },
      "1 validation error detected: Value 'aac' at 'mediaFormat' failed to satisfy constraint: Member must satisfy enum value set: [mp3, mp4, wav, flac, ogg, amr, webm, m4a]",
    ],
    [
      { MediaSampleRateHertz: 7999 },
      "1 validation error detected: Value '7999' at 'mediaSampleRateHertz' failed to satisfy constraint: Member must have value greater than or equal to 8000",
    ],
    [
      { MediaSampleRateHertz: 48001, OutputKey: "results/a:b" },
      "2 validation errors detected: Value '48001' at 'mediaSampleRateHertz' failed to satisfy constraint: Member must have value less than or equal to 48000; Value 'results/a:b' at 'outputKey' failed to satisfy constraint: Member must satisfy regular expression pattern: [a-zA-Z0-9-_.!*'()/]{1,1024}$",
    ],
    [
      { Tags: [{ Key: "stage", Value: "dev" }, { Key: "" }] },
      "2 validation errors detected: Value '' at 'tags.2.member.key' failed to satisfy constraint: Member must have length greater than or equal to 1; Value null at 'tags.2.member.value' failed to satisfy constraint: Member must not be null",
    ],
    [
      { Tags: [] },
      "1 validation error detected: Value '[]' at 'tags' failed to satisfy constraint: Member must have length greater than or equal to 1",
    ],
  ])("%j", (fields, message) => {
    expect(start(fields)).toThrow(message);
    expect(start(fields)).toThrow(expect.objectContaining({ type: "BadRequestException", status: 400 }));
  });

  it("a language that the service does not know is refused with the ones it knows", () => {
    expect(start({ LanguageCode: "xx-XX" })).toThrow(
      /^1 validation error detected: Value 'xx-XX' at 'languageCode' failed to satisfy constraint: Member must satisfy enum value set: \[ab-GE, .*, zu-ZA\]$/,
    );
  });

  it("an output key with any character outside the service's set is refused", () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1, maxLength: 40, unit: "grapheme" }), (OutputKey) => {
        if (/^[A-Za-z0-9\-_.!*'()/]+$/.test(OutputKey)) expect(start({ OutputKey })).not.toThrow();
        else expect(start({ OutputKey })).toThrow(/at 'outputKey'/);
      }),
    );
  });

  it("a job name of the service's characters and length passes, and comes back unchanged", () => {
    const character = fc.constantFrom(..."0123456789abcXYZ._-");
    fc.assert(
      fc.property(fc.string({ unit: character, minLength: 1, maxLength: 200 }), (TranscriptionJobName) => {
        expect(start({ TranscriptionJobName })()).toMatchObject({ TranscriptionJobName });
      }),
    );
  });

  it("a page holds 1 to 100 jobs", () => {
    fc.assert(
      fc.property(fc.integer({ min: -200, max: 200 }), (MaxResults) => {
        const list = () => check(listRequest, { MaxResults });
        if (MaxResults >= 1 && MaxResults <= 100) expect(list).not.toThrow();
        else expect(list).toThrow(/at 'maxResults' failed/);
      }),
    );
  });
});

describe("a request is read", () => {
  it.each([
    ["no JSON", Buffer.from("{")],
    ["no object", json([])],
    ["another type", json({ TranscriptionJobName: 5 })],
    ["a fraction for an integer", json({ MediaSampleRateHertz: 8000.5 })],
    ["a structure for a list", json({ Tags: {} })],
    ["null in a list", json({ LanguageOptions: [null] })],
  ])("unless it is %s", (_, body) => {
    expect(() => deserialise(startRequest, body)).toThrow(
      expect.objectContaining({ type: "SerializationException", status: 400 }),
    );
  });

  it("with every field named that is not modelled, known to the service or not", () => {
    const body = json({ Settings: {}, Media: { RedactedMediaFileUri: "s3://b/k" }, Newer: 1, toString: 2 });
    expect(deserialise(startRequest, body).unmodelled).toEqual([
      "Settings",
      "Media.RedactedMediaFileUri",
      "Newer",
      "toString",
    ]);
  });

  it("without anything but an error of the service, whatever it holds", () => {
    const fields = fc.constantFrom(...Object.keys(startRequest.members), "__proto__", "constructor");
    fc.assert(
      fc.property(fc.dictionary(fields, fc.jsonValue()), (value) => {
        try {
          check(startRequest, value);
        } catch (error) {
          expect(error).toBeInstanceOf(ServiceError);
        }
      }),
    );
  });
});
