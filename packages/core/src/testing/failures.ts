import { S3ServiceException } from "@aws-sdk/client-s3";
import {
  BadRequestException,
  InternalFailureException,
  LimitExceededException,
  TranscribeServiceException,
} from "@aws-sdk/client-transcribe";

/*
 * What the SDK throws, by AWS's name for it. `temporary` failures pass when the call comes again; `lasting` ones stay
 * until somebody changes a policy or the configuration.
 */

export function s3Error(name: string, httpStatusCode: number, message = `S3's text for ${name}`): Error {
  return new S3ServiceException({
    name,
    message,
    $fault: httpStatusCode < 500 ? "client" : "server",
    $metadata: { httpStatusCode },
  });
}

function transcribeError(name: string, httpStatusCode: number, message: string): Error {
  return new TranscribeServiceException({
    name,
    message,
    $fault: httpStatusCode < 500 ? "client" : "server",
    $metadata: { httpStatusCode },
  });
}

/** Transcribe's answer to most of what it refuses; only the text tells which it is. */
export function badRequest(message: string): Error {
  return new BadRequestException({ message, $metadata: { httpStatusCode: 400 } });
}

const role = "arn:aws:sts::123456789012:assumed-role/role/function";

const noConnection: Record<string, Error> = {
  ECONNRESET: Object.assign(new Error("read ECONNRESET"), { code: "ECONNRESET" }),
  TimeoutError: Object.assign(new Error("Connection timed out"), { name: "TimeoutError" }),
};

export const s3Failures: Record<"lasting" | "temporary", Record<string, Error>> = {
  lasting: {
    AccessDenied: s3Error(
      "AccessDenied",
      403,
      `User: ${role} is not authorized to perform: s3:Action on resource: "arn:aws:s3:::recordings-bucket" because no identity-based policy allows the s3:Action action`,
    ),
    NoSuchBucket: s3Error("NoSuchBucket", 404),
  },
  temporary: {
    SlowDown: s3Error("SlowDown", 503),
    ServiceUnavailable: s3Error("ServiceUnavailable", 503),
    InternalError: s3Error("InternalError", 500),
    ...noConnection,
  },
};

export const transcribeFailures: Record<"lasting" | "temporary", Record<string, Error>> = {
  lasting: {
    AccessDeniedException: transcribeError(
      "AccessDeniedException",
      400,
      `User: ${role} is not authorized to perform: transcribe:Action on resource: arn:aws:transcribe:us-east-1:123456789012:transcription-job/job because no identity-based policy allows the transcribe:Action action`,
    ),
  },
  temporary: {
    ThrottlingException: transcribeError("ThrottlingException", 400, "Rate exceeded"),
    LimitExceededException: new LimitExceededException({
      message: "You have reached the limit of jobs",
      $metadata: { httpStatusCode: 400 },
    }),
    InternalFailureException: new InternalFailureException({
      message: "Transcribe met an internal error",
      $metadata: { httpStatusCode: 500 },
    }),
    ServiceUnavailable: transcribeError("ServiceUnavailable", 503, "Transcribe is away"),
    ...noConnection,
  },
};

/** What Transcribe calls a job that it does not have, though its model names NotFoundException. */
export const noSuchJob = badRequest(
  "The requested job couldn't be found. Check the job name and try your request again.",
);
