import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { buffer } from "node:stream/consumers";
import { TranscribeClient } from "@aws-sdk/client-transcribe";
import type { ObjectStore } from "../../gate/types.ts";
import { placeholderCredentials } from "../../run/testing/credentials.ts";
import { accountId, type FakeGate, fakeGate, region, testPrincipal } from "../../run/testing/gate.ts";
import type { Heard, Recogniser } from "../speech/recogniser.ts";
import { recording } from "../speech/testing/wav.ts";
import { createTranscribe, type TranscribeEvent, type TranscribeOptions } from "./transcribe.ts";

export const bucket = "photos";

const caller = testPrincipal("startWork");

/** What was asked; who asked is the one caller that there is. */
export const questions = ({ asked }: FakeGate) => asked.map(({ who: _, ...question }) => question);

export function memoryStore(): ObjectStore & { readonly objects: Map<string, Buffer> } {
  const objects = new Map<string, Buffer>();
  return {
    objects,
    async head(bucket, key) {
      const body = objects.get(`${bucket}/${key}`);
      return body && { size: body.length, etag: '"etag"', lastModified: new Date(0), contentType: undefined };
    },
    async get(bucket, key) {
      return objects.get(`${bucket}/${key}`);
    },
    async open(bucket, key) {
      const body = objects.get(`${bucket}/${key}`);
      return body && { ...recording(body), [Symbol.dispose]: () => {} };
    },
    async put(bucket, key, body) {
      objects.set(`${bucket}/${key}`, body);
    },
  };
}

export const heard: Heard = {
  source: "engine",
  language: "en-US",
  languageScore: 0.9,
  segments: [[{ content: "Hello", start: 0.1, end: 0.4, confidence: 0.9, punctuation: "." }]],
};

/** The service behind an HTTP server, the SDK's client in front of it, and all that it touches. */
export async function startService(options: Partial<TranscribeOptions> = {}) {
  const gate = fakeGate();
  const store = memoryStore();
  const events: TranscribeEvent[] = [];
  const log: string[] = [];
  const recogniser: Recogniser = { name: "test engine", recognise: async () => heard };
  const service = createTranscribe({
    gate,
    objects: store,
    publish: (event) => events.push(event),
    recogniser,
    accountId,
    region,
    partition: "aws",
    durations: { queued: 1, inProgress: 1 },
    log: (line) => log.push(line),
    ...options,
  });
  const call = (operation: string, body: unknown) =>
    service.handle({
      principal: caller,
      target: `Transcribe.${operation}`,
      body: Buffer.from(JSON.stringify(body)),
      requestId: "request-id",
    });
  const server = createServer(async (request, response) => {
    const { status, headers, body } = await service.handle({
      principal: caller,
      target: String(request.headers["x-amz-target"]),
      body: await buffer(request),
      requestId: "request-id",
    });
    response.writeHead(status, headers).end(JSON.stringify(body));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const client = new TranscribeClient({
    region,
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    credentials: placeholderCredentials,
    maxAttempts: 1,
  });
  return {
    client,
    call,
    service,
    gate,
    store,
    events,
    log,
    async [Symbol.asyncDispose]() {
      await service.close();
      client.destroy();
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}
