import type { Refusal } from "../../gate/signature/refusal.ts";
import { amzDate } from "../../gate/signature/signing.ts";
import { xmlDocument } from "../../gate/xml.ts";

/**
 * An answer of Amazon S3 that is an error, in its codes and words.
 * https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html
 */
export class S3Error extends Error {
  readonly code: string;
  readonly status: number;
  /** Further elements of the answer, e.g. BucketName. */
  readonly details: Readonly<Record<string, string | number>>;
  readonly headers: Readonly<Record<string, string>>;

  constructor(
    code: string,
    message: string,
    status: number,
    details: Readonly<Record<string, string | number>> = {},
    headers: Readonly<Record<string, string>> = {},
  ) {
    super(message);
    this.code = code;
    this.status = status;
    this.details = details;
    this.headers = headers;
  }
}

/** Empty for what S3 refuses without a word. */
export function errorDocument({ code, message, details }: S3Error, requestId: string): string {
  if (code === "") return "";
  return xmlDocument(
    [
      "Error",
      [
        ["Code", code],
        ["Message", message],
        ...Object.entries(details),
        ["RequestId", requestId],
        ["HostId", HOST_ID],
      ],
    ],
    { namespace: false },
  );
}

/** What S3 sends as `x-amz-id-2`; says here who really answered. */
export const HOST_ID = "local-run";

/** What S3 refuses before it knows what is asked for, without a document to say why. */
export const badRequest = () => new S3Error("", "Bad Request", 400);

export const accessDenied = (message = "Access Denied") => new S3Error("AccessDenied", message, 403);

export const noSuchBucket = (bucket: string) =>
  new S3Error("NoSuchBucket", "The specified bucket does not exist", 404, { BucketName: bucket });

export const noSuchKey = (key: string) =>
  new S3Error("NoSuchKey", "The specified key does not exist.", 404, { Key: key });

export const noSuchVersion = (key: string, versionId: string) =>
  new S3Error("NoSuchVersion", "The specified version does not exist.", 404, {
    Key: key,
    VersionId: versionId,
  });

/** What cannot be done to a delete marker. */
export const methodNotAllowed = (headers: Readonly<Record<string, string>>) =>
  new S3Error(
    "MethodNotAllowed",
    "The specified method is not allowed against this resource.",
    405,
    { ResourceType: "DeleteMarker" },
    { allow: "DELETE", ...headers },
  );

export const noSuchUpload = (uploadId: string) =>
  new S3Error(
    "NoSuchUpload",
    "The specified upload does not exist. The upload ID may be invalid, or the upload may have been aborted or completed.",
    404,
    { UploadId: uploadId },
  );

export const preconditionFailed = (condition: string) =>
  new S3Error("PreconditionFailed", "At least one of the pre-conditions you specified did not hold", 412, {
    Condition: condition,
  });

export const invalidArgument = (message: string, name: string, value: string) =>
  new S3Error("InvalidArgument", message, 400, { ArgumentName: name, ArgumentValue: value });

export const invalidRequest = (message: string) => new S3Error("InvalidRequest", message, 400);

export const malformedXml = () =>
  new S3Error(
    "MalformedXML",
    "The XML you provided was not well-formed or did not validate against our published schema",
    400,
  );

export const entityTooLarge = (proposed: number, maximum: number) =>
  new S3Error("EntityTooLarge", "Your proposed upload exceeds the maximum allowed size", 400, {
    ProposedSize: proposed,
    MaxSizeAllowed: maximum,
  });

export const entityTooSmall = (proposed: number, minimum: number) =>
  new S3Error("EntityTooSmall", "Your proposed upload is smaller than the minimum allowed size", 400, {
    ProposedSize: proposed,
    MinSizeAllowed: minimum,
  });

/** The local run does not imitate this; refusing it is better than an answer that S3 would not give. */
export const notImplemented = (what: string) =>
  new S3Error(
    "NotImplemented",
    `The local run does not imitate ${what}. Leave it out here, or make this request in an AWS account.`,
    501,
  );

/** `2026-11-24T12:00:00Z` */
const isoSeconds = (time: Date) => `${time.toISOString().slice(0, 19)}Z`;

/** A signature's refusal in the words of S3. */
export function refusedSignature(refusal: Refusal): S3Error {
  switch (refusal.reason) {
    case "anonymous":
      return accessDenied();
    case "unsupported mechanism":
      return invalidRequest(
        "The authorization mechanism you have provided is not supported. Please use AWS4-HMAC-SHA256.",
      );
    case "two mechanisms":
      return new S3Error(
        "InvalidArgument",
        "Only one auth mechanism allowed; only the X-Amz-Algorithm query parameter, Signature query string parameter or the Authorization header should be specified",
        400,
      );
    case "malformed":
      return refusal.place === "header"
        ? new S3Error(
            "AuthorizationHeaderMalformed",
            `The authorization header is malformed; ${refusal.missing === undefined ? refusal.detail : `the authorization header requires three components: Credential, SignedHeaders, and Signature.`}`,
            400,
          )
        : refusal.place === "query"
          ? new S3Error("AuthorizationQueryParametersError", refusal.detail, 400)
          : new S3Error("InvalidArgument", refusal.detail, 400);
    case "no date":
      return accessDenied("AWS authentication requires a valid Date or x-amz-date header");
    case "wrong region":
      return wrongScope(refusal, `the region '${refusal.given}' is wrong; expecting '${refusal.expected}'`, {
        Region: refusal.expected,
      });
    case "wrong service":
      return wrongScope(
        refusal,
        `incorrect service "${refusal.given}". This endpoint belongs to "${refusal.expected}".`,
        {},
      );
    case "unknown access key":
    // S3 says nothing of a token that is missing: without it, temporary keys are not in its records.
    case "missing session token":
      return new S3Error(
        "InvalidAccessKeyId",
        "The AWS Access Key Id you provided does not exist in our records.",
        403,
        { AWSAccessKeyId: refusal.accessKeyId },
      );
    case "foreign session token":
      return new S3Error("InvalidToken", "The provided token is malformed or otherwise invalid.", 400);
    case "session expired":
      return new S3Error("ExpiredToken", "The provided token has expired.", 400);
    case "skewed":
      return new S3Error(
        "RequestTimeTooSkewed",
        "The difference between the request time and the current time is too large.",
        403,
        {
          RequestTime: amzDate(refusal.signedAt),
          ServerTime: isoSeconds(refusal.now),
          MaxAllowedSkewMilliseconds: refusal.maxSkew,
        },
      );
    case "expired":
      return new S3Error("AccessDenied", "Request has expired", 403, {
        "X-Amz-Expires": refusal.seconds,
        Expires: isoSeconds(refusal.expiresAt),
        ServerTime: isoSeconds(refusal.now),
      });
    case "not valid yet":
      return accessDenied("Request is not valid yet");
    case "unsigned headers":
      return new S3Error(
        "AccessDenied",
        "There were headers present in the request which were not signed",
        403,
        {
          HeadersNotSigned: refusal.names.join(", "),
        },
      );
    case "mismatch":
      return new S3Error(
        "SignatureDoesNotMatch",
        "The request signature we calculated does not match the signature you provided. Check your key and signing method.",
        403,
        {
          AWSAccessKeyId: refusal.accessKeyId,
          StringToSign: refusal.stringToSign,
          SignatureProvided: refusal.provided,
          ...(refusal.canonicalRequest === undefined ? {} : { CanonicalRequest: refusal.canonicalRequest }),
        },
      );
    case "no payload hash":
      return invalidRequest("Missing required header for this request: x-amz-content-sha256");
    case "bad payload hash":
      return new S3Error(
        "InvalidArgument",
        "x-amz-content-sha256 must be UNSIGNED-PAYLOAD, STREAMING-UNSIGNED-PAYLOAD-TRAILER, STREAMING-AWS4-HMAC-SHA256-PAYLOAD, STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER or a valid sha256 value.",
        400,
      );
    case "payload mismatch":
      return new S3Error(
        "XAmzContentSHA256Mismatch",
        "The provided 'x-amz-content-sha256' header does not match what was computed.",
        400,
        { ClientComputedContentSHA256: refusal.declared, S3ComputedContentSHA256: refusal.computed },
      );
    case "incomplete body":
      return incompleteBody();
    case "malformed trailer":
      return new S3Error(
        "MalformedTrailerError",
        "The request contained trailing data that was not well-formed or did not conform to our published schema.",
        400,
      );
  }
}

export const incompleteBody = () =>
  new S3Error(
    "IncompleteBody",
    "You did not provide the number of bytes specified by the Content-Length HTTP header.",
    400,
  );

function wrongScope(
  { place }: Extract<Refusal, { reason: "wrong region" | "wrong service" }>,
  detail: string,
  details: Readonly<Record<string, string>>,
): S3Error {
  return place === "header"
    ? new S3Error(
        "AuthorizationHeaderMalformed",
        `The authorization header is malformed; ${detail}`,
        400,
        details,
      )
    : new S3Error(
        "AuthorizationQueryParametersError",
        `Error parsing the X-Amz-Credential parameter; ${detail}`,
        400,
        details,
      );
}
