import { mediaFormats } from "../speech/media.ts";
import type { Structure, ValueOf } from "./shapes.ts";

/*
 * The requests of the operations that the local run serves, after the service's own model
 * (https://docs.aws.amazon.com/transcribe/latest/APIReference/API_StartTranscriptionJob.html).
 */

const languageCodes = (
  "ab-GE af-ZA am-ET ar-AE ar-SA ast-ES az-AZ ba-RU be-BY bg-BG bn-IN bs-BA ca-ES ckb-IQ ckb-IR cs-CZ " +
  "cy-GB cy-WL da-DK de-CH de-DE el-GR en-AB en-AU en-GB en-IE en-IN en-NZ en-US en-WL en-ZA es-ES es-MX " +
  "es-US et-EE et-ET eu-ES fa-AF fa-IR fi-FI fr-CA fr-FR ga-IE gd-GB gl-ES gu-IN ha-NG he-IL hi-IN hr-HR " +
  "ht-HT hu-HU hy-AM id-ID is-IS it-IT ja-JP jv-ID kab-DZ ka-GE kk-KZ km-KH kn-IN ko-KR ky-KG lg-IN lt-LT " +
  "lv-LV mhr-RU mi-NZ mk-MK ml-IN mn-MN mr-IN ms-MY mt-MT my-MM ne-NP nl-NL no-NO or-IN pa-IN pl-PL ps-AF " +
  "pt-BR pt-PT ro-RO ru-RU rw-RW si-LK sk-SK sl-SI so-SO sq-AL sr-RS su-ID sv-SE sw-BI sw-KE sw-RW sw-TZ " +
  "sw-UG ta-IN te-IN th-TH tl-PH tr-TR tt-RU ug-CN uk-UA uz-UZ vi-VN wo-SN zh-CN zh-HK zh-TW zu-ZA"
).split(" ");

const languageCode = { type: "string", values: languageCodes } as const;
const jobName = { type: "string", min: 1, max: 200, pattern: "^[0-9a-zA-Z._-]+" } as const;
const s3Uri = { type: "string", min: 1, max: 2000, pattern: "(s3://|http(s*)://).+" } as const;
const unmodelled = { type: "unmodelled" } as const;

export const startRequest = {
  type: "structure",
  required: ["TranscriptionJobName", "Media"],
  members: {
    TranscriptionJobName: jobName,
    LanguageCode: languageCode,
    MediaSampleRateHertz: { type: "integer", min: 8000, max: 48000 },
    MediaFormat: { type: "string", values: mediaFormats },
    Media: {
      type: "structure",
      members: { MediaFileUri: s3Uri, RedactedMediaFileUri: unmodelled },
    },
    OutputBucketName: { type: "string", max: 64, pattern: "[a-z0-9][\\.\\-a-z0-9]{1,61}[a-z0-9]" },
    OutputKey: { type: "string", min: 1, max: 1024, pattern: "[a-zA-Z0-9-_.!*'()/]{1,1024}$" },
    IdentifyLanguage: { type: "boolean" },
    IdentifyMultipleLanguages: { type: "boolean" },
    LanguageOptions: { type: "list", min: 1, member: languageCode },
    Tags: {
      type: "list",
      min: 1,
      max: 200,
      member: {
        type: "structure",
        required: ["Key", "Value"],
        members: { Key: { type: "string", min: 1, max: 128 }, Value: { type: "string", max: 256 } },
      },
    },
    OutputEncryptionKMSKeyId: unmodelled,
    KMSEncryptionContext: unmodelled,
    Settings: unmodelled,
    ModelSettings: unmodelled,
    JobExecutionSettings: unmodelled,
    ContentRedaction: unmodelled,
    Subtitles: unmodelled,
    LanguageIdSettings: unmodelled,
    ToxicityDetection: unmodelled,
  },
} as const satisfies Structure;

/** Of GetTranscriptionJob and DeleteTranscriptionJob. */
export const jobRequest = {
  type: "structure",
  required: ["TranscriptionJobName"],
  members: { TranscriptionJobName: jobName },
} as const satisfies Structure;

export const listRequest = {
  type: "structure",
  members: {
    Status: { type: "string", values: ["QUEUED", "IN_PROGRESS", "FAILED", "COMPLETED"] },
    JobNameContains: jobName,
    NextToken: { type: "string", max: 8192, pattern: ".+" },
    MaxResults: { type: "integer", min: 1, max: 100 },
  },
} as const satisfies Structure;

export type StartRequest = ValueOf<typeof startRequest>;
export type ListRequest = ValueOf<typeof listRequest>;

/** Operations of the service that the local run does not serve. */
export const unservedOperations: ReadonlySet<string> = new Set(
  (
    "CreateCallAnalyticsCategory CreateLanguageModel CreateMedicalVocabulary CreateVocabulary " +
    "CreateVocabularyFilter DeleteCallAnalyticsCategory DeleteCallAnalyticsJob DeleteLanguageModel " +
    "DeleteMedicalScribeJob DeleteMedicalTranscriptionJob DeleteMedicalVocabulary DeleteVocabulary " +
    "DeleteVocabularyFilter DescribeLanguageModel GetCallAnalyticsCategory GetCallAnalyticsJob " +
    "GetMedicalScribeJob GetMedicalTranscriptionJob GetMedicalVocabulary GetVocabulary " +
    "GetVocabularyFilter ListCallAnalyticsCategories ListCallAnalyticsJobs ListLanguageModels " +
    "ListMedicalScribeJobs ListMedicalTranscriptionJobs ListMedicalVocabularies ListTagsForResource " +
    "ListVocabularies ListVocabularyFilters StartCallAnalyticsJob StartMedicalScribeJob " +
    "StartMedicalTranscriptionJob TagResource UntagResource UpdateCallAnalyticsCategory " +
    "UpdateLanguageModel UpdateMedicalVocabulary UpdateVocabulary UpdateVocabularyFilter"
  ).split(" "),
);
