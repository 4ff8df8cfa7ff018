import { once } from "node:events";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { type ClientRequest, type IncomingMessage, type RequestOptions, request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { text } from "node:stream/consumers";
import { pipeline } from "node:stream/promises";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { createPresignedPost } from "@aws-sdk/s3-presigned-post";
import { session, type TestEndpoint } from "../../gate/endpoint/fixtures.ts";
import { canonicalRequest } from "../../gate/signature/canonical-request.ts";
import {
  ALGORITHM,
  amzDate,
  requestStringToSign,
  scopeText,
  sha256,
  sign,
  signingKey,
} from "../../gate/signature/signing.ts";

export const MiB = 1024 ** 2;

/** A folder for the bodies of one store, which is removed at the end of its scope. */
export async function bodyFolder() {
  const path = await mkdtemp(join(tmpdir(), "bodies-"));
  return {
    path,
    /** Those that are there now, within the folders of all runs. */
    async files(): Promise<string[]> {
      const entries = await readdir(path, { recursive: true, withFileTypes: true });
      return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
    },
    [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }),
  };
}

/** Bytes that are never all in memory, each mebibyte with another content. */
export function* mebibytes(count: number): Generator<Buffer> {
  for (let number = 0; number < count; number += 1) {
    const chunk = Buffer.alloc(MiB / 16, number + 1);
    for (let part = 0; part < 16; part += 1) yield chunk;
  }
}

/** Bytes of all buffers that are in use now; none that only wait to be collected. */
export function bytesInUse(): number {
  setFlagsFromString("--expose-gc");
  const collectGarbage = runInNewContext("gc") as () => void;
  collectGarbage();
  return process.memoryUsage().arrayBuffers;
}

/** Notes now and then, while chunks pass, how much more memory is in use than at first. */
export function watchMemory() {
  const before = bytesInUse();
  let passed = 0;
  return {
    peak: 0,
    note(chunk: Buffer): void {
      const mark = Math.floor(passed / (4 * MiB));
      passed += chunk.length;
      if (Math.floor(passed / (4 * MiB)) > mark) this.peak = Math.max(this.peak, bytesInUse() - before);
    },
    *watch(chunks: Iterable<Buffer>): Generator<Buffer> {
      for (const chunk of chunks) {
        this.note(chunk);
        yield chunk;
      }
    },
    async *watchAsync(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
      for await (const chunk of chunks) {
        this.note(chunk);
        yield chunk;
      }
    },
  };
}

/** Sends a request, to the path as it is written, with a body that is made while it is sent. */
export async function send(
  url: string,
  { chunks, ...options }: RequestOptions & { readonly chunks: Iterable<Buffer> },
): Promise<IncomingMessage> {
  const { origin, hostname, port } = new URL(url);
  const sent = request({ hostname, port, path: url.slice(origin.length), ...options });
  const answer = once(sent, "response");
  // A server may answer, and close, before it has read all.
  await Promise.all([answer, pipeline(Readable.from(chunks), sent).catch(() => {})]);
  return (await answer)[0] as IncomingMessage;
}

/** Posts a form with a file of so many bytes. */
export async function postForm(
  endpoint: TestEndpoint,
  { key, size, chunks, maximum = size }: FormUpload,
): Promise<{ readonly status: number; readonly text: string }> {
  const { url, fields } = await createPresignedPost(endpoint.client(), {
    Bucket: "photos",
    Key: key,
    Conditions: [["content-length-range", 0, maximum]],
  });
  const head = Buffer.from(
    `${Object.entries(fields)
      .map(([name, value]) => `--b\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`)
      .join("")}--b\r\nContent-Disposition: form-data; name="file"; filename="f"\r\n\r\n`,
  );
  const tail = Buffer.from("\r\n--b--\r\n");
  const answer = await send(url, {
    method: "POST",
    headers: {
      "content-type": "multipart/form-data; boundary=b",
      "content-length": head.length + size + tail.length,
    },
    chunks: (function* () {
      yield head;
      yield* chunks;
      yield tail;
    })(),
  });
  return { status: answer.statusCode ?? 0, text: await text(answer) };
}

interface FormUpload {
  readonly key: string;
  /** Bytes. */
  readonly size: number;
  readonly chunks: Iterable<Buffer>;
  /** Bytes that the policy allows; the size by default. */
  readonly maximum?: number;
}

export interface SignedPut {
  readonly key: string;
  /** The value of x-amz-content-sha256. */
  readonly hash: string;
  readonly chunks: readonly Buffer[];
  readonly headers?: Readonly<Record<string, string>>;
  readonly trailers?: Readonly<Record<string, string>>;
  /** Changes the last of the chunks' signatures. */
  readonly forged?: boolean;
}

/** Begins a PutObject that is signed in its header, in the framing that its hash names; the body is still to be sent. */
export function beginPut(endpoint: TestEndpoint, put: SignedPut) {
  const { accessKeyId, secretAccessKey, sessionToken } = session;
  const date = amzDate(new Date());
  const scope = { accessKeyId, date: date.slice(0, 8), region: "us-east-1", service: "s3" };
  const chunked = put.hash.startsWith("STREAMING-");
  const size = put.chunks.reduce((sum, { length }) => sum + length, 0);
  const target = `/photos/${put.key}`;
  const headers: Record<string, string> = {
    host: new URL(endpoint.url).host,
    "x-amz-content-sha256": put.hash,
    "x-amz-date": date,
    "x-amz-security-token": sessionToken,
    ...(chunked && { "x-amz-decoded-content-length": String(size) }),
    ...(put.trailers && { "x-amz-trailer": Object.keys(put.trailers).join(",") }),
    ...put.headers,
  };
  const signedHeaders = Object.keys(headers).sort();
  const canonical = canonicalRequest(
    { method: "PUT", target, rawHeaders: Object.entries(headers).flat() },
    { service: "s3", signedHeaders, payloadHash: put.hash },
  );
  const key = signingKey(secretAccessKey, scope);
  const signature = sign(key, requestStringToSign({ key, date, scope }, canonical));
  const authorization = `${ALGORITHM} Credential=${accessKeyId}/${scopeText(scope)}, SignedHeaders=${signedHeaders.join(";")}, Signature=${signature}`;

  let previous = signature;
  const chain = (kind: string, ...hashes: string[]) => {
    previous = sign(key, [kind, date, scopeText(scope), previous, ...hashes].join("\n"));
    return previous;
  };
  const body = chunked ? [...frame()] : put.chunks;
  function* frame(): Generator<Buffer> {
    const signed = put.hash.startsWith("STREAMING-AWS4");
    for (const chunk of [...put.chunks, Buffer.alloc(0)]) {
      const proof = signed ? chain("AWS4-HMAC-SHA256-PAYLOAD", sha256(""), sha256(chunk)) : "";
      const shown = put.forged && chunk.length === 0 ? "0".repeat(64) : proof;
      yield Buffer.from(`${chunk.length.toString(16)}${signed ? `;chunk-signature=${shown}` : ""}\r\n`);
      if (chunk.length > 0) yield chunk;
      if (chunk.length > 0) yield Buffer.from("\r\n");
    }
    const lines = Object.entries(put.trailers ?? {}).map(([name, value]) => `${name}:${value}`);
    for (const line of lines) yield Buffer.from(`${line}\r\n`);
    if (signed && put.trailers) {
      const proof = chain("AWS4-HMAC-SHA256-TRAILER", sha256(lines.map((line) => `${line}\n`).join("")));
      yield Buffer.from(`x-amz-trailer-signature:${proof}\r\n`);
    }
    yield Buffer.from("\r\n");
  }
  const length = body.reduce((sum, chunk) => sum + chunk.length, 0);
  const sent: ClientRequest = request(endpoint.url + target, {
    method: "PUT",
    headers: { ...headers, authorization, "content-length": length },
  });
  return { sent, body };
}

/**
 * A whole PutObject that is signed in its header.
 *
 * @param watch sees the body while it is sent
 */
export async function signedPut(
  endpoint: TestEndpoint,
  put: SignedPut,
  watch: (chunks: readonly Buffer[]) => Iterable<Buffer> = (chunks) => chunks,
) {
  const { sent, body } = beginPut(endpoint, put);
  const answer = once(sent, "response");
  await pipeline(Readable.from(watch(body)), sent);
  const [response] = (await answer) as [IncomingMessage];
  return { status: response.statusCode ?? 0, text: await text(response) };
}
