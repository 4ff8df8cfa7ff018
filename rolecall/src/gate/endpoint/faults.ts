import type { Refusal } from "../signature/refusal.ts";
import { amzDate } from "../signature/signing.ts";
import type { ServiceFault } from "./protocols.ts";

const fault = (jsonType: string, code: string, message: string, status: number): ServiceFault => ({
  jsonType,
  code,
  message,
  status,
});

export const internalError = fault(
  "InternalFailure",
  "InternalFailure",
  "The request processing has failed because of an unknown error, exception or failure.",
  500,
);

export const malformedRequest = fault(
  "SerializationException",
  "MalformedInput",
  "The URL is malformed.",
  400,
);

export const incompleteRequest = fault(
  "SerializationException",
  "MalformedInput",
  "The body ended too early.",
  400,
);

export const requestTimeout = fault(
  "RequestTimeout",
  "RequestTimeout",
  "Your socket connection to the server was not read from or written to within the timeout period. " +
    "Idle connections will be closed.",
  400,
);

export const requestTooLarge = (size: number) =>
  fault(
    "RequestEntityTooLargeException",
    "RequestEntityTooLarge",
    `The body of ${size} bytes is too large.`,
    413,
  );

/** The local run does not imitate this; refusing it is better than an answer that AWS would not give. */
export const notServed = (service: string, operation: string, served: readonly string[]) =>
  fault(
    "NotImplemented",
    "NotImplemented",
    `The local run does not imitate ${operation} of the service ${service}. It serves ${served.join(", ")}: ` +
      "make this request in an AWS account.",
    501,
  );

/**
 * A signature's refusal in the words of services other than Amazon S3.
 * https://docs.aws.amazon.com/transcribe/latest/APIReference/CommonErrors.html
 */
export function refusedSignature(refusal: Refusal): ServiceFault {
  switch (refusal.reason) {
    case "anonymous":
      return fault(
        "MissingAuthenticationTokenException",
        "MissingAuthenticationToken",
        "Missing Authentication Token",
        403,
      );
    case "unsupported mechanism":
      return incomplete("Authorization header requires the algorithm AWS4-HMAC-SHA256.");
    case "malformed":
      return incomplete(refusal.detail);
    case "no date":
      return incomplete(
        "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header.",
      );
    case "unknown access key":
    case "missing session token":
    case "foreign session token":
      return fault(
        "UnrecognizedClientException",
        "InvalidClientTokenId",
        "The security token included in the request is invalid.",
        403,
      );
    case "session expired":
      return fault(
        "ExpiredTokenException",
        "ExpiredToken",
        "The security token included in the request is expired",
        403,
      );
    case "wrong region":
      return invalid(`Credential should be scoped to a valid region, not '${refusal.given}'.`);
    case "wrong service":
      return invalid(`Credential should be scoped to correct service: '${refusal.expected}'.`);
    case "skewed":
      return invalid(skew(refusal));
    case "expired":
    case "not valid yet":
      return invalid(`Signature is not valid at ${amzDate(refusal.now)}.`);
    case "unsigned headers":
      return invalid(
        refusal.names.includes("host")
          ? "'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization."
          : `${refusal.names.map((name) => `'${name}'`).join(", ")} must be a 'SignedHeader' in the AWS Authorization.`,
      );
    case "two mechanisms":
    case "mismatch":
    case "no payload hash":
    case "bad payload hash":
    case "payload mismatch":
    case "incomplete body":
    case "malformed trailer":
      return invalid(
        "The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method. Consult the service documentation for details.",
      );
  }
}

const incomplete = (message: string) =>
  fault("IncompleteSignatureException", "IncompleteSignature", message, 400);

const invalid = (message: string) =>
  fault("InvalidSignatureException", "SignatureDoesNotMatch", message, 403);

function skew({ signedAt, now, maxSkew }: Extract<Refusal, { reason: "skewed" }>): string {
  const minutes = maxSkew / 60_000;
  const [signed, current] = [amzDate(signedAt), amzDate(now)];
  if (signedAt < now) {
    const earliest = amzDate(new Date(now.getTime() - maxSkew));
    return `Signature expired: ${signed} is now earlier than ${earliest} (${current} - ${minutes} min.)`;
  }
  const latest = amzDate(new Date(now.getTime() + maxSkew));
  return `Signature not yet current: ${signed} is still later than ${latest} (${current} + ${minutes} min.)`;
}
