import { type IncomingMessage, request } from "node:http";
import { text } from "node:stream/consumers";
import { afterAll, beforeAll, expect, it } from "vitest";
import { listen } from "./listen.ts";

let server: Awaited<ReturnType<typeof listen>>;
beforeAll(async () => {
  server = await listen((_, response) => response.end("served"), 0, "HTTP API");
});
afterAll(() => server.close());

async function get(headers: Readonly<Record<string, string>>): Promise<string> {
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    request(server.url, { headers }, resolve).on("error", reject).end();
  });
  const body = await text(response);
  return body === "served" ? body : String(response.statusCode);
}

it.each([
  "127.0.0.1",
  "127.0.0.1:1",
  "localhost:4566",
  "LOCALHOST",
  "audio.localhost:4566",
  "[::1]:4566",
  "host.docker.internal:4566",
])("a request for %s is served: nobody else can own that name", async (host) => {
  expect(await get({ host })).toBe("served");
});

it.each([
  "rebound.example",
  "rebound.example:4566",
  "127.0.0.1.rebound.example",
  "localhost.rebound.example",
  "notlocalhost",
  "127.0.0.1:1@rebound.example",
  "[::1].rebound.example",
])("a request for %j is not: its owner may have it lead here", async (host) => {
  expect(await get({ host })).toBe("421");
});

it("a page of another origin may send a form, as one that uploads to S3 does", async () => {
  expect(await get({ origin: "https://notes.example", "sec-fetch-site": "cross-site" })).toBe("served");
});
