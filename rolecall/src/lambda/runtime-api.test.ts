import { type IncomingMessage, type RequestOptions, request } from "node:http";
import { text } from "node:stream/consumers";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type RuntimeApi, type RuntimeReport, startRuntimeApi } from "./runtime-api.ts";

const event = '{"headers":{"authorization":"AWS4-HMAC-SHA256 …"}}';
const invocation = {
  requestId: "4d4a0f4e-0000-4000-8000-000000000001",
  functionArn: "arn:aws:lambda:us-east-1:123456789012:function:echo",
  payload: event,
  deadline: 0,
};

let api: RuntimeApi;
let other: RuntimeApi;
let said: RuntimeReport[];

beforeEach(async () => {
  said = [];
  api = await startRuntimeApi((report) => said.push(report));
  other = await startRuntimeApi((report) => said.push(report));
});
afterEach(() => {
  api.close();
  other.close();
});

const [next, initError] = ["/invocation/next", "/init/error"];
const answerPath = `/invocation/${invocation.requestId}/response`;
const outOfMemory = "/local/out-of-memory";

async function send(
  base: string,
  method: string,
  path: string,
  options: RequestOptions = {},
): Promise<{ readonly status: number; readonly body: string }> {
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    request(`http://${base}/2018-06-01/runtime${path}`, { method, ...options }, resolve)
      .on("error", reject)
      .end(method === "POST" ? "{}" : undefined);
  });
  return { status: response.statusCode ?? 0, body: await text(response) };
}

const calls = [
  ["GET", next],
  ["POST", answerPath],
  ["POST", answerPath.replace("response", "error")],
  ["POST", initError],
  ["POST", outOfMemory],
] as const;

/** Each of these is a stranger's: the rest of the request is right. */
function strangers(): [string, string, RequestOptions?][] {
  const [host = "", secret = ""] = api.address.split("/");
  const [, otherSecret = ""] = other.address.split("/");
  return [
    ["without the secret", host],
    ["with another instance's secret", `${host}/${otherSecret}`],
    ["with a part of the secret", `${host}/${secret.slice(0, -1)}`],
    ["with the secret's place left empty", `${host}/`],
    ["with a longer secret", `${host}/${secret}0`],
    ["for another host", api.address, { headers: { host: "rebound.example" } }],
    ["for another port", api.address, { headers: { host: other.address.split("/")[0] } }],
    ["of a page", api.address, { headers: { origin: `http://${host}` } }],
    ["of a frame", api.address, { headers: { origin: "null" } }],
    ["of a link", api.address, { headers: { "sec-fetch-site": "none" } }],
  ];
}

/** The invocation goes on as if nobody else had called. */
async function expectUndisturbed(): Promise<void> {
  expect(await send(api.address, "POST", answerPath)).toMatchObject({ status: 202 });
  expect(said).toEqual([{ type: "response", body: "{}", peakMemory: 0 }]);
}

describe("a stranger's call", () => {
  it("takes no invocation, and leaves it to the instance's runtime", async () => {
    api.deliver(invocation);
    for (const [who, base, options] of strangers()) {
      const { status, body } = await send(base, "GET", next, options);
      expect(status, who).toBe(403);
      expect(body, who).not.toContain("authorization");
    }

    expect(await send(api.address, "GET", next)).toEqual({ status: 200, body: event });
    await expectUndisturbed();
  });

  it("changes nothing in an instance that works on an invocation", async () => {
    api.deliver(invocation);
    await send(api.address, "GET", next);
    for (const [who, base, options] of strangers()) {
      for (const [method, path] of calls) {
        expect((await send(base, method, path, options)).status, `${method} ${path} ${who}`).toBe(403);
      }
    }
    await expectUndisturbed();
  });

  it("changes nothing in an instance that waits", async () => {
    const waiting = send(api.address, "GET", next);
    await expect.poll(() => said).toEqual([{ type: "ready" }]);
    for (const [who, base, options] of strangers()) {
      for (const [method, path] of calls) {
        expect((await send(base, method, path, options)).status, `${method} ${path} ${who}`).toBe(403);
      }
    }
    expect(said.splice(0)).toEqual([{ type: "ready" }]);

    api.deliver(invocation);
    expect((await waiting).body).toBe(event);
    await expectUndisturbed();
  });
});

describe("an instance's own runtime", () => {
  it("cannot answer for another instance", async () => {
    api.deliver(invocation);
    await send(api.address, "GET", next);

    expect((await send(other.address, "POST", answerPath)).status).toBe(400);
    await expectUndisturbed();
  });

  it("cannot take a second invocation before it has answered the first", async () => {
    api.deliver(invocation);
    await send(api.address, "GET", next);
    expect(await send(api.address, "GET", next)).toMatchObject({ status: 403 });
    await expectUndisturbed();
  });

  it("cannot fail to initialise once it has asked for an invocation", async () => {
    api.deliver(invocation);
    await send(api.address, "GET", next);
    expect(await send(api.address, "POST", initError)).toMatchObject({ status: 403 });
    await expectUndisturbed();
  });

  it("is told of a path that there is not", async () => {
    expect((await send(api.address, "GET", "/nothing")).status).toBe(404);
    expect(said).toEqual([]);
  });
});
