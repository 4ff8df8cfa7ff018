import {
  BadRequestException,
  ConflictException,
  DeleteTranscriptionJobCommand,
  GetTranscriptionJobCommand,
  LimitExceededException,
  ListTranscriptionJobsCommand,
  type ListTranscriptionJobsCommandOutput,
  ListVocabulariesCommand,
  paginateListTranscriptionJobs,
  StartTranscriptionJobCommand,
  type StartTranscriptionJobRequest,
} from "@aws-sdk/client-transcribe";
import { describe, expect, it, vi } from "vitest";
import type { Recogniser } from "../speech/recogniser.ts";
import { recordedTranscripts } from "../speech/recorded.ts";
import { recordedFolder } from "../speech/testing/recorded.ts";
import { wav } from "../speech/testing/wav.ts";
import { bucket, heard, memoryStore, questions, startService } from "./fixtures.ts";

const job = "notes_dev_1.en-US.wav";
const request: StartTranscriptionJobRequest = {
  TranscriptionJobName: job,
  Media: { MediaFileUri: `s3://${bucket}/originals/1.en-US.wav` },
  MediaFormat: "wav",
  LanguageCode: "en-US",
  OutputBucketName: bucket,
  OutputKey: "results/1.en-US.wav.json",
};
const start = (fields: Partial<StartTranscriptionJobRequest> = {}) =>
  new StartTranscriptionJobCommand({ ...request, ...fields });
const get = (name = job) => new GetTranscriptionJobCommand({ TranscriptionJobName: name });
const remove = (name = job) => new DeleteTranscriptionJobCommand({ TranscriptionJobName: name });

const unreadable =
  "The S3 URI that you provided can't be accessed. Make sure that you have read permission and try your request again.";
const unwritable =
  "The specified S3 bucket can't be accessed. Make sure you have write permission on the bucket and try your request again.";
const notFound = "The requested job couldn't be found. Check the job name and try your request again.";

/** A service with one recording stored. */
async function service(options: Parameters<typeof startService>[0] = {}, audio = wav({ seconds: 1 })) {
  const running = await startService(options);
  await running.store.put(bucket, "originals/1.en-US.wav", audio);
  return running;
}

/** A recogniser that waits until it is told to answer. */
function patientRecogniser() {
  const { promise, resolve } = Promise.withResolvers<void>();
  const recogniser: Recogniser = {
    name: "patient",
    recognise: async (_, { signal }) => {
      const aborted = new Promise((_, reject) =>
        signal.addEventListener("abort", () => reject(signal.reason)),
      );
      await Promise.race([promise, aborted]);
      return heard;
    },
  };
  return { recogniser, answer: resolve };
}

/** Runs one job to its end. */
async function outcome(
  fields: Partial<StartTranscriptionJobRequest>,
  options: Parameters<typeof startService>[0] = {},
  audio?: Buffer,
) {
  await using transcribe = await service(options, audio);
  await transcribe.client.send(start(fields));
  await transcribe.service.idle();
  const { TranscriptionJob } = await transcribe.client.send(get(fields.TranscriptionJobName));
  return { ...TranscriptionJob, events: transcribe.events, objects: transcribe.store.objects };
}

describe("a job", () => {
  it("goes from QUEUED over IN_PROGRESS to COMPLETED", async () => {
    const { recogniser, answer } = patientRecogniser();
    await using transcribe = await service({ recogniser, durations: { queued: 250, inProgress: 1 } });
    const status = async () => (await transcribe.client.send(get())).TranscriptionJob?.TranscriptionJobStatus;

    await transcribe.client.send(start());
    expect(await status()).toBe("QUEUED");
    await vi.waitUntil(async () => (await status()) !== "QUEUED", { interval: 5 });
    expect(await status()).toBe("IN_PROGRESS");
    expect(transcribe.events).toEqual([]);
    answer();
    await transcribe.service.idle();
    expect(await status()).toBe("COMPLETED");
  });

  it("is answered as IN_PROGRESS when it starts, without a place for its transcript", async () => {
    await using transcribe = await service({ clock: () => new Date("2026-11-23T12:00:00.250Z") });
    const { TranscriptionJob } = await transcribe.client.send(start());
    expect(TranscriptionJob).toEqual({
      TranscriptionJobName: job,
      TranscriptionJobStatus: "IN_PROGRESS",
      LanguageCode: "en-US",
      Media: request.Media,
      MediaFormat: "wav",
      CreationTime: new Date("2026-11-23T12:00:00.250Z"),
      StartTime: new Date("2026-11-23T12:00:00.250Z"),
    });
  });

  it("that completed tells format, sample rate, times and where the transcript lies", async () => {
    const { events, objects, ...completed } = await outcome(
      { MediaFormat: undefined },
      { clock: () => new Date(5000) },
    );
    expect(completed).toEqual({
      TranscriptionJobName: job,
      TranscriptionJobStatus: "COMPLETED",
      LanguageCode: "en-US",
      Media: request.Media,
      MediaFormat: "wav",
      MediaSampleRateHertz: 16_000,
      CreationTime: new Date(5000),
      StartTime: new Date(5000),
      CompletionTime: new Date(5000),
      Settings: { ChannelIdentification: false, ShowAlternatives: false },
      Transcript: {
        TranscriptFileUri: `https://s3.us-east-1.amazonaws.com/${bucket}/results/1.en-US.wav.json`,
      },
    });
    expect(JSON.parse(String(objects.get(`${bucket}/results/1.en-US.wav.json`)))).toMatchObject({
      jobName: job,
      results: { transcripts: [{ transcript: "Hello." }] },
    });
    expect(events).toEqual([
      {
        source: "aws.transcribe",
        detailType: "Transcribe Job State Change",
        detail: { TranscriptionJobName: job, TranscriptionJobStatus: "COMPLETED" },
      },
    ]);
  });

  it("that failed tells why, in its description and in its event", async () => {
    const { events, objects, ...failed } = await outcome({ MediaFormat: "mp3" });
    const FailureReason = "The media format provided does not match the detected media format.";
    expect(failed).toMatchObject({ TranscriptionJobStatus: "FAILED", FailureReason, Transcript: {} });
    expect(failed.CompletionTime).toBeInstanceOf(Date);
    expect(events[0]?.detail).toEqual({
      TranscriptionJobName: job,
      TranscriptionJobStatus: "FAILED",
      FailureReason,
    });
    expect([...objects.keys()]).not.toContain(`${bucket}/results/1.en-US.wav.json`);
  });

  it("has the language identified when it asks for that", async () => {
    const { objects, ...identified } = await outcome({
      LanguageCode: undefined,
      IdentifyLanguage: true,
      LanguageOptions: ["de-DE", "en-US"],
    });
    expect(identified).toMatchObject({
      LanguageCode: "en-US",
      IdentifyLanguage: true,
      IdentifiedLanguageScore: 0.9,
      LanguageOptions: ["de-DE", "en-US"],
    });
    expect(JSON.parse(String(objects.get(`${bucket}/results/1.en-US.wav.json`)))).toMatchObject({
      results: { language_code: "en-US", language_identification: [{ score: "0.9", code: "en-US" }] },
    });
  });

  it("transcribes a recording from its recorded transcript, and the log says so", async () => {
    await using recorded = await recordedFolder();
    const { path, audio, sentences } = recorded;
    await using transcribe = await service({ recogniser: recordedTranscripts(path) }, audio);
    await transcribe.client.send(start());
    await transcribe.service.idle();
    const document = transcribe.store.objects.get(`${bucket}/results/1.en-US.wav.json`);
    expect(JSON.parse(String(document)).results.transcripts).toEqual([{ transcript: sentences.join(" ") }]);
    expect(transcribe.log).toEqual([expect.stringMatching(/COMPLETED \(en-US; recorded transcript/)]);
  });

  it.each([
    [
      "cannot be told by its bytes",
      Buffer.from("hello"),
      {},
      "The media format provided does not match the detected media format.",
    ],
    ["has no known format", Buffer.from("hello"), { MediaFormat: undefined }, "Unsupported media format."],
    [
      "is shorter than half a second",
      wav({ seconds: 0.4 }),
      {},
      "The input media file length is too small. Minimum audio duration is 0.500000 seconds. Check the length of the file and try your request again.",
    ],
    [
      "has another sample rate than given",
      wav({ seconds: 1 }),
      { MediaSampleRateHertz: 8000 },
      "The sample rate provided does not match the detected sample rate.",
    ],
    [
      "has too low a sample rate",
      wav({ seconds: 1, sampleRate: 4000 }),
      {},
      "Invalid sample rate for audio file.",
    ],
    [
      "has too many channels",
      wav({ seconds: 1, channels: 3 }),
      {},
      "Invalid number of channels: number of channels too large.",
    ],
    [
      "is in none of the languages given",
      wav({ seconds: 1 }),
      { LanguageCode: undefined, IdentifyLanguage: true, LanguageOptions: ["de-DE", "fr-FR"] },
      "The language is en-US, which is none of the LanguageOptions (de-DE, fr-FR).",
    ],
  ] as [string, Buffer, Partial<StartTranscriptionJobRequest>, string][])(
    "fails when its media %s",
    async (_, audio, fields, reason) => {
      expect(await outcome(fields, {}, audio)).toMatchObject({ FailureReason: reason });
    },
  );

  it("fails when its media is larger than 2 GB, without reading it", async () => {
    const store = memoryStore();
    const size = 2 * 1024 ** 3 + 1;
    const read = vi.fn();
    store.open = async () => ({ size, stream: read, [Symbol.dispose]: () => {} });
    store.head = async () => ({ size, etag: "", lastModified: new Date(), contentType: undefined });
    expect(await outcome({}, { objects: store })).toMatchObject({
      FailureReason: "Invalid file size: file size too large.",
    });
    expect(read).not.toHaveBeenCalled();
  });

  it("fails when the audio is longer than 4 hours", async () => {
    const audio = wav({ seconds: 1 });
    audio.writeUInt32LE(1, 28);
    expect((await outcome({}, {}, audio)).FailureReason).toMatch(/Maximum audio duration is 4\.000000 hours/);
  });

  it("fails, and takes nothing down, when the recogniser breaks", async () => {
    const recogniser: Recogniser = {
      name: "broken",
      recognise: () => Promise.reject(new Error("no model")),
    };
    expect((await outcome({}, { recogniser })).FailureReason).toMatch(/broken.*no model/);
  });

  it("completes even when nobody takes its event", async () => {
    const publish = () => {
      throw new Error("no bus");
    };
    expect(await outcome({}, { publish })).toMatchObject({ TranscriptionJobStatus: "COMPLETED" });
  });
});

describe("the caller's permissions", () => {
  it("to start are asked on *, with the output's place and the tags as condition keys", async () => {
    await using transcribe = await service();
    await transcribe.client.send(start({ Tags: [{ Key: "stage", Value: "dev" }] }));
    const tags = { "aws:RequestTag/stage": "dev", "aws:TagKeys": ["stage"] };
    expect(questions(transcribe.gate).slice(0, 2)).toEqual([
      {
        action: "transcribe:StartTranscriptionJob",
        resource: "*",
        context: {
          "transcribe:OutputBucketName": bucket,
          "transcribe:OutputKey": "results/1.en-US.wav.json",
          ...tags,
        },
      },
      {
        action: "transcribe:TagResource",
        resource: `arn:aws:transcribe:us-east-1:123456789012:transcription-job/${job}`,
        context: tags,
      },
    ]);
  });

  it("to start lack the condition keys of fields that are left out", async () => {
    await using transcribe = await service();
    const bare = start({ OutputBucketName: undefined, OutputKey: undefined });
    await expect(transcribe.client.send(bare)).rejects.toThrow(/OutputBucketName/);
    expect(questions(transcribe.gate)).toEqual([
      { action: "transcribe:StartTranscriptionJob", resource: "*", context: {} },
    ]);
  });

  it("on S3 are used by Transcribe when it starts, and again when it reads and writes", async () => {
    await using transcribe = await service();
    await transcribe.client.send(start());
    await transcribe.service.idle();
    const onS3 = transcribe.gate.asked.filter(({ onBehalfBy }) => onBehalfBy === "transcribe");
    expect(onS3.map(({ action, resource }) => `${action} ${resource}`)).toEqual([
      `s3:GetObject arn:aws:s3:::${bucket}/originals/1.en-US.wav`,
      `s3:PutObject arn:aws:s3:::${bucket}/results/.write_access_check_file.temp`,
      `s3:PutObject arn:aws:s3:::${bucket}/results/1.en-US.wav.json`,
      `s3:GetObject arn:aws:s3:::${bucket}/originals/1.en-US.wav`,
      `s3:PutObject arn:aws:s3:::${bucket}/results/1.en-US.wav.json`,
    ]);
  });

  it("to get, delete and list are asked on the job, with its tags, and on *", async () => {
    await using transcribe = await service();
    await transcribe.client.send(start({ Tags: [{ Key: "stage", Value: "dev" }] }));
    await transcribe.service.idle();
    transcribe.gate.asked.length = 0;
    await transcribe.client.send(get());
    await transcribe.client.send(new ListTranscriptionJobsCommand());
    await transcribe.client.send(remove());
    const resource = `arn:aws:transcribe:us-east-1:123456789012:transcription-job/${job}`;
    const context = { "aws:ResourceTag/stage": "dev" };
    expect(questions(transcribe.gate)).toEqual([
      { action: "transcribe:GetTranscriptionJob", resource, context },
      { action: "transcribe:ListTranscriptionJobs", resource: "*", context: {} },
      { action: "transcribe:DeleteTranscriptionJob", resource, context },
    ]);
  });

  it.each([
    ["StartTranscriptionJob", start()],
    ["GetTranscriptionJob", get()],
    ["DeleteTranscriptionJob", remove()],
  ] as const)("for %s are refused with the job's ARN, unquoted", async (operation, command) => {
    await using transcribe = await service();
    transcribe.gate.denies = () => true;
    const refused = transcribe.client.send(command as ReturnType<typeof get>);
    await expect(refused).rejects.toMatchObject({
      name: "AccessDeniedException",
      message:
        "User: arn:aws:sts::123456789012:assumed-role/startWork-role/startWork is not authorized to perform: " +
        `transcribe:${operation} on resource: arn:aws:transcribe:us-east-1:123456789012:transcription-job/${job} ` +
        `because no identity-based policy allows the transcribe:${operation} action`,
      $metadata: { httpStatusCode: 400, requestId: "request-id" },
    });
  });

  it("to tag are needed to start a job with tags", async () => {
    await using transcribe = await service();
    transcribe.gate.denies = ({ action }) => action === "transcribe:TagResource";
    await expect(
      transcribe.client.send(start({ Tags: [{ Key: "stage", Value: "dev" }] })),
    ).rejects.toMatchObject({ name: "AccessDeniedException", message: expect.stringContaining(job) });
    await expect(transcribe.client.send(start())).resolves.toBeDefined();
  });

  it.each([
    ["read the media", "s3:GetObject", "originals/1.en-US.wav", unreadable],
    ["write the transcript", "s3:PutObject", "results/1.en-US.wav.json", unwritable],
    ["write beside the transcript", "s3:PutObject", "results/.write_access_check_file.temp", unwritable],
  ])("must allow to %s: it is a BadRequestException otherwise", async (_, action, key, message) => {
    await using transcribe = await service();
    transcribe.gate.denies = (question) =>
      question.action === action && question.resource === `arn:aws:s3:::${bucket}/${key}`;
    const refused = transcribe.client.send(start());
    await expect(refused).rejects.toBeInstanceOf(BadRequestException);
    await expect(refused).rejects.toMatchObject({ message, $metadata: { httpStatusCode: 400 } });
    await expect(transcribe.client.send(get())).rejects.toThrow(notFound);
  });

  it.each([
    ["s3:GetObject", 1, unreadable],
    ["s3:PutObject", 2, unwritable],
  ])("that lose %s after the start make the job fail", async (action, askedAtStart, FailureReason) => {
    await using transcribe = await service();
    let asked = 0;
    transcribe.gate.denies = (question) => question.action === action && ++asked > askedAtStart;
    await transcribe.client.send(start());
    await transcribe.service.idle();
    const { TranscriptionJob } = await transcribe.client.send(get());
    expect(TranscriptionJob).toMatchObject({ TranscriptionJobStatus: "FAILED", FailureReason });
  });
});

describe("media", () => {
  it("that does not exist reads as media that may not be read", async () => {
    await using transcribe = await service();
    const missing = start({ Media: { MediaFileUri: `s3://${bucket}/originals/gone.wav` } });
    await expect(transcribe.client.send(missing)).rejects.toThrow(unreadable);
    await expect(transcribe.client.send(start({ Media: { MediaFileUri: "s3://bucket" } }))).rejects.toThrow(
      unreadable,
    );
  });

  it("that is deleted while the job waits makes it fail", async () => {
    const store = memoryStore();
    store.objects.set(`${bucket}/originals/1.en-US.wav`, wav({ seconds: 1 }));
    store.open = async () => undefined;
    expect((await outcome({}, { objects: store })).FailureReason).toBe(unreadable);
  });
});

describe("an output key", () => {
  it.each([
    ["results/1.json", "results/1.json", "results/"],
    ["1.json", "1.json", ""],
    ["results", `results/${job}.json`, "results/"],
    ["results/", `results/${job}.json`, "results/"],
    ["a/b.txt", `a/b.txt/${job}.json`, "a/b.txt/"],
    [undefined, `${job}.json`, ""],
  ])(
    "%s puts the transcript at %s and the write check in the folder '%s'",
    async (OutputKey, key, folder) => {
      const { objects, Transcript } = await outcome({ OutputKey });
      expect(objects.get(`${bucket}/${key}`)?.length).toBeGreaterThan(0);
      expect(objects.get(`${bucket}/${folder}.write_access_check_file.temp`)?.length).toBe(0);
      expect(Transcript?.TranscriptFileUri).toBe(`https://s3.us-east-1.amazonaws.com/${bucket}/${key}`);
    },
  );

  it("in a bucket that cannot take it is refused as one that may not be written", async () => {
    const store = memoryStore();
    store.put = () => Promise.reject(new Error("NoSuchBucket"));
    store.objects.set(`${bucket}/originals/1.en-US.wav`, wav({ seconds: 1 }));
    await using transcribe = await startService({ objects: store });
    await expect(transcribe.client.send(start())).rejects.toThrow(unwritable);
    expect(transcribe.log.join()).toContain("NoSuchBucket");
  });
});

describe("a request that Transcribe refuses", () => {
  it.each([
    [
      { LanguageCode: undefined },
      "The language code is missing. Either add a language code or turn on language identification.",
    ],
    [
      { IdentifyLanguage: true },
      "Give exactly one of LanguageCode, IdentifyLanguage and IdentifyMultipleLanguages in your request.",
    ],
    [{ LanguageOptions: ["en-US", "de-DE"] }, "LanguageOptions needs IdentifyLanguage in your request."],
    [{ OutputBucketName: undefined }, "OutputKey needs OutputBucketName in your request."],
    [{ Media: {} }, "Media.MediaFileUri is missing from your request."],
    [
      { TranscriptionJobName: "a b" },
      "1 validation error detected: Value 'a b' at 'transcriptionJobName' failed to satisfy constraint: Member must satisfy regular expression pattern: ^[0-9a-zA-Z._-]+",
    ],
  ] as [Partial<StartTranscriptionJobRequest>, string][])("%j", async (fields, message) => {
    await using transcribe = await service();
    const refused = transcribe.client.send(start(fields));
    await expect(refused).rejects.toBeInstanceOf(BadRequestException);
    await expect(refused).rejects.toThrow(message);
  });

  it("is refused for want of permission first", async () => {
    await using transcribe = await service();
    transcribe.gate.denies = () => true;
    await expect(
      transcribe.client.send(start({ TranscriptionJobName: "a b", Settings: {} })),
    ).rejects.toMatchObject({ name: "AccessDeniedException" });
  });

  it("for a taken name is a ConflictException", async () => {
    await using transcribe = await service();
    await transcribe.client.send(start());
    const again = transcribe.client.send(start());
    await expect(again).rejects.toBeInstanceOf(ConflictException);
    await expect(again).rejects.toThrow("The requested job name already exists. Use a different job name.");
  });

  it("lets one of two requests at the same moment have the name", async () => {
    await using transcribe = await service();
    const answers = await Promise.allSettled([
      transcribe.client.send(start()),
      transcribe.client.send(start()),
    ]);
    expect(answers.map(({ status }) => status).toSorted()).toEqual(["fulfilled", "rejected"]);
  });

  it.each([
    ["get", get("unknown")],
    ["delete", remove("unknown")],
  ] as const)("for a job that is not there (%s) is a BadRequestException", async (_, command) => {
    await using transcribe = await service();
    const refused = transcribe.client.send(command as ReturnType<typeof get>);
    await expect(refused).rejects.toBeInstanceOf(BadRequestException);
    await expect(refused).rejects.toThrow(notFound);
  });

  it("to delete a job that still runs is a BadRequestException; afterwards it goes", async () => {
    const { recogniser, answer } = patientRecogniser();
    await using transcribe = await service({ recogniser });
    await transcribe.client.send(start());
    await expect(transcribe.client.send(remove())).rejects.toBeInstanceOf(BadRequestException);
    answer();
    await transcribe.service.idle();
    await transcribe.client.send(remove());
    await expect(transcribe.client.send(get())).rejects.toThrow(notFound);
  });

  it("because too many jobs run is a LimitExceededException, until one ends", async () => {
    const { recogniser, answer } = patientRecogniser();
    await using transcribe = await service({ recogniser, limits: { concurrentJobs: 1 } });
    await transcribe.client.send(start());
    const second = () => transcribe.client.send(start({ TranscriptionJobName: "second" }));
    await expect(second()).rejects.toBeInstanceOf(LimitExceededException);
    answer();
    await transcribe.service.idle();
    await expect(second()).resolves.toBeDefined();
  });

  it.each([
    ["start", "startsPerSecond", (name: string) => start({ TranscriptionJobName: name })],
    ["get", "getsPerSecond", () => get()],
    ["delete", "deletesPerSecond", (name: string) => remove(name)],
    ["list", "listsPerSecond", () => new ListTranscriptionJobsCommand()],
  ] as const)(
    "because too many %ss came in a second is a ThrottlingException, until the second is over",
    async (_, limit, command) => {
      let now = 0;
      await using transcribe = await service({ limits: { [limit]: 2 }, clock: () => new Date(now) });
      for (const name of [job, "second", "third"].slice(limit === "startsPerSecond" ? 3 : 0))
        await transcribe.client.send(start({ TranscriptionJobName: name }));
      await transcribe.service.idle();
      const next = (name: string) => transcribe.client.send(command(name) as ReturnType<typeof get>);

      await next(job);
      await next("second");
      await expect(next("third")).rejects.toMatchObject({
        name: "ThrottlingException",
        message: "Rate exceeded",
        $metadata: { httpStatusCode: 400 },
      });
      now = 1000;
      await expect(next("third")).resolves.toBeDefined();
    },
  );

  it("because of one operation's rate leaves the others alone", async () => {
    await using transcribe = await service({ limits: { getsPerSecond: 0 } });
    await expect(transcribe.client.send(get())).rejects.toMatchObject({ name: "ThrottlingException" });
    await expect(transcribe.client.send(start())).resolves.toBeDefined();
  });
});

describe("what the local run does not imitate", () => {
  it.each([
    ["Settings", { Settings: { ShowSpeakerLabels: true, MaxSpeakerLabels: 2 } }],
    ["ContentRedaction", { ContentRedaction: { RedactionType: "PII", RedactionOutput: "redacted" } }],
    ["JobExecutionSettings", { JobExecutionSettings: { AllowDeferredExecution: true } }],
    ["OutputEncryptionKMSKeyId", { OutputEncryptionKMSKeyId: "alias/key" }],
    ["IdentifyMultipleLanguages", { LanguageCode: undefined, IdentifyMultipleLanguages: true }],
    ["OutputBucketName", { OutputBucketName: undefined, OutputKey: undefined }],
    ["Media.MediaFileUri", { Media: { MediaFileUri: "https://s3.amazonaws.com/bucket/key" } }],
    ["Media.RedactedMediaFileUri", { Media: { ...request.Media, RedactedMediaFileUri: "s3://b/k" } }],
  ] as [string, Partial<StartTranscriptionJobRequest>][])("is refused by name: %s", async (field, fields) => {
    await using transcribe = await service();
    await expect(transcribe.client.send(start(fields))).rejects.toMatchObject({
      name: "NotImplemented",
      message: expect.stringContaining(field),
      $metadata: { httpStatusCode: 501 },
    });
  });

  it("is refused by name: a field newer than the model", async () => {
    await using transcribe = await service();
    expect(await transcribe.call("StartTranscriptionJob", { ...request, Newer: true })).toMatchObject({
      status: 501,
      body: { __type: "NotImplemented", Message: expect.stringContaining("Newer") },
    });
  });

  it("is refused by name: another operation of the service", async () => {
    await using transcribe = await service();
    await expect(transcribe.client.send(new ListVocabulariesCommand())).rejects.toMatchObject({
      name: "NotImplemented",
      message: expect.stringContaining("ListVocabularies"),
    });
  });

  it("is told from what does not exist", async () => {
    await using transcribe = await service();
    for (const operation of ["StartTheKettle", "toString", ""]) {
      expect(await transcribe.call(operation, {})).toMatchObject({
        status: 400,
        body: { __type: "UnknownOperationException" },
      });
    }
  });
});

describe("the list of jobs", () => {
  async function withJobs(...names: string[]) {
    const transcribe = await service();
    for (const name of names) await transcribe.client.send(start({ TranscriptionJobName: name }));
    await transcribe.service.idle();
    const list = (input: ConstructorParameters<typeof ListTranscriptionJobsCommand>[0] = {}) =>
      transcribe.client.send(new ListTranscriptionJobsCommand(input));
    return { ...transcribe, list };
  }
  const names = (answer: ListTranscriptionJobsCommandOutput) =>
    answer.TranscriptionJobSummaries?.map(({ TranscriptionJobName }) => TranscriptionJobName);

  it("has the newest first, five to a page", async () => {
    await using transcribe = await withJobs("1", "2", "3", "4", "5", "6");
    const page = await transcribe.list();
    expect(names(page)).toEqual(["6", "5", "4", "3", "2"]);
    const last = await transcribe.list({ NextToken: page.NextToken });
    expect(names(last)).toEqual(["1"]);
    expect(last.NextToken).toBeUndefined();
  });

  it("misses and repeats nothing when jobs come and go between two pages", async () => {
    await using transcribe = await withJobs("1", "2", "3", "4");
    const seen: (string | undefined)[] = [];
    for await (const page of paginateListTranscriptionJobs({ client: transcribe.client, pageSize: 2 }, {})) {
      seen.push(...(names(page) ?? []));
      await transcribe.client.send(start({ TranscriptionJobName: `during-${seen.length}` }));
      if (seen.length === 2) await transcribe.client.send(remove("3"));
    }
    expect(seen).toEqual(["4", "3", "2", "1"]);
  });

  it("is narrowed by status and by a part of the name in any case", async () => {
    await using transcribe = await withJobs("Notes_dev_1", "notes_prod_1");
    expect(names(await transcribe.list({ JobNameContains: "NOTES_D" }))).toEqual(["Notes_dev_1"]);
    expect(names(await transcribe.list({ Status: "FAILED" }))).toEqual([]);
    expect(await transcribe.list({ Status: "COMPLETED", MaxResults: 1 })).toMatchObject({
      Status: "COMPLETED",
      NextToken: expect.any(String),
    });
  });

  it("summarises each job", async () => {
    await using transcribe = await withJobs("1");
    const { TranscriptionJobSummaries } = await transcribe.list();
    expect(TranscriptionJobSummaries).toEqual([
      {
        TranscriptionJobName: "1",
        TranscriptionJobStatus: "COMPLETED",
        LanguageCode: "en-US",
        OutputLocationType: "CUSTOMER_BUCKET",
        CreationTime: expect.any(Date),
        StartTime: expect.any(Date),
        CompletionTime: expect.any(Date),
      },
    ]);
  });

  it("takes no token that it did not give", async () => {
    await using transcribe = await withJobs();
    await expect(transcribe.list({ NextToken: "made-up" })).rejects.toBeInstanceOf(BadRequestException);
  });
});

describe("the service", () => {
  it("survives a gate that breaks, and says so in the log alone", async () => {
    await using transcribe = await service();
    transcribe.gate.denies = () => {
      throw new Error("unknown condition operator");
    };
    expect(await transcribe.call("GetTranscriptionJob", { TranscriptionJobName: job })).toMatchObject({
      status: 500,
      body: { __type: "InternalFailureException" },
    });
    expect(transcribe.log.join()).toContain("unknown condition operator");
  });

  it("when closed stops whoever still listens, writes no transcript and sends no event", async () => {
    const { recogniser } = patientRecogniser();
    await using transcribe = await service({ recogniser });
    await transcribe.client.send(start());
    await vi.waitUntil(async () => {
      const { TranscriptionJob } = await transcribe.client.send(get());
      return TranscriptionJob?.TranscriptionJobStatus === "IN_PROGRESS";
    });
    await transcribe.service.close();
    expect(transcribe.events).toEqual([]);
    expect([...transcribe.store.objects.keys()]).not.toContain(`${bucket}/results/1.en-US.wav.json`);
    expect(await transcribe.call("ListTranscriptionJobs", {})).toMatchObject({ status: 500 });
  });
});
