import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Asked, fakeGate, testPrincipal } from "../../run/testing/gate.ts";
import { type InvokeResult, LambdaServiceError } from "../types.ts";
import { type Event, functionArn, served, testBackend } from "./fixtures.ts";
import { createHttpApi } from "./http-api.ts";
import { compileRoutes } from "./routes.ts";

const principal = testPrincipal("worker");
const apiArn = "arn:aws:execute-api:us-east-1:123456789012:abc";

interface Setup {
  readonly routes?: readonly string[];
  readonly answer?: (event: Event) => InvokeResult | Promise<InvokeResult>;
  readonly denies?: (asked: Asked) => boolean;
  /** Whether the request carries a valid signature. */
  readonly signed?: boolean;
  readonly authorizationType?: "AWS_IAM" | "NONE";
  readonly timeout?: number;
}

/** A running API; every route leads to one function. */
async function apiWith(setup: Setup = {}) {
  const { routes = ["ANY /{proxy+}"], signed = true, authorizationType = "AWS_IAM" } = setup;
  const gate = fakeGate(setup.denies);
  const { answer } = setup;
  const { backend, events, lines } = testBackend(gate, answer && { [functionArn]: answer });
  const api = await served(
    createHttpApi({
      ...backend,
      apiId: "abc",
      stage: "$default",
      routes: routes.map((routeKey) => ({
        routeKey,
        integration: { functionArn, payloadFormat: "2.0", timeout: setup.timeout ?? 30 },
        authorizer: { type: authorizationType },
      })),
      verify: () => (signed ? { principal } : { refusal: { reason: "anonymous" } }),
      keyOf: () => undefined,
    }),
  );
  return { ...api, events, lines, gate };
}

describe("the event of payload format 2.0", () => {
  it("tells route, path, parameters, query, headers, cookies and who signed", async () => {
    await using api = await apiWith({ routes: ["GET /photos/{id}"] });

    await api.call("/photos/a%20b?x=1&x=2&y=%C3%BC", { headers: { "X-One": "1", cookie: "a=1; b=2" } });

    expect(api.events).toHaveLength(1);
    expect(api.events[0]).toMatchObject({
      version: "2.0",
      routeKey: "GET /photos/{id}",
      rawPath: "/photos/a b",
      rawQueryString: "x=1&x=2&y=%C3%BC",
      queryStringParameters: { x: "1,2", y: "ü" },
      pathParameters: { id: "a b" },
      cookies: ["a=1", "b=2"],
      headers: { "x-one": "1" },
      isBase64Encoded: false,
      requestContext: {
        accountId: "123456789012",
        apiId: "abc",
        authorizer: { iam: { accountId: "123456789012", userArn: principal.caller.arn } },
        domainName: "abc.execute-api.us-east-1.amazonaws.com",
        http: { method: "GET", path: "/photos/a b", protocol: "HTTP/1.1", sourceIp: "127.0.0.1" },
        routeKey: "GET /photos/{id}",
        stage: "$default",
        time: expect.stringMatching(/^\d\d\/[A-Z][a-z]{2}\/\d{4}:\d\d:\d\d:\d\d \+0000$/),
        timeEpoch: expect.any(Number),
      },
    });
    expect(api.events[0].headers).not.toHaveProperty("cookie");
    expect(api.events[0]).not.toHaveProperty("body");
  });

  it.each([
    ["text/plain", false],
    ["application/json; charset=utf-8", false],
    ["application/xml", false],
    ["application/javascript", false],
    ["audio/wav", true],
    ["application/octet-stream", true],
    ["application/jsonlines", true],
    [undefined, true],
  ])("carries a body of type %s in base64: %s", async (contentType, isBase64Encoded) => {
    await using api = await apiWith();
    const body = Buffer.from("héllo");

    await api.call("/x", {
      method: "POST",
      body,
      ...(contentType && { headers: { "content-type": contentType } }),
    });

    expect(api.events[0]).toMatchObject({
      isBase64Encoded,
      body: body.toString(isBase64Encoded ? "base64" : "utf8"),
    });
  });

  it("survives query parameters and headers that are named like what every object inherits", async () => {
    await using api = await apiWith();

    await api.call("/x?constructor=1&toString=2", { headers: { constructor: "3" } });

    expect(api.events[0].queryStringParameters).toEqual({ constructor: "1", toString: "2" });
    expect(api.events[0].headers.constructor).toBe("3");
  });
});

describe("the IAM authorizer", () => {
  it("asks whether the caller may invoke this method and path", async () => {
    await using api = await apiWith();

    await api.call("/photos/1", { method: "DELETE" });

    expect(api.gate.asked).toMatchObject([
      { who: "worker", action: "execute-api:Invoke", resource: `${apiArn}/$default/DELETE/photos/1` },
      {
        who: "apigateway.amazonaws.com",
        action: "lambda:InvokeFunction",
        resource: functionArn,
        context: { "aws:SourceAccount": "123456789012", "aws:SourceArn": expect.stringContaining(apiArn) },
      },
    ]);
  });

  it.each<[string, Setup]>([
    ["without a valid signature", { signed: false }],
    ["without the right to invoke", { denies: ({ action }) => action === "execute-api:Invoke" }],
  ])("answers 403 %s, and the function is not invoked", async (_, setup) => {
    await using api = await apiWith(setup);

    const response = await api.call("/x");

    expect(response.status).toBe(403);
    expect(await response.json()).toEqual({ message: "Forbidden" });
    expect(api.events).toEqual([]);
  });

  it("is not asked on a route that has none", async () => {
    await using api = await apiWith({ signed: false, authorizationType: "NONE" });

    expect((await api.call("/x")).status).toBe(200);
    expect(api.events[0].requestContext).not.toHaveProperty("authorizer");
  });
});

describe("the API answers", () => {
  const failing: [string, Setup, number, string][] = [
    [
      "when the function's policy does not let it invoke",
      { denies: ({ action }) => action === "lambda:InvokeFunction" },
      500,
      "Internal Server Error",
    ],
    [
      "when the function failed",
      {
        answer: () => ({
          functionError: "Unhandled",
          payload: { errorType: "Error", errorMessage: "secret" },
        }),
      },
      500,
      "Internal Server Error",
    ],
    [
      "when the answer is malformed",
      { answer: () => ({ payload: { statusCode: "no" } }) },
      500,
      "Internal Server Error",
    ],
    [
      "when a header is malformed",
      { answer: () => ({ payload: { statusCode: 200, headers: { "a b": "x" } } }) },
      500,
      "Internal Server Error",
    ],
    [
      "when Lambda throttles",
      { answer: () => Promise.reject(new LambdaServiceError("TooManyRequestsException", "Rate Exceeded.")) },
      503,
      "Service Unavailable",
    ],
    [
      "when the event is too large",
      { answer: () => Promise.reject(new LambdaServiceError("RequestTooLargeException", "too large")) },
      413,
      "Request Entity Too Large",
    ],
    [
      "when the function takes too long",
      { answer: () => new Promise(() => {}), timeout: 0.02 },
      503,
      "Service Unavailable",
    ],
    [
      "when anything else goes wrong",
      { answer: () => Promise.reject(new Error("boom")) },
      500,
      "Internal Server Error",
    ],
  ];

  it.each(failing)("%s", async (_, setup, status, message) => {
    await using api = await apiWith(setup);

    const response = await api.call("/x");

    expect(response.status).toBe(status);
    expect(await response.json()).toEqual({ message });
  });

  it("404 for a path without a route", async () => {
    await using api = await apiWith({ routes: ["GET /photos"] });

    for (const [method, path] of [
      ["GET", "/other"],
      ["POST", "/photos"],
      ["GET", "/photos/"],
    ] as const) {
      const response = await api.call(path, { method });
      expect(response.status).toBe(404);
      expect(await response.json()).toEqual({ message: "Not Found" });
    }
  });

  it("413 for more than 10 MiB, and passes exactly that on", async () => {
    await using api = await apiWith();
    const body = Buffer.alloc(10 * 1024 * 1024);

    expect((await api.call("/x", { method: "POST", body })).status).toBe(200);
    expect((await api.call("/x", { method: "POST", body: Buffer.alloc(body.length + 1) })).status).toBe(413);
  });

  it("what the function says by statusCode, headers, cookies and body", async () => {
    const payload = {
      statusCode: 201,
      headers: { "X-One": 1, "content-type": "audio/wav" },
      cookies: ["a=1", "b=2"],
      body: Buffer.from([0, 255]).toString("base64"),
      isBase64Encoded: true,
    };
    await using api = await apiWith({ answer: () => ({ payload }) });

    const response = await api.call("/x");

    expect(response.status).toBe(201);
    expect(response.headers.get("x-one")).toBe("1");
    expect(response.headers.get("content-type")).toBe("audio/wav");
    expect(response.headers.getSetCookie()).toEqual(["a=1", "b=2"]);
    expect(Buffer.from(await response.arrayBuffer())).toEqual(Buffer.from([0, 255]));
  });

  it.each([
    [{ a: 1 }, '{"a":1}'],
    ["text", "text"],
    ["", ""],
    [null, "null"],
    [7, "7"],
    [false, "false"],
    [[1, "a"], '[1,"a"]'],
    [{ body: "no status", headers: { "x-one": "1" } }, '{"body":"no status","headers":{"x-one":"1"}}'],
  ])("200 with the JSON of what has no statusCode: %j", async (payload, body) => {
    await using api = await apiWith({ answer: () => ({ payload }) });

    const response = await api.call("/x");

    expect(response.status).toBe(200);
    expect(response.headers.get("content-type")).toBe("application/json");
    expect(await response.text()).toBe(body);
  });

  it.each([
    [201, 201],
    ["404", 404],
    [599, 599],
  ])("with the statusCode %j", async (statusCode, status) => {
    await using api = await apiWith({ answer: () => ({ payload: { statusCode, body: "x" } }) });

    expect((await api.call("/x")).status).toBe(status);
  });

  it.each([
    ...[100, 101, 199, 600, 1000, 0, -200, 200.5, "", "2xx", "0xC8", " 200", true, null, [200], {}].map(
      (statusCode) => ({ statusCode }),
    ),
    ...[1, true, {}, ["x"]].map((body) => ({ statusCode: 200, body })),
    ...["a", "abc=d", "a b=", "é", "YQ"].map((body) => ({ statusCode: 200, body, isBase64Encoded: true })),
    { statusCode: 200, isBase64Encoded: "true" },
    ...[null, {}, ["a"]].map((value) => ({ statusCode: 200, headers: { "x-one": value } })),
    ...["a\nb", "a\u0000"].map((value) => ({ statusCode: 200, headers: { "x-one": value } })),
    ...["text", ["x: 1"], 1].map((headers) => ({ statusCode: 200, headers })),
    ...["a=1", [1], [null], ["a\nb"], {}].map((cookies) => ({ statusCode: 200, cookies })),
  ])("500 for %j, and tells nobody but the log why", async (payload) => {
    await using api = await apiWith({ answer: () => ({ payload }) });

    const response = await api.call("/x");

    expect(response.status).toBe(500);
    expect(await response.json()).toEqual({ message: "Internal Server Error" });
    expect(api.lines).toEqual([expect.stringMatching(/statusCode|body|isBase64Encoded|header|cookie/i)]);
  });

  it("with header names in lower case, numbers and truths as text, and every cookie", async () => {
    const payload = {
      statusCode: 200,
      headers: { "X-Count": 7, "X-Really": true, "Set-Cookie": "c=0" },
      cookies: ["a=1", "b=2"],
      multiValueHeaders: { "x-many": ["1", "2"] },
    };
    await using api = await apiWith({ answer: () => ({ payload }) });

    const { headers } = await api.call("/x");

    expect(headers.get("x-count")).toBe("7");
    expect(headers.get("x-really")).toBe("true");
    expect(headers.getSetCookie()).toEqual(["c=0", "a=1", "b=2"]);
    expect(headers.has("x-many")).toBe(false);
    expect(headers.get("content-type")).toBe("text/plain;charset=UTF-8");
  });

  it.each([
    ["Content-Length", "1"],
    ["Transfer-Encoding", "chunked"],
    ["Connection", "close"],
    ["Keep-Alive", "timeout=1"],
    ["Trailer", "x-sum"],
    ["Upgrade", "websocket"],
    ["TE", "trailers"],
    ["apigw-requestid", "mine"],
  ])("without the function's %s, whole", async (header, value) => {
    const payload = { statusCode: 200, headers: { [header]: value }, body: "whole" };
    await using api = await apiWith({ answer: () => ({ payload }) });

    const response = await api.call("/x");

    expect(response.headers.get(header)).not.toBe(value);
    expect(await response.text()).toBe("whole");
  });

  it.each([[{ statusCode: 200 }], [{ statusCode: 200, body: null }], [{ statusCode: 200, body: "" }]])(
    "nothing for %j",
    async (payload) => {
      await using api = await apiWith({ answer: () => ({ payload }) });

      const response = await api.call("/x");

      expect(response.headers.get("content-length")).toBe("0");
      expect(await response.text()).toBe("");
    },
  );

  it("HEAD with the headers alone, and OPTIONS like every other method", async () => {
    const payload = { statusCode: 200, headers: { "x-one": "1" }, body: "whole" };
    await using api = await apiWith({ routes: ["HEAD /x", "OPTIONS /x"], answer: () => ({ payload }) });

    const head = await api.call("/x", { method: "HEAD" });
    const options = await api.call("/x", { method: "OPTIONS" });

    expect([head.status, head.headers.get("x-one"), await head.text()]).toEqual([200, "1", ""]);
    expect([options.status, await options.text()]).toEqual([200, "whole"]);
    expect((await api.call("/x")).status).toBe(404);
  });

  it("always, and with an HTTP status, whatever a function says", async () => {
    let payload: unknown;
    await using api = await apiWith({ answer: () => ({ payload }) });
    const answer = fc.oneof(
      fc.jsonValue(),
      fc.record(
        {
          statusCode: fc.oneof(fc.integer({ min: 0, max: 700 }), fc.jsonValue()),
          headers: fc.oneof(fc.dictionary(fc.string(), fc.jsonValue()), fc.jsonValue()),
          cookies: fc.oneof(fc.array(fc.string()), fc.jsonValue()),
          body: fc.oneof(fc.string(), fc.jsonValue()),
          isBase64Encoded: fc.oneof(fc.boolean(), fc.jsonValue()),
        },
        { requiredKeys: [] },
      ),
    );
    await fc.assert(
      fc.asyncProperty(answer, async (value) => {
        payload = value;
        const response = await api.call("/x");
        await response.arrayBuffer();
        expect(response.status).toBeGreaterThanOrEqual(200);
      }),
      { numRuns: 200 },
    );
  });

  it("204 without a body", async () => {
    await using api = await apiWith({ answer: () => ({ payload: { statusCode: 204 } }) });

    const response = await api.call("/x", { method: "DELETE" });

    expect(response.status).toBe(204);
    expect(await response.text()).toBe("");
  });
});

describe("routes", () => {
  const find = (keys: readonly string[], method: string, path: string) =>
    compileRoutes(keys.map((routeKey) => ({ routeKey })))(method, path.split("/").slice(1));

  it.each([
    ["GET", "/a/b", "GET /a/b", {}],
    ["POST", "/a/b", "ANY /a/b", {}],
    ["GET", "/a/x", "GET /a/{one}", { one: "x" }],
    ["GET", "/a/x/y", "GET /a/{rest+}", { rest: "x/y" }],
    ["GET", "/z", "$default", {}],
  ])("%s %s takes the most specific: %s", (method, path, routeKey, pathParameters) => {
    const keys = ["$default", "GET /a/{rest+}", "GET /a/{one}", "ANY /a/b", "GET /a/b"];

    expect(find(keys, method, path)).toEqual({ route: { routeKey }, pathParameters });
  });

  it("are found whatever order they are written in", () => {
    const keys = ["GET /a", "GET /{x}", "GET /a/b", "GET /a/{y}", "GET /{x+}", "ANY /a/{y}", "$default"];
    const path = fc.array(fc.constantFrom("a", "b", "c"), { minLength: 1, maxLength: 3 });
    fc.assert(
      fc.property(fc.shuffledSubarray(keys, { minLength: keys.length }), path, (shuffled, parts) => {
        const target = `/${parts.join("/")}`;
        expect(find(shuffled, "GET", target)).toEqual(find(keys, "GET", target));
      }),
    );
  });

  it.each(["GET photos", "FETCH /a", "GET /a/{x+}/b", "GET /{x", ""])("refuse the key %j", (routeKey) => {
    expect(() => find([routeKey], "GET", "/")).toThrow(/is no route key/);
  });

  it("refuse a key that stands twice", () => {
    expect(() => find(["GET /a", "GET /a"], "GET", "/a")).toThrow("stands twice");
  });
});
