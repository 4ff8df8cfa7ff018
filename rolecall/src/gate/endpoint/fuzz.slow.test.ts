import { createHash } from "node:crypto";
import { connect } from "node:net";
import { CreateMultipartUploadCommand } from "@aws-sdk/client-s3";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { placeholderCredentials } from "../../run/testing/credentials.ts";
import { canonicalRequest } from "../signature/canonical-request.ts";
import {
  ALGORITHM,
  amzDate,
  requestStringToSign,
  scopeText,
  sha256,
  sign,
  signingKey,
} from "../signature/signing.ts";
import { startTestEndpoint, type TestEndpoint } from "./fixtures.ts";

/** How often each property is tried, 25 requests at a time: FUZZ_RUNS=4000 sends some 400,000 of them. */
const numRuns = Number(process.env.FUZZ_RUNS ?? 40);
const BATCH = 25;

/** Milliseconds within which every request must be answered, or its connection closed. */
const PATIENCE = 2000;

interface Request {
  readonly method: string;
  readonly target: string;
  readonly headers: readonly (readonly [string, string])[];
  readonly body: Buffer;
}

/** A request's bytes. Header values are Latin-1, as HTTP has it. */
function wire({ method, target, headers, body }: Request): Buffer {
  const lines = headers.map(([name, value]) => `${name}: ${value}\r\n`).join("");
  return Buffer.concat([Buffer.from(`${method} ${target} HTTP/1.1\r\n${lines}\r\n`, "latin1"), body]);
}

/**
 * Sends bytes over a connection of their own.
 *
 * @param isWhole whether they are all that the server needs to answer; if not, the sending side is closed after them
 * @returns the status, or undefined when the server closed the connection without one
 * @throws Error when neither happens in time
 */
function exchange(port: number, bytes: Buffer, isWhole: boolean): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: "127.0.0.1", allowHalfOpen: true });
    let received = "";
    const end = (settle: () => void) => {
      clearTimeout(timer);
      clearTimeout(halfClose);
      socket.destroy();
      settle();
    };
    const timer = setTimeout(
      () => end(() => reject(new Error(`No answer to ${JSON.stringify(bytes.toString("latin1"))}`))),
      PATIENCE,
    );
    const halfClose = isWhole ? undefined : setTimeout(() => socket.end(), 30);
    socket.on("data", (data) => {
      received += data.toString("latin1");
      // What precedes the answer proper is not one: "100 Continue".
      const status = /^(?:HTTP\/1\.1 1\d\d [^\r]*\r\n\r\n)*HTTP\/1\.1 ([2-5]\d\d) /.exec(received)?.[1];
      if (status !== undefined) end(() => resolve(Number(status)));
    });
    socket.on("end", () => end(() => resolve(undefined)));
    socket.on("error", () => end(() => resolve(undefined)));
    socket.write(bytes);
  });
}

/**
 * Sends a batch at once. All of it is answered, by no internal error, nothing goes wrong behind an answer, and the
 * endpoint still serves.
 */
async function survive(endpoint: TestEndpoint, batch: readonly Buffer[], isWhole: boolean): Promise<void> {
  const port = Number(new URL(endpoint.url).port);
  const statuses = await Promise.all(batch.map((bytes) => exchange(port, bytes, isWhole)));
  for (const [index, status] of statuses.entries()) {
    if (status === undefined || status < 500 || status === 501) continue;
    throw new Error(`${status} to ${JSON.stringify(batch[index]?.toString("latin1"))}\n${endpoint.logged}`);
  }
  // A 501 says in the log what it is that the local run does not imitate.
  expect(endpoint.logged.filter((line) => !/ does not imitate /.test(line))).toEqual([]);
  expect(await exchange(port, Buffer.from("GET /nowhere HTTP/1.1\r\nHost: x\r\n\r\n"), true)).toBe(404);
}

/** Signs a request with all of its headers, as it will go over the wire. */
function signed(request: Request, payloadHash: string = sha256(request.body)): Request {
  const { accessKeyId, secretAccessKey, sessionToken } = placeholderCredentials;
  const date = amzDate(new Date());
  const scope = { accessKeyId, date: date.slice(0, 8), region: "us-east-1", service: "s3" };
  const headers: (readonly [string, string])[] = [
    ...request.headers,
    ["x-amz-content-sha256", payloadHash],
    ["x-amz-date", date],
    ["x-amz-security-token", sessionToken],
  ];
  const signedHeaders = [...new Set(headers.map(([name]) => name.toLowerCase()))].sort();
  const wireRequest = { method: request.method, target: request.target, rawHeaders: headers.flat() };
  const canonical = canonicalRequest(wireRequest, { service: "s3", signedHeaders, payloadHash });
  const key = signingKey(secretAccessKey, scope);
  const signature = sign(key, requestStringToSign({ key, date, scope }, canonical));
  const authorization = `${ALGORITHM} Credential=${accessKeyId}/${scopeText(scope)}, SignedHeaders=${signedHeaders.join(";")}, Signature=${signature}`;
  return { ...request, headers: [...headers, ["authorization", authorization]] };
}

/** Signed where it can be: a target that is not percent-encoded has no canonical form. */
function signedIfPossible(request: Request, payloadHash?: string): Request {
  try {
    return signed(request, payloadHash);
  } catch {
    return request;
  }
}

/** A presigned URL's request. */
function presigned({ method, target, headers, body }: Request): Request {
  const { accessKeyId, secretAccessKey, sessionToken } = placeholderCredentials;
  const date = amzDate(new Date());
  const scope = { accessKeyId, date: date.slice(0, 8), region: "us-east-1", service: "s3" };
  const query = new URLSearchParams({
    "X-Amz-Algorithm": ALGORITHM,
    "X-Amz-Credential": `${accessKeyId}/${scopeText(scope)}`,
    "X-Amz-Date": date,
    "X-Amz-Expires": "60",
    "X-Amz-SignedHeaders": headers.map(([name]) => name).join(";"),
    "X-Amz-Security-Token": sessionToken,
  });
  const unsigned = `${target}?${query}`;
  const signedHeaders = headers.map(([name]) => name);
  const canonical = canonicalRequest(
    { method, target: unsigned, rawHeaders: headers.flat() },
    { service: "s3", signedHeaders, payloadHash: "UNSIGNED-PAYLOAD" },
  );
  const key = signingKey(secretAccessKey, scope);
  const signature = sign(key, requestStringToSign({ key, date, scope }, canonical));
  return { method, target: `${unsigned}&X-Amz-Signature=${signature}`, headers, body };
}

/** An upload form for one key, signed with a policy that names it. */
function form(key: string, file: Buffer): Request {
  const { accessKeyId, secretAccessKey, sessionToken } = placeholderCredentials;
  const date = amzDate(new Date());
  const scope = { accessKeyId, date: date.slice(0, 8), region: "us-east-1", service: "s3" };
  const fields = {
    key,
    "x-amz-algorithm": ALGORITHM,
    "x-amz-credential": `${accessKeyId}/${scopeText(scope)}`,
    "x-amz-date": date,
    "x-amz-security-token": sessionToken,
  };
  const conditions = [
    ...Object.entries(fields).map(([name, value]) => ({ [name]: value })),
    { bucket: "photos" },
  ];
  const policy = Buffer.from(JSON.stringify({ expiration: "2999-01-01T00:00:00Z", conditions })).toString(
    "base64",
  );
  const all = { ...fields, policy, "x-amz-signature": sign(signingKey(secretAccessKey, scope), policy) };
  const parts = Object.entries(all).map(
    ([name, value]) => `--b\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`,
  );
  const body = Buffer.concat([
    Buffer.from(`${parts.join("")}--b\r\nContent-Disposition: form-data; name="file"; filename="f"\r\n\r\n`),
    file,
    Buffer.from("\r\n--b--\r\n"),
  ]);
  const headers = [
    ["host", "x"],
    ["content-type", "multipart/form-data; boundary=b"],
    ["content-length", String(body.length)],
  ] as const;
  return { method: "POST", target: "/photos", headers, body };
}

const words = (...text: string[]) => fc.constantFrom(...text);
const joined = (part: fc.Arbitrary<string>, maxLength: number) =>
  fc.array(part, { maxLength }).map((parts) => parts.join(""));

const methods = fc.oneof(
  { weight: 9, arbitrary: words("GET", "PUT", "POST", "HEAD", "DELETE") },
  { weight: 1, arbitrary: words("OPTIONS", "PATCH", "CONNECT", "TRACE", "PROPFIND", "M-SEARCH") },
);

const paths = fc.oneof(
  words("/", "/photos", "/photos/k", "/archive/", "/nowhere/k", "*", "//", "/photos//", "http://x/y"),
  joined(
    words(
      "/",
      "photos",
      "k",
      "%",
      "%zz",
      "%ff",
      "%00",
      "%2F",
      "%C3%A9",
      "..",
      "+",
      "~",
      "\xe9",
      "k".repeat(1025),
    ),
    6,
  ).map((path) => `/${path}`),
);

const parameters = joined(
  words(
    ..."&|=|?|#|+|%|%zz|%ff|%00|\xff".split("|"),
    ..."list-type=2|list-type=|prefix=k|delimiter=/|max-keys=1|max-keys=-1|max-keys=1e9|encoding-type=url|marker=%00".split(
      "|",
    ),
    ..."continuation-token=|continuation-token=MWs|start-after=k|uploads|uploadId=u|partNumber=1|partNumber=99999".split(
      "|",
    ),
    ..."max-parts=0|part-number-marker=x|delete|location|tagging|acl|versionId=1|response-content-type=%0d%0a".split(
      "|",
    ),
    ..."response-expires=%F0%9F%98%80|X-Amz-Signature=a|X-Amz-Algorithm=AWS4-HMAC-SHA256|X-Amz-Expires=9".split(
      "|",
    ),
    ..."X-Amz-Credential=a/b/c/s3/aws4_request|X-Amz-Date=20261124T100000Z|x-id=PutObject|Action=X|&&|__proto__=1".split(
      "|",
    ),
  ).map((parameter) => `${parameter}&`),
  5,
).map((query) => (query === "" ? "" : `?${query}`));

const headerValues = fc.oneof(
  words(
    "",
    "*",
    "x",
    "-1",
    "0",
    "5",
    "1e400",
    "NaN",
    "\xff\xfe",
    "%zz",
    "%ff/k",
    "photos/k",
    "/archive/%zz",
    "a, b",
  ),
  words(
    "bytes=0-",
    "bytes=-0",
    "bytes=5-1",
    "bytes=99999999999999999999-",
    "bytes=0-99999999999999999999",
    "bytes=-",
  ),
  words(
    "AES256",
    "STANDARD",
    "REPLACE",
    "CRC32",
    "crc64nvme",
    "SHA256",
    "__proto__",
    "constructor",
    "toString",
  ),
  words(
    "Thu, 01 Jan 1970 00:00:00 GMT",
    "+275760-09-13T00:00:00.001Z",
    "AAAAAA==",
    "AAAAAAAAAAAAAAAAAAAAAA==",
  ),
  words(
    "AWS4-HMAC-SHA256",
    "AWS4-HMAC-SHA256 Credential=a/20261124/us-east-1/s3/aws4_request",
    "AWS a:b",
    "Basic eA==",
  ),
  words(
    "multipart/form-data",
    "multipart/form-data; boundary=b",
    "multipart/form-data; boundary=",
    "multipart/form-data; boundary*=utf-8''b",
  ),
  words(
    "application/x-amz-json-1.1",
    "application/x-www-form-urlencoded",
    "Transcribe.StartTranscriptionJob",
  ),
  words(
    "x-amz-checksum-crc32",
    "aws-chunked",
    "STREAMING-UNSIGNED-PAYLOAD-TRAILER",
    "UNSIGNED-PAYLOAD",
    "constructor",
  ),
  fc.string({
    unit: fc.integer({ min: 0x20, max: 0xff }).map((code) => String.fromCharCode(code)),
    maxLength: 12,
  }),
);

const headerNames = words(
  ..."authorization|x-amz-date|date|x-amz-content-sha256|x-amz-security-token|x-amz-target|content-type".split(
    "|",
  ),
  ..."content-md5|content-encoding|expect|range|if-match|if-none-match|if-modified-since|if-unmodified-since".split(
    "|",
  ),
  ..."x-amz-copy-source|x-amz-copy-source-range|x-amz-copy-source-if-match|x-amz-metadata-directive|x-amz-acl".split(
    "|",
  ),
  ..."x-amz-tagging|x-amz-checksum-crc32|x-amz-checksum-crc64nvme|x-amz-checksum-algorithm|x-amz-checksum-type".split(
    "|",
  ),
  ..."x-amz-trailer|x-amz-decoded-content-length|x-amz-meta-a|x-amz-meta-__proto__|x-amz-expected-bucket-owner".split(
    "|",
  ),
  ..."x-amz-mp-object-size|x-amz-storage-class|x-amz-server-side-encryption|host|connection|cookie|upgrade|__proto__".split(
    "|",
  ),
);

/** Headers at random seldom get far: some come with what nearly fits them. */
const headers: fc.Arbitrary<readonly [string, string]> = fc.oneof(
  fc.tuple(headerNames, headerValues),
  fc.tuple(
    fc.constant("x-amz-copy-source"),
    words("photos/k", "/photos/k", "photos/%zz", "%ff/k", "photos", "nowhere/k", "photos/k?versionId=1", ""),
  ),
  fc.tuple(
    words("range", "x-amz-copy-source-range"),
    words("bytes=0-1", "bytes=5-1", "bytes=9-9", "bytes=-9", `bytes=0-${"9".repeat(400)}`),
  ),
  fc.tuple(words("if-match", "if-none-match", "x-amz-copy-source-if-match"), words("*", '"x"', "W/,", ",,")),
  fc.tuple(
    words("if-modified-since", "x-amz-copy-source-if-modified-since"),
    words("0", "now", "99999999999999"),
  ),
  fc.tuple(words("x-amz-trailer"), words("x-amz-checksum-crc32", "constructor", ",", "x-amz-checksum-")),
  fc.tuple(
    words("x-amz-object-attributes"),
    words("ETag", "ETag,Checksum,ObjectParts", "ObjectParts, ObjectSize", ",", "__proto__"),
  ),
  fc.tuple(words("x-amz-max-parts", "x-amz-part-number-marker"), words("0", "1", "-1", "x")),
  fc.tuple(words("x-amz-checksum-algorithm"), words("CRC32", "crc64nvme", "constructor", "toString", "")),
);

const bodies = fc.oneof(
  words(
    "<Delete><Object><Key>other</Key></Object></Delete>",
    "<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>e</ETag></Part></CompleteMultipartUpload>",
  ).map((xml) => Buffer.from(xml)),
  fc.constant(Buffer.alloc(0)),
  fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes)),
  joined(
    words(
      ..."<Delete>|</Delete>|<Object>|</Object>|<Key>|k|</Key>|<Quiet>true</Quiet>|<VersionId>1</VersionId>|<a/>".split(
        "|",
      ),
      ..."<CompleteMultipartUpload>|</CompleteMultipartUpload>|<Part>|</Part>|<PartNumber>1</PartNumber>|<ETag>e</ETag>".split(
        "|",
      ),
      ..."<?xml?>|<!DOCTYPE a [<!ENTITY b SYSTEM 'file:///etc/passwd'>]>|&b;|&#x110000;|&#0;|&amp;|<![CDATA[|]]>|<!--|\uffff".split(
        "|",
      ),
    ),
    12,
  ).map((xml) => Buffer.from(xml)),
  joined(
    words(
      ...'--b|\r\n|--b--|--b\r\n|\r\n\r\n|Content-Disposition: form-data; name="key"|Content-Disposition: form-data; name="file"; filename="f"'.split(
        "|",
      ),
      ...'Content-Disposition: form-data; name="policy"|Content-Disposition: form-data|Content-Type: x|Content-Transfer-Encoding: base64'.split(
        "|",
      ),
      ..."Content-Disposition: form-data; name*=utf-8''%zz|name=\"__proto__\"|k|e30=|--|-|\0".split("|"),
    ),
    14,
  ).map((text) => Buffer.from(text)),
  joined(
    words(
      ..."0|5|\r\n|sound|;chunk-signature=|;|ffffffffffff|-1|x-amz-checksum-crc32:|AAAAAA==|x-amz-trailer-signature:|:".split(
        "|",
      ),
      `0;chunk-signature=${"0".repeat(64)}\r\n`,
      "5\r\nsound\r\n",
      "0\r\n\r\n",
    ),
    8,
  ).map((text) => Buffer.from(text)),
);

/** Any request whose frame is in order: its body is as long as it says. */
const requests: fc.Arbitrary<Request> = fc
  .record({
    method: methods,
    path: paths,
    query: parameters,
    headers: fc.array(headers, { maxLength: 5 }),
    body: bodies,
  })
  .map(({ method, path, query, headers, body }) => ({
    method,
    target: (path + query).replaceAll(" ", "+"),
    headers: [["host", "x"], ["content-length", String(body.length)], ...headers],
    body,
  }));

/** Requests that S3 serves, or nearly: `UPLOAD` stands for an upload that there is. */
const nearlyServed: fc.Arbitrary<Request> = fc
  .record({
    operation: words(
      "GET /",
      "GET /photos?location",
      "GET /photos?uploads",
      "GET /photos?",
      "GET /photos?list-type=2",
      "POST /photos?delete",
      "POST /photos?",
      "GET /photos/k?",
      "HEAD /photos/k?",
      "PUT /photos/k?",
      "DELETE /photos/other?",
      "POST /photos/k?uploads",
      "PUT /photos/k?partNumber=1&uploadId=UPLOAD",
      "POST /photos/k?uploadId=UPLOAD",
      "GET /photos/k?uploadId=UPLOAD",
      "GET /photos/k?attributes",
      "GET /photos/k?partNumber=1",
    ),
    parameter: fc.oneof(
      { weight: 3, arbitrary: fc.constant("") },
      parameters.map((query) => query.slice(1)),
    ),
    headers: fc.array(headers, { maxLength: 2 }),
    body: bodies,
  })
  .map(({ operation, parameter, headers, body }) => {
    const [method = "", target = ""] = operation.split(" ");
    const md5 = createHash("md5").update(body).digest("base64");
    return {
      method,
      target: parameter === "" ? target : `${target}&${parameter}`.replaceAll(" ", "+"),
      headers: [
        ["host", "x"],
        ["content-length", String(body.length)],
        ...(target.endsWith("?delete") ? ([["content-md5", md5]] as const) : []),
        // A second signature, host or frame would only be refused before anything else was read.
        ...headers.filter(
          ([name]) =>
            !/^(authorization|host|expect|upgrade|x-amz-(date|security-token|content-sha256))$/.test(name),
        ),
      ],
      body,
    };
  });

const payloadHashes = words(
  "UNSIGNED-PAYLOAD",
  "STREAMING-UNSIGNED-PAYLOAD-TRAILER",
  "STREAMING-AWS4-HMAC-SHA256-PAYLOAD",
  "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER",
  "constructor",
  "x",
);

const batches = <Value>(arbitrary: fc.Arbitrary<Value>) =>
  fc.array(arbitrary, { minLength: BATCH, maxLength: BATCH, size: "max" });

/** One change to some bytes. */
interface Mutation {
  readonly kind: "replace" | "insert" | "remove" | "repeat" | "cut";
  /** Where, as a share of the whole. */
  readonly at: number;
  readonly length: number;
  readonly text: string;
}

const mutations: fc.Arbitrary<Mutation> = fc.record({
  kind: words("replace", "insert", "insert", "remove", "repeat", "cut") as fc.Arbitrary<Mutation["kind"]>,
  at: fc.noBias(fc.integer({ min: 0, max: 9999 })).map((share) => share / 10_000),
  length: fc.integer({ min: 1, max: 20 }),
  text: fc.oneof(
    fc.string({
      unit: fc.integer({ max: 0xff }).map((code) => String.fromCharCode(code)),
      minLength: 1,
      maxLength: 3,
    }),
    words("\r\nx-amz-acl: public-read", "\r\nx-amz-meta-a: b", "\r\ncontent-type: text/html", "\r\nhost: y"),
    words(
      "\r\ntransfer-encoding: chunked",
      "\r\ncontent-length: 1",
      "\r\nx-amz-copy-source: archive/x",
      "\r\n\r\n",
      "\r\n",
    ),
    words(
      "?",
      "&",
      "=",
      "/",
      "%2e",
      "%",
      "0",
      "f",
      "&x-amz-acl=public-read",
      "&response-content-type=a",
      "/../",
      " ",
      "\n",
      ";",
      ",",
    ),
  ),
});

function mutate(bytes: Buffer, { kind, at, length, text }: Mutation): Buffer {
  const offset = Math.floor(at * bytes.length);
  const [before, after] = [bytes.subarray(0, offset), bytes.subarray(offset)];
  switch (kind) {
    case "replace":
      return Buffer.concat([before, Buffer.from(text, "latin1"), after.subarray(text.length)]);
    case "insert":
      return Buffer.concat([before, Buffer.from(text, "latin1"), after]);
    case "remove":
      return Buffer.concat([before, after.subarray(length)]);
    case "repeat":
      return Buffer.concat([before, after.subarray(0, length), after]);
    case "cut":
      return before;
  }
}

describe("the endpoint answers", () => {
  it("any request whose frame is in order, and goes on", { timeout: 600_000 }, async () => {
    await using endpoint = await startTestEndpoint();
    await fc.assert(
      fc.asyncProperty(batches(requests), (batch) => survive(endpoint, batch.map(wire), true)),
      { numRuns },
    );
  });

  it("any request that is signed, whatever it asks for", { timeout: 600_000 }, async () => {
    await using endpoint = await startTestEndpoint();
    await endpoint.s3.objects.put("photos", "k", Buffer.from("sound"));
    const upload = await endpoint
      .client()
      .send(new CreateMultipartUploadCommand({ Bucket: "photos", Key: "k" }));
    const request = fc
      .tuple(
        fc.oneof(
          requests,
          nearlyServed.map((request) => ({
            ...request,
            target: request.target.replace("UPLOAD", upload.UploadId ?? ""),
          })),
        ),
        fc.option(payloadHashes, { nil: undefined, freq: 2 }),
      )
      .map(([request, hash]) => wire(signedIfPossible(request, hash)));
    await fc.assert(
      fc.asyncProperty(batches(request), (batch) => survive(endpoint, batch, true)),
      { numRuns },
    );
    expect(endpoint.asked.length).toBeGreaterThan(0);
  });

  it("or closes the connection when what comes is no request, or only part of one", {
    timeout: 600_000,
  }, async () => {
    await using endpoint = await startTestEndpoint();
    const bytes = fc.oneof(
      fc.uint8Array({ maxLength: 200 }).map((data) => Buffer.from(data)),
      fc
        .tuple(
          fc.oneof(
            requests,
            requests.map((request) => signedIfPossible(request)),
          ),
          fc.array(mutations, { minLength: 1, maxLength: 3 }),
        )
        .map(([request, changes]) => changes.reduce(mutate, wire(request))),
    );
    await fc.assert(
      fc.asyncProperty(batches(bytes), (batch) => survive(endpoint, batch, false)),
      { numRuns },
    );
  });

  it("a request that was changed after its signature only as what was signed", {
    timeout: 600_000,
  }, async () => {
    await using endpoint = await startTestEndpoint();
    const file = Buffer.from("sound of a voice");
    const frame = [
      ["host", "x"],
      ["content-length", String(file.length)],
    ] as const;
    const put = { method: "PUT", headers: [...frame, ["content-type", "audio/wav"]] as const, body: file };
    const get = { method: "GET", headers: [["host", "x"]] as const, body: Buffer.alloc(0) };
    let serial = 0;
    const kinds: Readonly<Record<string, (target: string, key: string) => Request>> = {
      put: (target) => signed({ ...put, target }),
      presignedPut: (target) => presigned({ ...put, target }),
      get: (target) => signed({ ...get, target }),
      presignedGet: (target) => presigned({ ...get, target }),
      remove: (target) => signed({ ...get, method: "DELETE", target }),
      form: (_, key) => form(key, file),
    };
    const change = fc.tuple(
      words(...Object.keys(kinds)),
      fc.array(mutations, { minLength: 1, maxLength: 2 }),
    );
    await fc.assert(
      fc.asyncProperty(batches(change), async (batch) => {
        endpoint.asked.length = 0;
        const signedFor = new Map<string, string>();
        const keys = batch.map(() => `signed/${serial++}`);
        const sent = batch.map(([kind, changes], index) => {
          const key = keys[index] ?? "";
          const request = kinds[kind]?.(`/photos/${key}`, key);
          if (request === undefined) throw new Error(kind);
          const action = { GET: "s3:GetObject", DELETE: "s3:DeleteObject" }[request.method] ?? "s3:PutObject";
          signedFor.set(`arn:aws:s3:::photos/${key}`, action);
          return changes.reduce(mutate, wire(request));
        });
        await survive(endpoint, sent, false);
        for (const { action, resource } of endpoint.asked) {
          // An absent object's reader is asked about the bucket as well, so that it learns no more than it may.
          if (action === "s3:ListBucket" && resource === "arn:aws:s3:::photos") continue;
          expect([resource, action]).toEqual([resource, signedFor.get(resource)]);
        }
        for (const [index, key] of keys.entries()) {
          const object = await endpoint.s3.objects.get("photos", key);
          const [kind = ""] = batch[index] ?? [];
          // Neither a form's signature nor a presigned URL's covers the file.
          if (object !== undefined && kind === "put") expect(object).toEqual(file);
          if (object !== undefined) expect(["put", "presignedPut", "form"]).toContain(kind);
        }
      }),
      { numRuns },
    );
  });
});
