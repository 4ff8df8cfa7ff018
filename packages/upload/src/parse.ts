import {
  type Language,
  languageSchema,
  type MediaFormat,
  mediaTypesAccepted,
  Problem,
  parseContentType,
  parseOrProblem,
  requiredVariable,
} from "@voice-notes/core";
import * as v from "valibot";

const defaultLanguage = requiredVariable("DEFAULT_LANGUAGE");
if (!v.is(languageSchema, defaultLanguage)) {
  throw new Error(`DEFAULT_LANGUAGE: ${defaultLanguage} is neither a language code of Transcribe nor auto.`);
}

const languageParameters = v.object({ language: languageSchema });

/** @throws Problem 400 for a language that Transcribe does not know. */
export function parseLanguage(language: string | undefined): Language {
  return parseOrProblem(languageParameters, { language: language ?? defaultLanguage }).language;
}

/** @throws Problem 415 for a media type that Transcribe does not take, and for what is no media type. */
export function parseMediaType(contentType: string | undefined): { mediaType: string; format: MediaFormat } {
  const parsed = parseContentType(contentType);
  if (parsed) return parsed;
  throw new Problem(
    415,
    "Unsupported media type",
    `${contentType === undefined ? "Content-Type is missing" : `${contentType} is not accepted`}: send one of ${mediaTypesAccepted.join(", ")}.`,
  );
}
