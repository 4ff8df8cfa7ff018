import type { Principal } from "../types.ts";
import { canonicalRequest, headerLines, type WireRequest } from "./canonical-request.ts";
import { parseQuery, splitTarget } from "./encoding.ts";
import { type Refusal, SignatureError, type SignaturePlace } from "./refusal.ts";
import { findSession, type VerificationOptions } from "./session.ts";
import {
  ALGORITHM,
  amzDate,
  type CredentialScope,
  equalsInConstantTime,
  parseAmzDate,
  parseCredential,
  requestStringToSign,
  type SigningContext,
  sign,
  signingKey,
} from "./signing.ts";

export interface VerifiedRequest {
  readonly principal: Principal;
  readonly place: "header" | "query";
  readonly signedAt: Date;
  /** What the signature says of the payload, to be held against it once it is there. */
  readonly payload: PayloadProof;
}

export interface PayloadProof {
  /** A SHA-256 in hex, `UNSIGNED-PAYLOAD`, or one of the `STREAMING-…` constants. */
  readonly hash: string;
  readonly context: SigningContext;
  /** The request's own signature: the first chunk's signature builds on it. */
  readonly signature: string;
}

export interface RequestVerificationOptions extends VerificationOptions {
  /** SHA-256 in hex of the body, for services other than Amazon S3, whose clients need not send it. */
  readonly bodyHash?: string;
}

/** How far a signature's time may lie from the service's, in milliseconds. */
const MAX_SKEW = { s3: 15 * 60_000, others: 5 * 60_000 };

/** https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html */
const MAX_EXPIRES_SECONDS = 7 * 24 * 3600;

const QUERY_PARAMETERS = [
  "Algorithm",
  "Credential",
  "Signature",
  "Date",
  "SignedHeaders",
  "Expires",
] as const;

interface ClaimedSignature {
  readonly place: "header" | "query";
  readonly scope: CredentialScope;
  readonly signedHeaders: readonly string[];
  readonly signature: string;
  readonly date: string;
  readonly signedAt: Date;
  readonly sessionToken: string | undefined;
  /** Seconds; presigned URLs only. */
  readonly expires?: number;
}

/**
 * Checks a request signed with Signature Version 4, in its Authorization header or as a presigned URL, and says who
 * signed it. The payload is not looked at: see `verifyPayload`.
 *
 * @throws {SignatureError}
 * @throws {URIError} when the request target is not percent-encoded
 */
export function verifyRequest(request: WireRequest, options: RequestVerificationOptions): VerifiedRequest {
  const headers = headerLines(request.rawHeaders);
  const header = (name: string) => headers.get(name)?.[0];
  const query = new Map(
    parseQuery(splitTarget(request.target).query).map(([name, value]) => [name.toString(), value.toString()]),
  );
  const claimed = readSignature(header, query);
  const { place, scope, signedHeaders, date, signedAt, signature } = claimed;
  const { credentials, principal } = findSession(scope, claimed.sessionToken, place, options);
  checkTime(claimed, options);
  checkCoverage(headers, signedHeaders);

  const hash = payloadHash(header, query, place, options);
  const context: SigningContext = { key: signingKey(credentials.secretAccessKey, scope), date, scope };
  const canonical = canonicalRequest(request, { service: scope.service, signedHeaders, payloadHash: hash });
  const stringToSign = requestStringToSign(context, canonical);
  if (!equalsInConstantTime(signature, sign(context.key, stringToSign))) {
    throw new SignatureError({
      reason: "mismatch",
      accessKeyId: scope.accessKeyId,
      provided: signature,
      stringToSign,
      canonicalRequest: canonical,
    });
  }
  return { principal, place, signedAt, payload: { hash, context, signature } };
}

/**
 * The service that a request's credential scope names, in order to know whom to hand it to; undefined for a request
 * that is not signed so. Proves nothing.
 */
export function claimedService(request: WireRequest): string | undefined {
  const authorization = headerLines(request.rawHeaders).get("authorization")?.[0];
  const inHeader = /\bCredential=([^,\s]+)/.exec(authorization ?? "")?.[1];
  const credential =
    inHeader ?? new URLSearchParams(splitTarget(request.target).query).get("X-Amz-Credential");
  return credential === null ? undefined : parseCredential(credential)?.service;
}

function readSignature(
  header: (name: string) => string | undefined,
  query: ReadonlyMap<string, string>,
): ClaimedSignature {
  const authorization = header("authorization");
  const presigned = QUERY_PARAMETERS.some((name) => query.has(`X-Amz-${name}`));
  if (authorization !== undefined && presigned) throw new SignatureError({ reason: "two mechanisms" });
  if (authorization !== undefined) return readHeader(authorization, header);
  if (presigned) return readQuery(query);
  // Signature Version 2, with which older clients still presign: new buckets know it no more.
  if (query.has("AWSAccessKeyId") && query.has("Signature")) {
    throw new SignatureError({ reason: "unsupported mechanism" });
  }
  throw new SignatureError({ reason: "anonymous" });
}

function readHeader(authorization: string, header: (name: string) => string | undefined): ClaimedSignature {
  const place = "header";
  const [algorithm, ...rest] = authorization.split(" ");
  if (algorithm !== ALGORITHM) throw new SignatureError({ reason: "unsupported mechanism" });
  const parts = new Map(
    rest
      .join("")
      .split(",")
      .map((part) => {
        const equals = part.indexOf("=");
        return [part.slice(0, Math.max(equals, 0)), part.slice(equals + 1)] as const;
      }),
  );
  const part = (name: string) => {
    const value = parts.get(name);
    if (!value) {
      throw malformed(place, `Authorization header requires '${name}' parameter.`, name);
    }
    return value;
  };
  const scope = readScope(part("Credential"), place);
  const signedHeaders = part("SignedHeaders").split(";");
  const signature = part("Signature");
  const sent = header("x-amz-date");
  const plain = header("date");
  const signedAt =
    sent !== undefined ? parseAmzDate(sent) : plain !== undefined ? new Date(plain) : undefined;
  if (signedAt === undefined || Number.isNaN(signedAt.getTime()))
    throw new SignatureError({ reason: "no date" });
  const date = sent ?? amzDate(signedAt);
  requireSameDay(scope, date, place);
  return {
    place,
    scope,
    signedHeaders,
    signature,
    date,
    signedAt,
    sessionToken: header("x-amz-security-token"),
  };
}

function readQuery(query: ReadonlyMap<string, string>): ClaimedSignature {
  const place = "query";
  const parameter = (name: (typeof QUERY_PARAMETERS)[number]) => {
    const value = query.get(`X-Amz-${name}`);
    if (value) return value;
    throw malformed(
      place,
      "Query-string authentication version 4 requires the X-Amz-Algorithm, X-Amz-Credential, X-Amz-Signature, " +
        "X-Amz-Date, X-Amz-SignedHeaders, and X-Amz-Expires parameters.",
      `X-Amz-${name}`,
    );
  };
  if (parameter("Algorithm") !== ALGORITHM) {
    throw malformed(place, 'X-Amz-Algorithm only supports "AWS4-HMAC-SHA256"');
  }
  const scope = readScope(parameter("Credential"), place);
  const signedAt = parseAmzDate(parameter("Date"));
  if (signedAt === undefined) {
    throw malformed(place, `X-Amz-Date must be in the ISO8601 Long Format "yyyyMMdd'T'HHmmss'Z'"`);
  }
  requireSameDay(scope, parameter("Date"), place);
  return {
    place,
    scope,
    signedHeaders: parameter("SignedHeaders").split(";"),
    signature: parameter("Signature"),
    date: parameter("Date"),
    signedAt,
    sessionToken: query.get("X-Amz-Security-Token"),
    expires: readExpires(parameter("Expires")),
  };
}

function readExpires(text: string): number {
  if (!/^-?\d+$/.test(text)) throw malformed("query", "X-Amz-Expires should be a number");
  const seconds = Number(text);
  if (seconds < 0) throw malformed("query", "X-Amz-Expires must be non-negative");
  if (seconds > MAX_EXPIRES_SECONDS) {
    throw malformed(
      "query",
      "X-Amz-Expires must be less than a week (in seconds); that is, the given X-Amz-Expires must be less than 604800 seconds",
    );
  }
  return seconds;
}

function readScope(credential: string, place: SignaturePlace): CredentialScope {
  const scope = parseCredential(credential);
  if (scope !== undefined) return scope;
  throw malformed(
    place,
    'the Credential is mal-formed; expecting "<YOUR-AKID>/YYYYMMDD/REGION/SERVICE/aws4_request".',
  );
}

function requireSameDay(scope: CredentialScope, date: string, place: SignaturePlace): void {
  if (scope.date === date.slice(0, 8)) return;
  throw malformed(
    place,
    `Invalid credential date "${scope.date}". This date is not the same as X-Amz-Date: "${date.slice(0, 8)}".`,
  );
}

function malformed(place: SignaturePlace, detail: string, missing?: string): SignatureError {
  const refusal: Refusal = { reason: "malformed", place, detail };
  return new SignatureError(missing === undefined ? refusal : { ...refusal, missing });
}

function checkTime(
  { signedAt, expires }: ClaimedSignature,
  { now, service }: RequestVerificationOptions,
): void {
  const maxSkew = service === "s3" ? MAX_SKEW.s3 : MAX_SKEW.others;
  const age = now.getTime() - signedAt.getTime();
  if (expires === undefined) {
    if (Math.abs(age) > maxSkew) throw new SignatureError({ reason: "skewed", signedAt, now, maxSkew });
    return;
  }
  if (age < -maxSkew) throw new SignatureError({ reason: "not valid yet", signedAt, now });
  if (age > expires * 1000) {
    const expiresAt = new Date(signedAt.getTime() + expires * 1000);
    throw new SignatureError({ reason: "expired", expiresAt, now, seconds: expires });
  }
}

/** The host and every x-amz-* header must be signed, or they could be changed on the way. */
function checkCoverage(headers: ReadonlyMap<string, unknown>, signedHeaders: readonly string[]): void {
  const names = ["host", ...[...headers.keys()].filter((name) => name.startsWith("x-amz-"))].filter(
    (name) => !signedHeaders.includes(name),
  );
  if (names.length > 0) throw new SignatureError({ reason: "unsigned headers", names });
}

/** https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html */
function payloadHash(
  header: (name: string) => string | undefined,
  query: ReadonlyMap<string, string>,
  place: "header" | "query",
  { service, bodyHash }: RequestVerificationOptions,
): string {
  if (service !== "s3" && bodyHash !== undefined) return bodyHash;
  const declared = header("x-amz-content-sha256") ?? query.get("X-Amz-Content-Sha256");
  if (declared !== undefined) return declared;
  if (place === "query") return "UNSIGNED-PAYLOAD";
  throw new SignatureError({ reason: "no payload hash" });
}
