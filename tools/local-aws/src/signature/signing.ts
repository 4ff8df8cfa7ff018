import { createHash, createHmac, timingSafeEqual } from "node:crypto";

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
  readonly key: Buffer;
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

/** https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html */
export function signingKey(secretAccessKey: string, { date, region, service }: CredentialScope): Buffer {
  const hmac = (key: string | Buffer, text: string) => createHmac("sha256", key).update(text).digest();
  return hmac(hmac(hmac(hmac(`AWS4${secretAccessKey}`, date), region), service), "aws4_request");
}

export function requestStringToSign({ date, scope }: SigningContext, canonicalRequest: string): string {
  return [ALGORITHM, date, scopeText(scope), sha256(Buffer.from(canonicalRequest, "latin1"))].join("\n");
}

export function sign(key: Buffer, stringToSign: string): string {
  return createHmac("sha256", key).update(stringToSign).digest("hex");
}

export function sha256(data: Uint8Array | string): string {
  return createHash("sha256").update(data).digest("hex");
}

/** Compares without telling by its duration how much of the text was right. */
export function equalsInConstantTime(given: string, expected: string): boolean {
  const [left, right] = [given, expected].map((text) => createHash("sha256").update(text).digest());
  return timingSafeEqual(left as Buffer, right as Buffer);
}
