/** Where the parts of a signature stood. */
export type SignaturePlace = "header" | "query" | "form";

/**
 * Why a signature was refused, in no protocol's words: Amazon S3 says each of these in XML, a JSON service in JSON
 * and with other codes.
 */
export type Refusal =
  | { readonly reason: "anonymous" }
  | { readonly reason: "unsupported mechanism" }
  | { readonly reason: "two mechanisms" }
  /** `missing` names the part that is not there, e.g. "SignedHeaders"; without it, `detail` says what is wrong. */
  | {
      readonly reason: "malformed";
      readonly place: SignaturePlace;
      readonly missing?: string;
      readonly detail: string;
    }
  | { readonly reason: "no date" }
  | {
      readonly reason: "wrong region";
      readonly place: SignaturePlace;
      readonly given: string;
      readonly expected: string;
    }
  | {
      readonly reason: "wrong service";
      readonly place: SignaturePlace;
      readonly given: string;
      readonly expected: string;
    }
  | { readonly reason: "unknown access key"; readonly accessKeyId: string }
  | { readonly reason: "missing session token"; readonly accessKeyId: string }
  | { readonly reason: "foreign session token" }
  | { readonly reason: "session expired" }
  | { readonly reason: "skewed"; readonly signedAt: Date; readonly now: Date; readonly maxSkew: number }
  | { readonly reason: "expired"; readonly expiresAt: Date; readonly now: Date; readonly seconds: number }
  | { readonly reason: "not valid yet"; readonly signedAt: Date; readonly now: Date }
  | { readonly reason: "unsigned headers"; readonly names: readonly string[] }
  | {
      readonly reason: "mismatch";
      readonly accessKeyId: string;
      readonly provided: string;
      readonly stringToSign: string;
      /** Absent for a form and for a chunk, whose signatures cover no request. */
      readonly canonicalRequest?: string;
    }
  | { readonly reason: "no payload hash" }
  | { readonly reason: "bad payload hash" }
  | { readonly reason: "payload mismatch"; readonly declared: string; readonly computed: string }
  | { readonly reason: "incomplete body" }
  | { readonly reason: "malformed trailer" };

export class SignatureError extends Error {
  readonly refusal: Refusal;

  constructor(refusal: Refusal) {
    super(refusal.reason);
    this.refusal = refusal;
  }
}
