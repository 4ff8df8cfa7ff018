import type { Principal } from "../types.ts";
import { SignatureError } from "./refusal.ts";
import { findSession, type VerificationOptions } from "./session.ts";
import {
  ALGORITHM,
  equalsInConstantTime,
  parseAmzDate,
  parseCredential,
  sign,
  signingKey,
} from "./signing.ts";

/**
 * Checks the signature of an upload form and says who signed it. What is signed is the policy, as it stands in the
 * form; whether the form keeps to it is a question of its own.
 * https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-authentication-HTTPPOST.html
 *
 * @param fields by name in lower case
 * @throws {SignatureError}
 */
export function verifyForm(fields: ReadonlyMap<string, string>, options: VerificationOptions): Principal {
  const place = "form";
  const field = (name: string) => {
    const value = fields.get(name);
    if (value) return value;
    throw new SignatureError({
      reason: "malformed",
      place,
      missing: name,
      detail: `Bucket POST must contain a field named '${name}'.  If it is specified, please check the order of the fields.`,
    });
  };
  const malformed = (detail: string) => new SignatureError({ reason: "malformed", place, detail });

  const policy = fields.get("policy");
  if (!policy) throw new SignatureError({ reason: "anonymous" });
  if (field("x-amz-algorithm") !== ALGORITHM)
    throw malformed('x-amz-algorithm only supports "AWS4-HMAC-SHA256"');
  const scope = parseCredential(field("x-amz-credential"));
  if (scope === undefined) {
    throw malformed(
      'the Credential is mal-formed; expecting "<YOUR-AKID>/YYYYMMDD/REGION/SERVICE/aws4_request".',
    );
  }
  const date = field("x-amz-date");
  if (parseAmzDate(date) === undefined || !date.startsWith(scope.date)) {
    throw malformed(
      `Invalid credential date "${scope.date}". This date is not the same as X-Amz-Date: "${date}".`,
    );
  }
  const signature = field("x-amz-signature");
  const { credentials, principal } = findSession(scope, fields.get("x-amz-security-token"), place, options);
  if (!equalsInConstantTime(signature, sign(signingKey(credentials.secretAccessKey, scope), policy))) {
    throw new SignatureError({
      reason: "mismatch",
      accessKeyId: scope.accessKeyId,
      provided: signature,
      stringToSign: policy,
    });
  }
  return principal;
}
