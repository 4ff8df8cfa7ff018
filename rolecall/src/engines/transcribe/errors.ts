/** An answer of the service that is an error, in the names and words of AWS where those are known. */
export class ServiceError extends Error {
  readonly type: string;
  readonly status: number;

  constructor(type: string, message: string, status = 400) {
    super(message);
    this.type = type;
    this.status = status;
  }
}

/** What one request of Transcribe gets wrong, including a job that is not there. */
export const badRequest = (message: string) => new ServiceError("BadRequestException", message);

/** The local run does not imitate this; refusing it is better than an answer that AWS would not give. */
export const notImplemented = (message: string) => new ServiceError("NotImplemented", message, 501);

/** Too many jobs at once. The sentence of the API reference; what AWS sends in its place is not known. */
export const limitExceeded = () =>
  new ServiceError(
    "LimitExceededException",
    "You've either sent too many requests or your input file is too long. " +
      "Wait before retrying your request, or use a smaller file and try your request again.",
  );

/**
 * Too many calls of an operation in a second, in the words that all AWS JSON services have for it. That Transcribe
 * answers them, and not LimitExceededException, is known from reports alone; the SDKs retry both.
 * https://docs.aws.amazon.com/transcribe/latest/APIReference/CommonErrors.html
 */
export const throttled = () => new ServiceError("ThrottlingException", "Rate exceeded");

/** The sentence of the API reference. */
export const internalFailure = () =>
  new ServiceError(
    "InternalFailureException",
    "There was an internal error. Check the error message, correct the issue, and try your request again.",
    500,
  );

export const jobNotFound = () =>
  badRequest("The requested job couldn't be found. Check the job name and try your request again.");

export const jobExists = () =>
  new ServiceError("ConflictException", "The requested job name already exists. Use a different job name.");

/** AWS says the same of an object that is not there as of one that the caller may not read. */
export const cannotReadMedia =
  "The S3 URI that you provided can't be accessed. Make sure that you have read permission and try your request again.";

export const cannotWriteOutput =
  "The specified S3 bucket can't be accessed. Make sure you have write permission on the bucket and try your request again.";

/**
 * @param fields paths of the fields that were sent and are not modelled
 * @throws {ServiceError} NotImplemented when there are any
 */
export function refuseUnmodelled(operation: string, fields: readonly string[]): void {
  if (fields.length === 0) return;
  throw notImplemented(
    `The local run does not imitate ${fields.join(", ")} of ${operation}. ` +
      "Leave it out here, or make this request in an AWS account.",
  );
}
