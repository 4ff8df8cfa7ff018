import { describe, expect, it } from "vitest";
import { root } from "../local.ts";
import { readOpenApi } from "../openapi.ts";
import { createDescription, type Exchange } from "./description.ts";

const openApi = await readOpenApi(root);
const { differences } = createDescription(openApi);

const id = "0199a3c2-5f6e-7c3a-9d2b-3f1e5a7c9b1d.en-US.wav";
const created = { id, language: "en-US", format: "wav", status: "uploaded" };

interface Changes {
  readonly method?: string;
  readonly path?: string;
  readonly contentType?: string;
  readonly sent?: string;
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: object | string;
}

const headers = {
  "content-type": "application/json",
  "cache-control": "no-store",
  location: `/recordings/${id}`,
};

/** A recording that is taken, but for the changes. */
function exchange(changes: Changes = {}): Exchange {
  const { body = created, sent = "RIFF" } = changes;
  return {
    method: changes.method ?? "POST",
    url: new URL(changes.path ?? "/recordings?language=en-US", "http://127.0.0.1"),
    request: { contentType: changes.contentType ?? "audio/wav", body: Buffer.from(sent) },
    response: {
      status: changes.status ?? 201,
      headers: new Headers(changes.headers ?? headers),
      body: typeof body === "string" ? body : JSON.stringify(body),
    },
  };
}

const { location: _, ...withoutLocation } = headers;
const problem = { type: "about:blank", title: "Bad request", status: 400, detail: "id: is no id" };
const asProblem = { "content-type": "application/problem+json", "cache-control": "no-store" };

describe("an exchange with the API", () => {
  it.each<[string, Changes]>([
    ["a recording that is taken", {}],
    ["a media type with parameters", { contentType: "Audio/WebM; codecs=opus" }],
    ["a problem", { path: "/recordings?language=xx", status: 400, headers: asProblem, body: problem }],
    [
      "an answer without a body",
      { method: "DELETE", path: `/recordings/${id}`, status: 204, headers: {}, body: "" },
    ],
  ])("is as docs/openapi.yaml says: %s", (_, changes) => {
    expect(differences(exchange(changes))).toEqual([]);
  });

  it.each<[string, Changes]>([
    ["the route is not described", { path: "/notes" }],
    ["the route is not described", { method: "PUT" }],
    ["the status 202 is not described", { status: 202 }],
    ["the media type text/html is not described", { headers: { ...headers, "content-type": "text/html" } }],
    ["the header Location is missing", { headers: withoutLocation }],
    ["the header Cache-Control itself", { headers: { ...headers, "cache-control": "public" } }],
    ["the header server is not described", { headers: { ...headers, server: "x" } }],
    ["must have required property 'status'", { body: { id, language: "en-US", format: "wav" } }],
    ["/language: must be equal to one of", { body: { ...created, language: "xx" } }],
    ["must NOT have additional properties: size", { body: { ...created, size: 1 } }],
    [
      "the problem's status is 400",
      { path: `/recordings/${id}`, method: "GET", status: 404, headers: asProblem, body: problem },
    ],
    [
      "there is a body",
      { method: "DELETE", path: `/recordings/${id}`, status: 204, headers: {}, body: "gone" },
    ],
    ["the parameter language itself", { path: "/recordings?language=xx" }],
    ["the parameter name is not described", { path: "/recordings?name=x" }],
    [
      "the parameter limit itself",
      {
        method: "GET",
        path: "/recordings?limit=0",
        status: 200,
        headers: withoutLocation,
        body: { recordings: [] },
      },
    ],
    ["the request's media type text/plain is not described", { contentType: "text/plain" }],
    ["the request's body has 0 bytes", { sent: "" }],
    ["the request's body has 4194305 bytes", { sent: "x".repeat(4 * 1024 * 1024 + 1) }],
  ])("is not: %s", (difference, changes) => {
    expect(differences(exchange(changes))).toEqual([expect.stringContaining(difference)]);
  });

  it("has a transcript when it is completed, and no other time", () => {
    const time = "2026-11-24T12:00:00.000Z";
    const audio = { href: "https://example.com/", expiresAt: time };
    const recording = { ...created, status: "completed", size: 1, uploadedAt: time, audio };
    const transcript = { text: "Buy milk.", segments: [{ start: 0, end: 1.5, text: "Buy milk." }] };
    const read = (body: object) =>
      differences(
        exchange({ method: "GET", path: `/recordings/${id}`, status: 200, headers: withoutLocation, body }),
      );

    expect(read({ ...recording, transcript })).toEqual([]);
    expect(read(recording)).not.toEqual([]);
    expect(read({ ...recording, status: "queued" })).toEqual([]);
    expect(read({ ...recording, status: "queued", transcript })).not.toEqual([]);
  });
});

const examples = openApi.operations.flatMap((operation) =>
  Object.entries(operation.responses).flatMap(([status, { headers: described = {}, content = {} }]) =>
    Object.entries(content).map(([mediaType, { example }]) => {
      const required = Object.entries(described).filter(([, header]) => header.required);
      const given = required.map(([name, { schema, example }]) => [name, String(example ?? schema.const)]);
      return {
        name: `${operation.method} ${operation.path} ${status} ${mediaType}`,
        operation,
        status: Number(status),
        headers: { "content-type": mediaType, ...Object.fromEntries(given) },
        example,
      };
    }),
  ),
);

it.each(examples)("the example is as described: $name", ({ operation, status, headers, example }) => {
  const [[contentType, { example: sent }] = ["", { example: undefined }]] = Object.entries(
    operation.requestBody?.content ?? {},
  );
  const request = { contentType, ...(sent !== undefined && { sent: JSON.stringify(sent) }) };
  const path = operation.path.replace("{id}", id);
  const body = example as object;

  expect(
    differences(exchange({ method: operation.method, path, status, headers, body, ...request })),
  ).toEqual([]);
});
