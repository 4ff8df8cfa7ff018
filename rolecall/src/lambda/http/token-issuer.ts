import { generateKeyPair, randomUUID, sign } from "node:crypto";
import type { IncomingMessage, RequestListener } from "node:http";
import { promisify } from "node:util";
import * as v from "valibot";
import type { Claims, KeyFinder } from "./jwt.ts";

/** An issuer that an authorizer of the stack trusts. */
export interface TrustedIssuer {
  /** What tokens name in `iss`: the one of the template. */
  readonly issuer: string;
  readonly audience: readonly string[];
}

export interface TokenIssuer {
  /** Public keys by id: what authorizers check tokens with. */
  readonly keyOf: KeyFinder;
  /**
   * Signs a token. Claims that are left out are filled in: `iss` and `aud` of the only issuer that the stack trusts (or
   * of the one that `claims.iss` names), `sub`, `iat`, and `exp` in an hour.
   *
   * @throws Error when it is not clear, or not known, which issuer is meant.
   */
  token(claims?: Claims): string;
  /** Serves the discovery document, the keys, and `POST /token` for those who run this. */
  readonly listener: RequestListener;
}

const hour = 3600;
const bodyLimit = 64 * 1024;

const requestSchema = v.strictObject({ claims: v.optional(v.record(v.string(), v.unknown()), {}) });

/**
 * Stands in for every issuer that the stack's authorizers trust: on AWS they fetch its keys over the internet. Its key
 * is made when it starts, and ends with the process, so its tokens open nothing but this local run.
 */
export async function createTokenIssuer(trusted: readonly TrustedIssuer[]): Promise<TokenIssuer> {
  const { publicKey, privateKey } = await promisify(generateKeyPair)("rsa", { modulusLength: 2048 });
  const kid = randomUUID();

  function token(claims: Claims = {}): string {
    const { issuer, audience } = chosen(trusted, claims.iss);
    const now = Math.floor(Date.now() / 1000);
    const [aud] = audience;
    const body = {
      iss: issuer,
      sub: "local-user",
      ...(aud !== undefined && claims.client_id === undefined && { aud }),
      iat: now,
      exp: now + hour,
      ...claims,
    };
    const signed = [{ alg: "RS256", kid, typ: "JWT" }, body]
      .map((part) => Buffer.from(JSON.stringify(part)).toString("base64url"))
      .join(".");
    return `${signed}.${sign("RSA-SHA256", Buffer.from(signed), privateKey).toString("base64url")}`;
  }

  async function answer(request: IncomingMessage): Promise<{ status: number; body: unknown }> {
    const here = `http://${request.headers.host}`;
    switch (`${request.method} ${request.url}`) {
      case "GET /.well-known/openid-configuration":
        return {
          status: 200,
          body: {
            issuer: here,
            jwks_uri: `${here}/.well-known/jwks.json`,
            token_endpoint: `${here}/token`,
            id_token_signing_alg_values_supported: ["RS256"],
          },
        };
      case "GET /.well-known/jwks.json":
        return {
          status: 200,
          body: { keys: [{ ...publicKey.export({ format: "jwk" }), kid, alg: "RS256", use: "sig" }] },
        };
      case "POST /token": {
        // A web page may send requests to 127.0.0.1; browsers name the page's origin then.
        if (request.headers.origin !== undefined)
          return { status: 403, body: { error: "Not for web pages." } };
        const { claims } = v.parse(requestSchema, JSON.parse((await readText(request)) || "{}"));
        return { status: 200, body: { access_token: token(claims), token_type: "Bearer", expires_in: hour } };
      }
      default:
        return { status: 404, body: { error: "Ask for /.well-known/openid-configuration or POST /token." } };
    }
  }

  return {
    keyOf: (id) => (id === kid ? publicKey : undefined),
    token,
    listener: (request, response) => {
      const isHere = /^(127\.0\.0\.1|localhost)(:\d+)?$/.test(request.headers.host ?? "");
      const answered = isHere
        ? answer(request).catch((error: Error) => ({ status: 400, body: { error: error.message } }))
        : Promise.resolve({
            status: 421,
            body: { error: "This is 127.0.0.1, not the host of the request." },
          });
      void answered.then(({ status, body }) => {
        response.writeHead(status, { "content-type": "application/json" });
        response.end(JSON.stringify(body));
      });
    },
  };
}

function chosen(trusted: readonly TrustedIssuer[], wanted: unknown): TrustedIssuer {
  const known = trusted.map(({ issuer }) => issuer);
  const found =
    wanted === undefined && new Set(known).size === 1
      ? trusted[0]
      : trusted.find(({ issuer }) => issuer === wanted);
  if (found !== undefined) return found;
  if (known.length === 0) throw new Error("No authorizer of this stack takes a token.");
  throw new Error(`Say in the claim "iss" which issuer the token is from: ${[...new Set(known)].join(", ")}`);
}

async function readText(request: IncomingMessage): Promise<string> {
  let text = "";
  for await (const chunk of request) {
    text += chunk;
    if (text.length > bodyLimit) throw new Error(`The request is longer than ${bodyLimit} bytes.`);
  }
  return text;
}
