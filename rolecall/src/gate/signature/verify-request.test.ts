import { createHash, createHmac } from "node:crypto";
import { SignatureV4 } from "@smithy/signature-v4";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { placeholderCredentials } from "../../run/testing/credentials.ts";
import type { Principal } from "../types.ts";
import type { WireRequest } from "./canonical-request.ts";
import type { Refusal } from "./refusal.ts";
import { SignatureError } from "./refusal.ts";
import { sha256 } from "./signing.ts";
import { type RequestVerificationOptions, verifyRequest } from "./verify-request.ts";

const now = new Date("2026-11-24T10:00:00Z");
const arn = "arn:aws:sts::123456789012:assumed-role/role/session";
const principal: Principal = {
  name: "storePhoto",
  caller: {
    type: "principal",
    arn,
    principalArn: "arn:aws:iam::123456789012:role/role",
    accountId: "123456789012",
  },
  policies: [],
};
const session = {
  credentials: { ...placeholderCredentials, expiration: new Date("2026-11-24T12:00:00Z") },
  principal,
};
const identities = {
  find: (accessKeyId: string) => (accessKeyId === placeholderCredentials.accessKeyId ? session : undefined),
};
const options: RequestVerificationOptions = { identities, region: "us-east-1", service: "s3", now };

/** The client's own hash, as the signer wants it. */
class Sha256 {
  private readonly hash;

  constructor(secret?: unknown) {
    this.hash = secret === undefined ? createHash("sha256") : createHmac("sha256", secret as Buffer);
  }

  update(data: unknown) {
    this.hash.update(data as Buffer);
  }

  async digest() {
    return new Uint8Array(this.hash.digest());
  }

  reset() {}
}

interface Sent {
  readonly method?: string;
  readonly path?: string;
  readonly query?: Record<string, string>;
  readonly headers?: Record<string, string>;
  readonly body?: string;
  readonly service?: string;
  readonly region?: string;
  readonly date?: Date;
  readonly credentials?: object;
  readonly expiresIn?: number;
}

const encode = (text: string) =>
  encodeURIComponent(text).replace(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );

/** As the S3 client does before it presigns. */
const unsignedPayload = <Request extends { headers: object }>(request: Request) => ({
  ...request,
  headers: { ...request.headers, "x-amz-content-sha256": "UNSIGNED-PAYLOAD" },
});

async function signed(kind: "header" | "query", sent: Sent = {}): Promise<WireRequest> {
  const { method = "GET", path = "/", query = {}, headers = {}, body = "", service = "s3" } = sent;
  const signer = new SignatureV4({
    service,
    region: sent.region ?? "us-east-1",
    credentials: { ...placeholderCredentials, ...sent.credentials },
    sha256: Sha256,
    uriEscapePath: service !== "s3",
    applyChecksum: true,
  });
  const request = {
    method,
    protocol: "http:",
    hostname: "127.0.0.1",
    path: path.split("/").map(encode).join("/"),
    query,
    headers: { host: "127.0.0.1:1234", ...headers },
    body,
  };
  const signingDate = sent.date ?? now;
  const result =
    kind === "header"
      ? await signer.sign(request, { signingDate })
      : await signer.presign(unsignedPayload(request), { signingDate, expiresIn: sent.expiresIn ?? 900 });
  const parameters = Object.entries(result.query ?? {}).map(
    ([name, value]) => `${encode(name)}=${encode(String(value))}`,
  );
  return {
    method,
    target: parameters.length === 0 ? result.path : `${result.path}?${parameters.join("&")}`,
    rawHeaders: Object.entries(result.headers).flat(),
  };
}

function refusal(
  request: WireRequest,
  overrides: Partial<RequestVerificationOptions> = {},
): Refusal | undefined {
  try {
    verifyRequest(request, { ...options, ...overrides });
    return undefined;
  } catch (error) {
    if (error instanceof SignatureError) return error.refusal;
    throw error;
  }
}

const withHeader = (request: WireRequest, name: string, value: string | undefined): WireRequest => {
  const pairs = request.rawHeaders
    .flatMap((_, index, all) => (index % 2 === 0 ? [[all[index] as string, all[index + 1] as string]] : []))
    .filter(([existing]) => existing?.toLowerCase() !== name);
  return { ...request, rawHeaders: [...pairs, ...(value === undefined ? [] : [[name, value]])].flat() };
};

const text = fc
  .oneof(
    fc.string({ unit: "grapheme", maxLength: 20 }),
    fc.string({ unit: fc.constantFrom(..." +%/&=?#'~*;$é日"), maxLength: 10 }),
  )
  .filter((value) => value.isWellFormed());

describe.each(["header", "query"] as const)("a signature in the %s", (kind) => {
  it("says who signed, whatever the path, the query and the headers", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom("GET", "PUT", "POST", "DELETE", "HEAD"),
        text,
        fc.dictionary(fc.string({ unit: fc.constantFrom(..."abc-"), minLength: 1 }), text),
        fc.string({ unit: fc.constantFrom(..."abc  ,;"), maxLength: 20 }),
        async (method, path, query, value) => {
          const request = await signed(kind, {
            method,
            path: `/${path}`,
            query,
            headers: { "x-amz-meta-note": value },
          });
          expect(verifyRequest(request, options).principal).toBe(principal);
        },
      ),
    );
  });

  it("is refused when anything that it covers has changed", async () => {
    const request = await signed(kind, { path: "/photos/originals/1", query: { "x-id": "GetObject" } });
    const changed: WireRequest[] = [
      { ...request, method: "PUT" },
      { ...request, target: request.target.replace("originals/1", "originals/2") },
      { ...request, target: request.target.replace("originals/1", "audio%2F1") },
      { ...request, target: request.target.replace("x-id=GetObject", "x-id=PutObject") },
      { ...request, target: `${request.target}&delete=` },
      withHeader(request, "host", "127.0.0.1:4321"),
    ];
    for (const each of changed) expect(refusal(each)?.reason).toBe("mismatch");
  });

  it("is refused when one character of it has changed", async () => {
    const request = await signed(kind);
    const valid = /Signature=([0-9a-f]{64})/;
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 0, max: 63 }),
        fc.constantFrom(..."0123456789abcdef"),
        async (at, digit) => {
          const change = (line: string) =>
            line.replace(
              valid,
              (_, hex: string) => `Signature=${hex.slice(0, at)}${digit}${hex.slice(at + 1)}`,
            );
          const changed = {
            ...request,
            target: change(request.target),
            rawHeaders: request.rawHeaders.map(change),
          };
          const same =
            changed.target === request.target &&
            changed.rawHeaders.every((line, index) => line === request.rawHeaders[index]);
          expect(refusal(changed)?.reason).toBe(same ? undefined : "mismatch");
        },
      ),
    );
  });

  it.each<[string, Sent, Partial<RequestVerificationOptions>, object]>([
    [
      "another region",
      { region: "eu-west-1" },
      {},
      { reason: "wrong region", given: "eu-west-1", expected: "us-east-1" },
    ],
    ["another service", { service: "sqs" }, {}, { reason: "wrong service", given: "sqs", expected: "s3" }],
    [
      "an unknown key",
      { credentials: { accessKeyId: "other" } },
      {},
      { reason: "unknown access key", accessKeyId: "other" },
    ],
    ["another secret", { credentials: { secretAccessKey: "other" } }, {}, { reason: "mismatch" }],
    [
      "no session token",
      { credentials: { sessionToken: undefined } },
      {},
      { reason: "missing session token" },
    ],
    [
      "another's session token",
      { credentials: { sessionToken: "other" } },
      {},
      { reason: "foreign session token" },
    ],
    ["an expired session", {}, { now: new Date("2026-11-24T12:00:00Z") }, { reason: "session expired" }],
  ])("is refused with %s", async (_, sent, overrides, expected) => {
    expect(refusal(await signed(kind, sent), overrides)).toMatchObject(expected);
  });

  it("is refused when an x-amz-* header was added behind it", async () => {
    const request = await signed(kind);
    expect(refusal(withHeader(request, "x-amz-acl", "public-read"))).toEqual({
      reason: "unsigned headers",
      names: ["x-amz-acl"],
    });
  });
});

describe("a signature's time", () => {
  const minutes = (count: number) => new Date(now.getTime() + count * 60_000);

  it("may lie a quarter of an hour from that of S3, either way", async () => {
    const request = await signed("header");
    expect(refusal(request, { now: minutes(15) })).toBeUndefined();
    expect(refusal(request, { now: minutes(-15) })).toBeUndefined();
    expect(refusal(request, { now: minutes(15.1) })).toMatchObject({ reason: "skewed", maxSkew: 900_000 });
    expect(refusal(request, { now: minutes(-15.1) })).toMatchObject({ reason: "skewed" });
  });

  it("may lie five minutes from that of other services", async () => {
    const request = await signed("header", { service: "transcribe", method: "POST" });
    const overrides = { service: "transcribe", bodyHash: sha256("") };
    expect(refusal(request, { ...overrides, now: minutes(5) })).toBeUndefined();
    expect(refusal(request, { ...overrides, now: minutes(5.1) })).toMatchObject({
      reason: "skewed",
      maxSkew: 300_000,
    });
  });

  it("and its expiry bound the life of a presigned URL", async () => {
    const request = await signed("query", { expiresIn: 60 });
    expect(refusal(request, { now: minutes(1) })).toBeUndefined();
    expect(refusal(request, { now: minutes(1.1) })).toMatchObject({ reason: "expired", seconds: 60 });
    expect(refusal(request, { now: minutes(-16) })).toMatchObject({ reason: "not valid yet" });
  });

  it.each([
    ["604801", "X-Amz-Expires must be less than a week"],
    ["-1", "X-Amz-Expires must be non-negative"],
    ["soon", "X-Amz-Expires should be a number"],
  ])("refuses a presigned URL that expires in %s seconds", async (seconds, detail) => {
    const request = await signed("query");
    const target = request.target.replace(/X-Amz-Expires=\d+/, `X-Amz-Expires=${seconds}`);
    expect(refusal({ ...request, target })).toMatchObject({
      reason: "malformed",
      detail: expect.stringContaining(detail),
    });
  });
});

describe("a malformed signature", () => {
  it.each<[string, string | undefined, object]>([
    ["nothing", undefined, { reason: "anonymous" }],
    ["Signature Version 2", "AWS key:signature", { reason: "unsupported mechanism" }],
    ["Basic", "Basic eDp5", { reason: "unsupported mechanism" }],
    [
      "no credential",
      "AWS4-HMAC-SHA256 SignedHeaders=host, Signature=0",
      { reason: "malformed", missing: "Credential" },
    ],
    [
      "a short credential",
      "AWS4-HMAC-SHA256 Credential=key/20261124, SignedHeaders=host, Signature=0",
      { reason: "malformed" },
    ],
    [
      "no signed headers",
      "AWS4-HMAC-SHA256 Credential=k/20261124/us-east-1/s3/aws4_request, Signature=0",
      { reason: "malformed", missing: "SignedHeaders" },
    ],
    [
      "another day in the credential",
      "AWS4-HMAC-SHA256 Credential=k/20261123/us-east-1/s3/aws4_request, SignedHeaders=host, Signature=0",
      { reason: "malformed" },
    ],
  ])("is told apart: %s", async (_, authorization, expected) => {
    const request = withHeader(await signed("header"), "authorization", authorization);
    expect(refusal(request)).toMatchObject(expected);
  });

  it("is one without a date, or with one of the two ways to sign too many", async () => {
    const request = await signed("header");
    expect(refusal(withHeader(request, "x-amz-date", undefined))).toEqual({ reason: "no date" });
    const presigned = await signed("query");
    expect(refusal({ ...request, target: presigned.target })).toEqual({ reason: "two mechanisms" });
    expect(
      refusal({ ...presigned, target: presigned.target.replace("X-Amz-Date", "X-Amz-Day") }),
    ).toMatchObject({
      reason: "malformed",
      missing: "X-Amz-Date",
    });
  });

  it("is one that leaves out the host", async () => {
    const request = await signed("header");
    const rawHeaders = request.rawHeaders.map((line) =>
      line.replace("SignedHeaders=host;", "SignedHeaders="),
    );
    expect(refusal({ ...request, rawHeaders })).toEqual({ reason: "unsigned headers", names: ["host"] });
  });

  it("never fails in any other way, whatever was sent", () => {
    const line = fc.string({ unit: "binary-ascii" });
    const part = fc.constantFrom(
      "Credential=",
      "SignedHeaders=",
      "Signature=",
      ", ",
      "AWS4-HMAC-SHA256 ",
      "/",
      "k",
    );
    const authorization = fc.array(fc.oneof(part, line), { maxLength: 12 }).map((parts) => parts.join(""));
    fc.assert(
      fc.property(authorization, line, (value, target) => {
        const rawHeaders = ["authorization", value, "x-amz-date", "20261124T100000Z"];
        try {
          verifyRequest({ method: "GET", target: `/${target}`, rawHeaders }, options);
        } catch (error) {
          expect(error instanceof SignatureError || error instanceof URIError).toBe(true);
        }
      }),
    );
  });
});

describe("the payload", () => {
  it("of S3 must be declared in the header, and of other services is hashed here", async () => {
    const request = await signed("header");
    const undeclared = withHeader(request, "x-amz-content-sha256", undefined);
    expect(refusal(undeclared)).toEqual({ reason: "no payload hash" });
    const call = await signed("header", { service: "transcribe", method: "POST", body: "{}" });
    const other = { service: "transcribe" };
    expect(refusal(call, { ...other, bodyHash: sha256("{}") })).toBeUndefined();
    expect(refusal(call, { ...other, bodyHash: sha256("{ }") })).toMatchObject({ reason: "mismatch" });
  });
});
