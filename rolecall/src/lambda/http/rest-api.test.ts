import { describe, expect, it } from "vitest";
import { createGate } from "../../gate/gate.ts";
import type { Principal } from "../../gate/types.ts";
import { parsePolicy } from "../../iam/policy.ts";
import type { NamedPolicy } from "../../iam/types.ts";
import { fakeGate, testPrincipal } from "../../run/testing/gate.ts";
import { authorizerArn, type Event, functionArn, served, testBackend, trustingCheck } from "./fixtures.ts";
import { createRestApi, type RestApiOptions, type RestMethod } from "./rest-api.ts";
import type { RestAuthorizer } from "./rest-authorizer.ts";
import { findMethod } from "./rest-routes.ts";
import { createTokenIssuer } from "./token-issuer.ts";

const apiArn = "arn:aws:execute-api:us-east-1:123456789012:abc";

interface Setup extends Partial<RestApiOptions> {
  readonly method?: Partial<RestMethod>;
  readonly answer?: unknown;
  /** What the authorizer function answers, or throws. */
  readonly authorizes?: (event: Event) => unknown;
}

async function apiWith({
  method,
  answer = { statusCode: 200 },
  authorizes,
  gate = fakeGate(),
  ...options
}: Setup) {
  const parts = testBackend(gate, {
    [functionArn]: () => ({ payload: answer }),
    [authorizerArn]: (event) => {
      try {
        return { payload: authorizes?.(event) };
      } catch (error) {
        const { message } = error as Error;
        return { functionError: "Unhandled", payload: { errorType: "Error", errorMessage: message } };
      }
    },
  });
  const listener = createRestApi({
    ...parts.backend,
    ...{ apiId: "abc", binaryMediaTypes: [], gatewayResponses: [], hasPolicy: false, keyOf: () => undefined },
    stages: [{ name: "dev", variables: { color: "blue" }, apiKeys: ["key-1"] }],
    verify: trustingCheck(testPrincipal("developer")),
    methods: [
      {
        ...{ resource: "/items/{id}", httpMethod: "GET", resourceId: "r1", needsApiKey: false },
        ...{ authorizer: { type: "NONE" }, integration: { functionArn, timeout: 29 } },
        ...method,
      },
    ],
    ...options,
  });
  return { ...parts, ...(await served(listener)) };
}

const said = async (response: Response) => [response.status, await response.json()];

/** A gate with IAM behind it: API Gateway may invoke every function. */
function realGate(apiPolicy?: object) {
  const document = (statements: object) =>
    parsePolicy({ Version: "2012-10-17", Statement: statements }, "resource-based");
  const invoke = document({
    ...{ Effect: "Allow", Principal: { Service: "apigateway.amazonaws.com" } },
    ...{ Action: "lambda:InvokeFunction", Resource: "*" },
  });
  const resourcePolicies = new Map<string, NamedPolicy[]>([
    [functionArn, [{ name: "invoke", document: invoke }]],
    [authorizerArn, [{ name: "invoke", document: invoke }]],
    ...(apiPolicy ? [[apiArn, [{ name: "api", document: document(apiPolicy) }]] as const] : []),
  ] as [string, NamedPolicy[]][]);
  return createGate({ accountId: "123456789012", region: "us-east-1", resourcePolicies, trace: () => {} });
}

describe("the event of a REST API", () => {
  it("has the path as it was sent, every value of a header and of the query, and the stage", async () => {
    await using api = await apiWith({});

    await api.call("/dev/items/a%2Fb?x=1&x=%C3%BC", { headers: { "X-One": "1" } });

    expect(api.events[0]).toMatchObject({
      ...{
        resource: "/items/{id}",
        path: "/items/a%2Fb",
        httpMethod: "GET",
        body: null,
        isBase64Encoded: false,
      },
      ...{ pathParameters: { id: "a%2Fb" }, queryStringParameters: { x: "ü" } },
      ...{ multiValueQueryStringParameters: { x: ["1", "ü"] }, stageVariables: { color: "blue" } },
      multiValueHeaders: { "X-One": ["1"], "X-Forwarded-Proto": ["https"] },
      requestContext: {
        ...{
          apiId: "abc",
          stage: "dev",
          resourcePath: "/items/{id}",
          resourceId: "r1",
          path: "/dev/items/a%2Fb",
        },
        identity: { sourceIp: "127.0.0.1", userArn: null },
      },
    });
  });

  it.each([
    [["image/png"], "image/png", true],
    [["image/*"], "image/png", true],
    [["*/*"], "application/json", true],
    [[], "image/png", false],
  ])(
    "carries a body in base64 by its binary media types %j: %s",
    async (binaryMediaTypes, type, isBase64Encoded) => {
      await using api = await apiWith({ binaryMediaTypes, method: { httpMethod: "ANY" } });

      await api.call("/dev/items/1", { method: "POST", body: "héllo", headers: { "content-type": type } });

      const body = Buffer.from("héllo").toString(isBase64Encoded ? "base64" : "utf8");
      expect(api.events[0]).toMatchObject({ isBase64Encoded, body });
    },
  );
});

describe("a REST API answers", () => {
  it.each([
    ["/items/1", { message: "Forbidden" }],
    ["/prod/items/1", { message: "Forbidden" }],
    ["/dev/other", { message: "Missing Authentication Token" }],
  ])("403 at %s, where nothing is", async (path, body) => {
    await using api = await apiWith({});

    expect(await said(await api.call(path))).toEqual([403, body]);
  });

  it.each<[unknown]>([
    ["text"],
    [null],
    [{ body: "no status" }],
    [{ statusCode: 200, body: {} }],
    [{ statusCode: 200, multiValueHeaders: { a: "1" } }],
  ])("502 when the function answers %j", async (answer) => {
    await using api = await apiWith({ answer });

    expect(await said(await api.call("/dev/items/1"))).toEqual([502, { message: "Internal server error" }]);
  });

  it("500 when the function's policy does not let it invoke", async () => {
    const gate = fakeGate(({ action }) => action === "lambda:InvokeFunction");
    await using api = await apiWith({ gate });

    expect(await said(await api.call("/dev/items/1"))).toEqual([500, { message: "Internal server error" }]);
    expect(gate.asked[0]?.context).toMatchObject({ "aws:SourceArn": `${apiArn}/dev/GET/items/{id}` });
  });

  it("504 when the function takes too long", async () => {
    await using api = await apiWith({
      method: { integration: { functionArn, timeout: 0.02 } },
      lambda: { invoke: () => new Promise(() => {}) },
    });

    expect(await said(await api.call("/dev/items/1"))).toEqual([
      504,
      { message: "Endpoint request timed out" },
    ]);
  });

  it("with every value of multiValueHeaders, and JSON where no type is named", async () => {
    await using api = await apiWith({
      answer: {
        statusCode: 201,
        headers: { "X-A": "1" },
        multiValueHeaders: { "Set-Cookie": ["a=1", "b=2"] },
      },
    });

    const { status, headers } = await api.call("/dev/items/1");

    expect([status, headers.get("x-a"), headers.getSetCookie()]).toEqual([201, "1", ["a=1", "b=2"]]);
    expect(headers.get("content-type")).toBe("application/json");
  });

  it("in base64 as it is, unless the type that is accepted is a binary one", async () => {
    const answer = {
      ...{ statusCode: 200, headers: { "content-type": "image/png" }, isBase64Encoded: true },
      body: Buffer.from([0, 255]).toString("base64"),
    };
    await using text = await apiWith({ answer });
    await using binary = await apiWith({ answer, binaryMediaTypes: ["image/png"] });
    const accept = { headers: { accept: "image/png" } };

    expect(await (await text.call("/dev/items/1", accept)).text()).toBe("AP8=");
    expect(Buffer.from(await (await binary.call("/dev/items/1", accept)).arrayBuffer())).toEqual(
      Buffer.from([0, 255]),
    );
  });

  it("as the template shapes its gateway responses", async () => {
    await using api = await apiWith({
      gatewayResponses: [
        {
          ...{ type: "DEFAULT_4XX", headers: { "access-control-allow-origin": "*" } },
          ...{ status: 404, template: '{"error":$context.error.messageString}' },
        },
      ],
    });

    const response = await api.call("/dev/other");

    expect(response.headers.get("access-control-allow-origin")).toBe("*");
    expect(await said(response)).toEqual([404, { error: "Missing Authentication Token" }]);
  });

  it("a preflight by a MOCK integration, with the origin that fits", async () => {
    const mock = {
      ...{ status: 200, body: "", origins: [/^https:\/\/.+[.]example$/] },
      headers: { "access-control-allow-origin": "https://first.example" },
    };
    await using api = await apiWith({ method: { httpMethod: "OPTIONS", integration: { mock } } });
    const allowed = async (origin: string) => {
      const response = await api.call("/dev/items/1", { method: "OPTIONS", headers: { origin } });
      return response.headers.get("access-control-allow-origin");
    };

    expect(await allowed("https://app.example")).toBe("https://app.example");
    expect(await allowed("https://evil.test")).toBe("https://first.example");
    expect(api.events).toEqual([]);
  });

  it("403 without an API key that a usage plan of the stage has", async () => {
    await using api = await apiWith({ method: { needsApiKey: true } });
    const call = (headers: Record<string, string>) => api.call("/dev/items/1", { headers });

    expect(await said(await call({}))).toEqual([403, { message: "Forbidden" }]);
    expect((await call({ "x-api-key": "key-2" })).status).toBe(403);
    expect((await call({ "x-api-key": "key-1" })).status).toBe(200);
    expect(api.events[0].requestContext.identity.apiKey).toBe("key-1");
  });
});

describe("AWS_IAM at a REST API", () => {
  const authorizer: RestAuthorizer = { type: "AWS_IAM" };
  const signed = { headers: { "x-signed-by": "developer" } };
  const may = (Resource: string): Principal => ({
    ...testPrincipal("developer"),
    policies: [
      {
        name: "may",
        document: parsePolicy({
          Version: "2012-10-17",
          Statement: { Effect: "Allow", Action: "execute-api:Invoke", Resource },
        }),
      },
    ],
  });

  it("lets in whom IAM lets, and tells the function who it is", async () => {
    const verify = trustingCheck(may(`${apiArn}/dev/GET/items/*`));
    await using api = await apiWith({ method: { authorizer }, gate: realGate(), verify });

    expect((await api.call("/dev/items/1", signed)).status).toBe(200);
    expect(api.events[0].requestContext.identity.userArn).toContain("assumed-role/developer");
  });

  it("says who may not, and hides the account", async () => {
    const verify = trustingCheck(may(`${apiArn}/prod/*`));
    await using api = await apiWith({ method: { authorizer }, gate: realGate(), verify });

    const [status, { Message }] = (await said(await api.call("/dev/items/1", signed))) as [
      number,
      { Message: string },
    ];

    expect(status).toBe(403);
    expect(Message).toContain("is not authorized to perform: execute-api:Invoke on resource: ");
    expect(Message).toContain("arn:aws:execute-api:us-east-1:********9012:abc/dev/GET/items/1");
    expect(await said(await api.call("/dev/items/1"))).toEqual([
      403,
      { message: "Missing Authentication Token" },
    ]);
  });

  it("also by the API's policy alone, unless that denies", async () => {
    const policy = (Effect: string) => ({
      Effect,
      Principal: "*",
      Action: "execute-api:Invoke",
      Resource: `${apiArn}/*`,
    });
    const verify = trustingCheck(testPrincipal("developer"));
    const setup = { method: { authorizer }, verify, hasPolicy: true };
    await using open = await apiWith({ ...setup, gate: realGate(policy("Allow")) });
    await using closed = await apiWith({
      ...setup,
      gate: realGate(policy("Deny")),
      verify: trustingCheck(may("*")),
    });

    expect((await open.call("/dev/items/1", signed)).status).toBe(200);
    expect((await closed.call("/dev/items/1", signed)).status).toBe(403);
  });
});

describe("the policy of a REST API", () => {
  it("has to let in whoever does not sign", async () => {
    const statement = {
      ...{ Effect: "Allow", Principal: "*", Action: "execute-api:Invoke", Resource: `${apiArn}/*` },
      Condition: { IpAddress: { "aws:SourceIp": "203.0.113.0/24" } },
    };
    await using closed = await apiWith({ gate: realGate(statement), hasPolicy: true });
    await using open = await apiWith({ gate: realGate({ ...statement, Condition: {} }), hasPolicy: true });

    const [status, body] = await said(await closed.call("/dev/items/1"));
    expect([status, (body as { Message: string }).Message]).toEqual([
      403,
      expect.stringMatching(/^User: anonymous is not/),
    ]);
    expect((await open.call("/dev/items/1")).status).toBe(200);
  });
});

describe("a Lambda authorizer of a REST API", () => {
  const custom = (type: "TOKEN" | "REQUEST", change = {}): RestAuthorizer => ({
    type: "CUSTOM",
    lambda: {
      ...{
        id: "auth",
        functionArn: authorizerArn,
        type,
        ttl: 300,
        simpleResponses: false,
        payloadFormat: "1.0",
      },
      identitySources: ["method.request.header.Authorization"],
      ...change,
    },
  });
  const policy = (Effect: string, Resource: string, context?: object) => ({
    principalId: "anna",
    policyDocument: {
      Version: "2012-10-17",
      Statement: [{ Action: "execute-api:Invoke", Effect, Resource }],
    },
    ...(context && { context }),
  });
  const call = { headers: { authorization: "secret" } };

  it("gets the token, and its policy is decided on; what it tells reaches the function as text", async () => {
    const answer = {
      gate: realGate(),
      authorizes: ({ methodArn }: Event) => policy("Allow", methodArn, { level: 3 }),
    };
    await using api = await apiWith({ method: { authorizer: custom("TOKEN") }, ...answer });

    expect((await api.call("/dev/items/1", call)).status).toBe(200);
    expect(api.asked).toEqual([
      { type: "TOKEN", authorizationToken: "secret", methodArn: `${apiArn}/dev/GET/items/1` },
    ]);
    expect(api.events[0].requestContext.authorizer).toEqual({ principalId: "anna", level: "3" });
  });

  it("keeps its answer for the same token: a policy for one method then refuses another", async () => {
    const answer = { gate: realGate(), authorizes: ({ methodArn }: Event) => policy("Allow", methodArn) };
    await using api = await apiWith({ method: { authorizer: custom("TOKEN") }, ...answer });

    expect((await api.call("/dev/items/1", call)).status).toBe(200);
    expect((await api.call("/dev/items/2", call)).status).toBe(403);
    expect(api.asked).toHaveLength(1);
  });

  it.each<[string, () => unknown, number, unknown]>([
    [
      "a policy that denies",
      () => policy("Deny", "*"),
      403,
      { Message: "User is not authorized to access this resource with an explicit deny" },
    ],
    [
      "a policy for something else",
      () => policy("Allow", `${apiArn}/prod/*`),
      403,
      { Message: "User is not authorized to access this resource" },
    ],
    ["no policy", () => ({ principalId: "anna" }), 500, { message: null }],
    ["a context of objects", () => policy("Allow", "*", { a: {} }), 500, { message: null }],
    [
      "the error Unauthorized",
      () => {
        throw new Error("Unauthorized");
      },
      401,
      { message: "Unauthorized" },
    ],
    [
      "another error",
      () => {
        throw new Error("boom");
      },
      500,
      { message: null },
    ],
  ])("with %s lets nobody in", async (_, authorizes, status, body) => {
    await using api = await apiWith({
      method: { authorizer: custom("REQUEST") },
      gate: realGate(),
      authorizes,
    });

    expect(await said(await api.call("/dev/items/1", call))).toEqual([status, body]);
    expect(api.events).toEqual([]);
  });

  it("is not asked without a token, nor with one that does not look like one", async () => {
    const authorizer = custom("TOKEN", { validation: /^(?:Bearer .*)$/ });
    await using api = await apiWith({
      method: { authorizer },
      gate: realGate(),
      authorizes: () => policy("Allow", "*"),
    });

    expect((await api.call("/dev/items/1")).status).toBe(401);
    expect((await api.call("/dev/items/1", call)).status).toBe(401);
    expect(api.asked).toEqual([]);
    expect((await api.call("/dev/items/1", { headers: { authorization: "Bearer x" } })).status).toBe(200);
  });
});

describe("a Cognito authorizer", () => {
  const issuer = "https://cognito-idp.us-east-1.amazonaws.com/us-east-1_abc";
  const pools = (scopes: string[] = []): RestAuthorizer => ({
    ...{ type: "COGNITO_USER_POOLS", issuers: [issuer], scopes },
    identitySource: "method.request.header.Authorization",
  });

  it("takes identity tokens, and access tokens where a scope is asked for", async () => {
    const tokens = await createTokenIssuer([{ issuer, audience: [] }]);
    const call = (token: string) => ({ headers: { authorization: token } });
    const [id, access] = [
      tokens.token({ token_use: "id" }),
      tokens.token({ token_use: "access", scope: "items/read" }),
    ];
    await using plain = await apiWith({ method: { authorizer: pools() }, keyOf: tokens.keyOf });
    await using scoped = await apiWith({
      method: { authorizer: pools(["items/read"]) },
      keyOf: tokens.keyOf,
    });

    expect((await plain.call("/dev/items/1", call(id))).status).toBe(200);
    expect(plain.events[0].requestContext.authorizer.claims).toMatchObject({ iss: issuer, token_use: "id" });
    expect(await said(await plain.call("/dev/items/1", call(access)))).toEqual([
      401,
      { message: "Unauthorized" },
    ]);
    expect((await scoped.call("/dev/items/1", call(access))).status).toBe(200);
    expect((await scoped.call("/dev/items/1", call(id))).status).toBe(401);
    expect((await plain.call("/dev/items/1")).status).toBe(401);
  });
});

describe("methods of a REST API", () => {
  const methods = ["GET /", "GET /a", "ANY /a", "GET /{x}", "GET /a/{y}", "GET /{proxy+}"].map((key) => {
    const [httpMethod = "", resource = ""] = key.split(" ");
    return { httpMethod, resource };
  });

  it.each([
    ["GET", "", "GET /", {}],
    ["GET", "a", "GET /a", {}],
    ["POST", "a", "ANY /a", {}],
    ["GET", "b", "GET /{x}", { x: "b" }],
    ["GET", "a/b", "GET /a/{y}", { y: "b" }],
    ["GET", "b/c/d", "GET /{proxy+}", { proxy: "b/c/d" }],
  ])("%s /%s finds %s", (httpMethod, path, key, pathParameters) => {
    const found = findMethod(methods, httpMethod, path.split("/"));

    expect([`${found?.method.httpMethod} ${found?.method.resource}`, found?.pathParameters]).toEqual([
      key,
      pathParameters,
    ]);
  });

  it("are not found where the resource that fits best has none such", () => {
    expect(findMethod(methods, "POST", ["a", "b"])).toBeUndefined();
  });
});
