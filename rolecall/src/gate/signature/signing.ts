import { createHmac, createSecretKey, hash, type KeyObject, timingSafeEqual } from "node:crypto";

export const ALGORITHM = "AWS4-HMAC-SHA256";

/** What a signature is limited to: `DATE/REGION/SERVICE/aws4_request`. */
export interface CredentialScope {
  readonly accessKeyId: string;
  /** YYYYMMDD */
  readonly date: string;
  readonly region: string;
  readonly service: string;
}

/** A signature's own key and what every string signed with it begins with. */
export interface SigningContext {
  readonly key: KeyObject;
  /** YYYYMMDDTHHMMSSZ */
  readonly date: string;
  readonly scope: CredentialScope;
}

/** Undefined when the text is not `KEY/DATE/REGION/SERVICE/aws4_request`. */
export function parseCredential(credential: string): CredentialScope | undefined {
  const parts = credential.split("/");
  const [accessKeyId, date, region, service, end] = parts;
  if (!accessKeyId || !date || !region || !service || end !== "aws4_request" || parts.length !== 5)
    return undefined;
  return /^\d{8}$/.test(date) ? { accessKeyId, date, region, service } : undefined;
}

export function scopeText({ date, region, service }: CredentialScope): string {
  return `${date}/${region}/${service}/aws4_request`;
}

/** Undefined when the text is no time in the form `YYYYMMDDTHHMMSSZ`. */
export function parseAmzDate(text: string): Date | undefined {
  const match = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(text);
  if (match === null) return undefined;
  const [, year, month, day, hour, minute, second] = match;
  const time = new Date(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
  return Number.isNaN(time.getTime()) ? undefined : time;
}

export function amzDate(time: Date): string {
  return time.toISOString().replace(/[-:]|\.\d+/g, "");
}

/** As many as a run has sessions, many times over. */
const MAX_KEYS = 1000;

/** Keys by what they are derived from: each is good for a day, and deriving it takes longer than signing with it. */
const derivedKeys = new Map<string, KeyObject>();

/** https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html */
export function signingKey(secretAccessKey: string, { date, region, service }: CredentialScope): KeyObject {
  const source = [date, region, service, secretAccessKey].join("/");
  const known = derivedKeys.get(source);
  if (known !== undefined) return known;
  const hmac = (key: string | Buffer, text: string) => createHmac("sha256", key).update(text).digest();
  const derived = hmac(hmac(hmac(hmac(`AWS4${secretAccessKey}`, date), region), service), "aws4_request");
  // Signing with the bare bytes would take several times as long.
  const key = createSecretKey(derived);
  if (derivedKeys.size >= MAX_KEYS) derivedKeys.clear();
  derivedKeys.set(source, key);
  return key;
}

export function requestStringToSign({ date, scope }: SigningContext, canonicalRequest: string): string {
  return [ALGORITHM, date, scopeText(scope), sha256(Buffer.from(canonicalRequest, "latin1"))].join("\n");
}

export function sign(key: KeyObject, stringToSign: string): string {
  return createHmac("sha256", key).update(stringToSign).digest("hex");
}

export function sha256(data: Uint8Array | string): string {
  return hash("sha256", data);
}

/** Compares without telling by its duration how much of the text was right; of its length it may tell. */
export function equalsInConstantTime(given: string, expected: string): boolean {
  const [left, right] = [Buffer.from(given), Buffer.from(expected)];
  return left.length === right.length && timingSafeEqual(left, right);
}
