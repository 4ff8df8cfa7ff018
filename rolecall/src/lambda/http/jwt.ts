import { type KeyObject, verify } from "node:crypto";

/** A token that is not accepted; `message` is what the client is told. */
export class TokenError extends Error {}

export type Claims = Readonly<Record<string, unknown>>;

/** Finds an issuer's public key by its id. */
export type KeyFinder = (keyId: string) => KeyObject | undefined;

export interface TokenCheck {
  readonly keyOf: KeyFinder;
  readonly issuer: string;
  /** One of them has to be the token's; any when it is empty. */
  readonly audience: readonly string[];
  readonly now: Date;
}

/**
 * Checks a JSON Web Token as an HTTP API's JWT authorizer does: signature by the issuer's key, RSA alone; issuer;
 * audience, or client_id where there is no audience; expiry, not-before and issue time.
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-jwt-authorizer.html
 *
 * @throws {TokenError}
 */
export function verifyToken(token: string, { keyOf, issuer, audience, now }: TokenCheck): Claims {
  const [head = "", body = "", signature = "", ...more] = token.split(".");
  if (signature === "" || more.length > 0) throw new TokenError("the token is malformed");
  const { alg, kid } = decode(head);
  if (alg !== "RS256") throw new TokenError(`the signing method ${JSON.stringify(alg)} is not supported`);
  const key = typeof kid === "string" ? keyOf(kid) : undefined;
  if (key === undefined) throw new TokenError("the issuer has no key with the token's key id");
  const isSigned = verify(
    "RSA-SHA256",
    Buffer.from(`${head}.${body}`),
    key,
    Buffer.from(signature, "base64url"),
  );
  if (!isSigned) throw new TokenError("the signature is invalid");

  const claims = decode(body);
  const seconds = now.getTime() / 1000;
  if (claims.iss !== issuer) throw new TokenError("the token has an invalid issuer");
  const meant = claims.aud === undefined ? [claims.client_id] : [claims.aud].flat();
  if (audience.length > 0 && !audience.some((wanted) => meant.includes(wanted)))
    throw new TokenError("the token does not have a valid audience");
  if (typeof claims.exp !== "number" || claims.exp <= seconds) throw new TokenError("the token has expired");
  if (typeof claims.nbf === "number" && claims.nbf > seconds)
    throw new TokenError("the token is not valid yet");
  if (typeof claims.iat === "number" && claims.iat > seconds + 1)
    throw new TokenError("the token was issued in the future");
  return claims;
}

/** Whether the token has one of the scopes that a route asks for. */
export function hasScope(claims: Claims, wanted: readonly string[]): boolean {
  if (wanted.length === 0) return true;
  const had = [claims.scope ?? claims.scp ?? []].flat().flatMap((scope) => String(scope).split(" "));
  return wanted.some((scope) => had.includes(scope));
}

/** Claims as a function gets them: every value as text, a list as `[a b]`. */
export function claimTexts(claims: Claims): Record<string, string> {
  return Object.fromEntries(
    Object.entries(claims).map(([name, value]) => [
      name,
      Array.isArray(value)
        ? `[${value.join(" ")}]`
        : typeof value === "object"
          ? JSON.stringify(value)
          : String(value),
    ]),
  );
}

function decode(part: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(Buffer.from(part, "base64url").toString());
    if (typeof value === "object" && value !== null && !Array.isArray(value))
      return value as Record<string, unknown>;
  } catch {
    // What is no JSON is malformed as well.
  }
  throw new TokenError("the token is malformed");
}
