import { describe, expect, it } from "vitest";
import { fakeGate, testPrincipal } from "../../run/testing/gate.ts";
import { authorizerArn, type Event, functionArn, served, testBackend, trustingCheck } from "./fixtures.ts";
import { createHttpApi, type HttpApiOptions } from "./http-api.ts";
import type { HttpAuthorizer } from "./http-authorizer.ts";
import type { LambdaAuthorizer } from "./lambda-authorizer.ts";
import { createTokenIssuer, type TokenIssuer } from "./token-issuer.ts";

const issuer = "https://login.example.com/";
const apiArn = "arn:aws:execute-api:us-east-1:123456789012:abc";

interface Setup extends Partial<HttpApiOptions> {
  readonly authorizer?: HttpAuthorizer;
  readonly routeKey?: string;
  readonly payloadFormat?: "1.0" | "2.0";
  /** What the authorizer function answers. */
  readonly answer?: (event: Event) => unknown;
  readonly gate?: ReturnType<typeof fakeGate>;
}

async function apiWith({ authorizer = { type: "NONE" }, routeKey = "GET /items/{id}", ...setup }: Setup) {
  const { payloadFormat = "2.0", answer, gate = fakeGate(), ...options } = setup;
  const parts = testBackend(gate, {
    [authorizerArn]: (event) => ({ payload: answer?.(event) }),
    [functionArn]: () => ({
      payload: {
        statusCode: 200,
        headers: { "access-control-allow-origin": "https://wrong.example" },
        body: "done",
      },
    }),
  });
  const listener = createHttpApi({
    ...parts.backend,
    ...{ apiId: "abc", stage: "$default", keyOf: () => undefined },
    verify: trustingCheck(testPrincipal("developer")),
    routes: [{ routeKey, authorizer, integration: { functionArn, payloadFormat, timeout: 30 } }],
    ...options,
  });
  return { ...parts, gate, ...(await served(listener)) };
}

describe("a JWT authorizer", () => {
  const jwt = (scopes: readonly string[] = []): HttpAuthorizer => ({
    ...{ type: "JWT", issuer, audience: ["web"], scopes },
    identitySources: ["$request.header.Authorization"],
  });
  const bearer = (token: string) => ({ headers: { authorization: `Bearer ${token}` } });
  const startIssuer = () => createTokenIssuer([{ issuer, audience: ["web"] }]);

  it("lets a token through, and the function gets its claims as texts", async () => {
    const tokens = await startIssuer();
    await using api = await apiWith({ authorizer: jwt(), keyOf: tokens.keyOf });

    const response = await api.call("/items/1", bearer(tokens.token({ sub: "anna", groups: ["a", "b"] })));

    expect(response.status).toBe(200);
    expect(api.events[0].requestContext.authorizer.jwt).toEqual({
      claims: expect.objectContaining({ iss: issuer, aud: "web", sub: "anna", groups: "[a b]" }),
      scopes: null,
    });
  });

  it("takes a token that has one of the route's scopes, and answers 403 to one that has none", async () => {
    const tokens = await startIssuer();
    await using api = await apiWith({ authorizer: jwt(["read", "write"]), keyOf: tokens.keyOf });

    expect((await api.call("/items/1", bearer(tokens.token({ scope: "openid read" })))).status).toBe(200);
    expect(api.events[0].requestContext.authorizer.jwt.scopes).toEqual(["read", "write"]);
    const refused = await api.call("/items/1", bearer(tokens.token({ scope: "openid" })));
    expect([refused.status, await refused.json()]).toEqual([403, { message: "Forbidden" }]);
  });

  const seconds = () => Math.floor(Date.now() / 1000);
  const forged = (tokens: TokenIssuer, change: object) => {
    const [head, body = "", signature] = tokens.token().split(".");
    const claims = { ...JSON.parse(Buffer.from(body, "base64url").toString()), ...change };
    return [head, Buffer.from(JSON.stringify(claims)).toString("base64url"), signature].join(".");
  };
  const withHead = (tokens: TokenIssuer, change: object) => {
    const [head = "", body, signature] = tokens.token().split(".");
    const changed = { ...JSON.parse(Buffer.from(head, "base64url").toString()), ...change };
    return [Buffer.from(JSON.stringify(changed)).toString("base64url"), body, signature].join(".");
  };
  it.each<[string, (tokens: TokenIssuer) => Promise<string> | string]>([
    ["that has expired", (tokens) => tokens.token({ exp: seconds() - 1 })],
    ["without an expiry", (tokens) => tokens.token({ exp: undefined })],
    ["that is not valid yet", (tokens) => tokens.token({ nbf: seconds() + 60 })],
    ["for another audience", (tokens) => tokens.token({ aud: "mobile" })],
    ["whose claims were changed", (tokens) => forged(tokens, { sub: "root" })],
    ["without a signature", (tokens) => tokens.token().replace(/[^.]+$/, "")],
    ["with the algorithm none", (tokens) => withHead(tokens, { alg: "none" })],
    ["with the public key for a secret", (tokens) => withHead(tokens, { alg: "HS256" })],
    ["of a key that the issuer does not have", (tokens) => withHead(tokens, { kid: "other" })],
    ["of another issuer's making", async () => (await startIssuer()).token()],
    ["that is none", () => "a.b.c"],
  ])("answers 401 to a token %s, and the function is not invoked", async (_, token) => {
    const tokens = await startIssuer();
    await using api = await apiWith({ authorizer: jwt(), keyOf: tokens.keyOf });

    const response = await api.call("/items/1", bearer(await token(tokens)));

    expect([response.status, await response.json()]).toEqual([401, { message: "Unauthorized" }]);
    expect(response.headers.get("www-authenticate")).toContain("invalid_token");
    expect(api.events).toEqual([]);
  });

  it("answers 401 where there is no token, and to one from an issuer that it does not trust", async () => {
    const tokens = await createTokenIssuer([{ issuer: "https://other.example.com", audience: ["web"] }]);
    await using api = await apiWith({ authorizer: jwt(), keyOf: tokens.keyOf });

    expect((await api.call("/items/1")).headers.get("www-authenticate")).toBe("Bearer");
    expect((await api.call("/items/1", bearer(tokens.token()))).status).toBe(401);
  });

  it("compares client_id with the audience where the token has no audience", async () => {
    const tokens = await startIssuer();
    await using api = await apiWith({ authorizer: jwt(), keyOf: tokens.keyOf });

    expect((await api.call("/items/1", bearer(tokens.token({ client_id: "web" })))).status).toBe(200);
    expect((await api.call("/items/1", bearer(tokens.token({ client_id: "other" })))).status).toBe(401);
  });
});

describe("the issuer of this machine", () => {
  it("serves its keys and signs on request what an authorizer takes", async () => {
    const tokens = await createTokenIssuer([{ issuer, audience: ["web"] }]);
    await using server = await served(tokens.listener);

    const ask = async (at: string, init?: RequestInit) => (await (await fetch(at, init)).json()) as Event;
    const { jwks_uri, token_endpoint } = await ask(`${server.url}/.well-known/openid-configuration`);
    const { keys } = await ask(jwks_uri);
    const body = JSON.stringify({ claims: { sub: "anna" } });
    const { access_token } = await ask(token_endpoint, { method: "POST", body });

    expect(keys).toEqual([expect.objectContaining({ kty: "RSA", alg: "RS256", kid: expect.any(String) })]);
    expect(keys[0]).not.toHaveProperty("d");
    expect(JSON.parse(Buffer.from(access_token.split(".")[1], "base64url").toString())).toMatchObject({
      ...{ iss: issuer, aud: "web", sub: "anna" },
    });
  });

  it("signs nothing for a web page, and nothing for an issuer that no authorizer trusts", async () => {
    const tokens = await createTokenIssuer([{ issuer, audience: [] }]);
    await using server = await served(tokens.listener);
    const ask = (init: RequestInit) => server.call("/token", { method: "POST", body: "{}", ...init });

    expect((await ask({ headers: { origin: "https://evil.example" } })).status).toBe(403);
    expect((await ask({ body: JSON.stringify({ claims: { iss: "https://other.example" } }) })).status).toBe(
      400,
    );
    expect((await ask({ body: "no JSON" })).status).toBe(400);
  });
});

describe("a Lambda authorizer", () => {
  const lambda = (change: Partial<LambdaAuthorizer> = {}): HttpAuthorizer => ({
    type: "CUSTOM",
    lambda: {
      ...{ id: "auth", functionArn: authorizerArn, type: "REQUEST", ttl: 0, payloadFormat: "2.0" },
      ...{ simpleResponses: true, identitySources: ["$request.header.Authorization"] },
      ...change,
    },
  });
  const call = { headers: { authorization: "secret" } };

  it("is told of the call, and what it tells reaches the function", async () => {
    await using api = await apiWith({
      authorizer: lambda(),
      answer: () => ({ isAuthorized: true, context: { tenant: "t1", level: 3 } }),
    });

    expect((await api.call("/items/1", call)).status).toBe(200);
    expect(api.asked).toMatchObject([
      {
        ...{ version: "2.0", type: "REQUEST", routeKey: "GET /items/{id}", identitySource: ["secret"] },
        routeArn: `${apiArn}/$default/GET/items/1`,
        pathParameters: { id: "1" },
      },
    ]);
    expect(api.events[0].requestContext.authorizer).toEqual({ lambda: { tenant: "t1", level: 3 } });
  });

  it("is invoked with its own permission", async () => {
    const gate = fakeGate(({ context }) => String(context["aws:SourceArn"]).includes("/authorizers/"));
    await using api = await apiWith({ authorizer: lambda(), gate, answer: () => ({ isAuthorized: true }) });

    expect((await api.call("/items/1", call)).status).toBe(500);
    expect(gate.asked).toMatchObject([
      { who: "apigateway.amazonaws.com", context: { "aws:SourceArn": `${apiArn}/authorizers/auth` } },
    ]);
  });

  it.each<[string, unknown, number]>([
    ["says no", { isAuthorized: false }, 403],
    ["says nothing that is understood", { isAuthorized: "yes" }, 500],
    ["says nothing", null, 500],
  ])("that %2$j answers: %s", async (_, answer, status) => {
    await using api = await apiWith({ authorizer: lambda(), answer: () => answer });

    expect((await api.call("/items/1", call)).status).toBe(status);
    expect(api.events).toEqual([]);
  });

  it("is not asked where what identifies the caller is missing", async () => {
    await using api = await apiWith({ authorizer: lambda(), answer: () => ({ isAuthorized: true }) });

    const response = await api.call("/items/1");

    expect([response.status, await response.json()]).toEqual([401, { message: "Unauthorized" }]);
    expect(api.asked).toEqual([]);
  });

  it("is asked once for the same identity while its answer holds", async () => {
    await using api = await apiWith({
      authorizer: lambda({ ttl: 60 }),
      answer: () => ({ isAuthorized: true }),
    });

    await api.call("/items/1", call);
    await api.call("/items/2", call);
    await api.call("/items/1", { headers: { authorization: "another" } });

    expect(api.asked).toHaveLength(2);
    expect(api.events).toHaveLength(3);
  });
});

describe("CORS of an HTTP API", () => {
  const cors = {
    ...{ origins: ["https://app.example"], methods: ["GET", "POST"], headers: ["content-type"] },
    ...{ exposed: ["x-total"], credentials: true, maxAge: 600 },
  };
  const preflight = (origin: string) => ({
    method: "OPTIONS",
    headers: { origin, "access-control-request-method": "GET" },
  });

  it("answers a preflight itself, whether a route takes it or not", async () => {
    await using api = await apiWith({ cors });

    const response = await api.call("/items/1", preflight("https://app.example"));

    expect(response.status).toBe(204);
    expect(Object.fromEntries(response.headers)).toMatchObject({
      "access-control-allow-origin": "https://app.example",
      "access-control-allow-methods": "GET,POST",
      "access-control-allow-headers": "content-type",
      "access-control-allow-credentials": "true",
      "access-control-max-age": "600",
    });
    expect(api.events).toEqual([]);
  });

  it("says nothing to a page of another origin", async () => {
    await using api = await apiWith({ cors });

    const response = await api.call("/items/1", preflight("https://evil.example"));

    expect([response.status, response.headers.get("access-control-allow-origin")]).toEqual([204, null]);
  });

  it("gives its own headers, not the function's", async () => {
    await using api = await apiWith({ cors });
    const allowed = await api.call("/items/1", { headers: { origin: "https://app.example" } });
    const other = await api.call("/items/1", { headers: { origin: "https://evil.example" } });

    expect(allowed.headers.get("access-control-allow-origin")).toBe("https://app.example");
    expect(allowed.headers.get("access-control-expose-headers")).toBe("x-total");
    expect(other.headers.get("access-control-allow-origin")).toBeNull();
  });

  it("has a preflight pass the authorizer of a route for every method", async () => {
    await using api = await apiWith({ cors, routeKey: "$default", authorizer: { type: "AWS_IAM" } });

    expect((await api.call("/items/1", preflight("https://app.example"))).status).toBe(403);
  });
});

describe("an HTTP API", () => {
  it("serves a stage with a name under that name, which IAM sees as the stage", async () => {
    await using api = await apiWith({
      ...{ stage: "dev", stageVariables: { color: "blue" }, authorizer: { type: "AWS_IAM" } },
    });

    expect((await api.call("/items/1")).status).toBe(404);
    expect((await api.call("/dev/items/1", { headers: { "x-signed-by": "developer" } })).status).toBe(200);
    expect(api.gate.asked[0]).toMatchObject({ resource: `${apiArn}/dev/GET/items/1` });
    expect(api.events[0]).toMatchObject({
      rawPath: "/dev/items/1",
      stageVariables: { color: "blue" },
      requestContext: { stage: "dev" },
    });
  });

  it("speaks payload format 1.0 where the integration does", async () => {
    await using api = await apiWith({ payloadFormat: "1.0", routeKey: "POST /items/{id}" });

    await api.call("/items/1?a=1&a=2", {
      method: "POST",
      body: "text",
      headers: { "content-type": "text/plain" },
    });

    expect(api.events[0]).toMatchObject({
      ...{ version: "1.0", resource: "/items/{id}", path: "/items/1", httpMethod: "POST", body: "text" },
      ...{ queryStringParameters: { a: "2" }, multiValueQueryStringParameters: { a: ["1", "2"] } },
      ...{ pathParameters: { id: "1" }, isBase64Encoded: false },
    });
  });

  it("answers 501 for what is not imitated, and says what it is", async () => {
    await using api = await apiWith({
      routes: [
        {
          routeKey: "GET /x",
          authorizer: { type: "NONE" },
          integration: { notImitated: "an HTTP_PROXY integration" },
        },
      ],
    });

    const response = await api.call("/x");

    expect(response.status).toBe(501);
    expect(await response.json()).toEqual({ message: expect.stringContaining("an HTTP_PROXY integration") });
  });
});
