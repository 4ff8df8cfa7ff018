import { describe, expect, it } from "vitest";
import { createGate } from "../../gate/gate.ts";
import type { Principal } from "../../gate/types.ts";
import { parsePolicy } from "../../iam/policy.ts";
import { testPrincipal } from "../../run/testing/gate.ts";
import { functionArn, served, testBackend, trustingCheck } from "./fixtures.ts";
import { createFunctionUrl, type FunctionUrlOptions } from "./function-url.ts";

const url = {
  ...{ Effect: "Allow", Action: "lambda:InvokeFunctionUrl", Resource: functionArn },
  Condition: { StringEquals: { "lambda:FunctionUrlAuthType": "NONE" } },
};
const invoke = {
  ...{ Effect: "Allow", Action: "lambda:InvokeFunction", Resource: functionArn },
  Condition: { Bool: { "lambda:InvokedViaFunctionUrl": "true" } },
};
const everyone = (statement: object) => ({ ...statement, Principal: "*" });
const forIam = { ...url, Condition: { StringEquals: { "lambda:FunctionUrlAuthType": "AWS_IAM" } } };

async function urlWith(statements: object[], options: Partial<FunctionUrlOptions> = {}) {
  const document = parsePolicy({ Version: "2012-10-17", Statement: statements }, "resource-based");
  const resourcePolicies = new Map([[functionArn, [{ name: "function", document }]]]);
  const gate = createGate({
    accountId: "123456789012",
    region: "us-east-1",
    resourcePolicies,
    trace: () => {},
  });
  const parts = testBackend(gate);
  const verify = trustingCheck(testPrincipal("caller"));
  const listener = createFunctionUrl({
    ...parts.backend,
    ...{ urlId: "u1", functionArn, authType: "NONE", verify },
    ...options,
  });
  return { ...parts, ...(await served(listener)) };
}

const caller = (statements: object[]): Principal => ({
  ...testPrincipal("caller"),
  policies: [{ name: "caller", document: parsePolicy({ Version: "2012-10-17", Statement: statements }) }],
});

describe("a function URL without authorization", () => {
  it("is open when everyone may call the URL and invoke the function through it", async () => {
    await using server = await urlWith([everyone(url), everyone(invoke)]);

    expect((await server.call("/a%20b?x=1", { method: "POST", body: "hi" })).status).toBe(200);
    expect(server.events[0]).toMatchObject({
      ...{ version: "2.0", routeKey: "$default", rawPath: "/a%20b", rawQueryString: "x=1" },
      requestContext: {
        ...{ accountId: "anonymous", apiId: "u1", stage: "$default" },
        domainName: "u1.lambda-url.us-east-1.on.aws",
      },
    });
    expect(server.events[0].requestContext).not.toHaveProperty("authorizer");
  });

  it.each<[string, object[]]>([
    ["the right to invoke, which URLs need since October 2025", [everyone(url)]],
    ["the right to call the URL", [everyone(invoke)]],
    [
      "rights for everyone",
      [
        { ...url, Principal: { AWS: "arn:aws:iam::123456789012:root" } },
        { ...invoke, Principal: { AWS: "arn:aws:iam::123456789012:root" } },
      ],
    ],
    ["rights for this kind of URL", [everyone(forIam), everyone(invoke)]],
  ])("answers 403 without %s", async (_, statements) => {
    await using server = await urlWith(statements);

    const response = await server.call("/");

    expect(response.status).toBe(403);
    expect(await response.json()).toEqual({ Message: expect.stringMatching(/^Forbidden/) });
    expect(server.events).toEqual([]);
  });
});

describe("a function URL with AWS_IAM", () => {
  const signed = { headers: { "x-signed-by": "caller" } };
  const open = async (statements: object[]) =>
    urlWith([], { authType: "AWS_IAM", verify: trustingCheck(caller(statements)) });

  it("lets in whoever may do both, and tells the function who it is", async () => {
    await using server = await open([forIam, invoke]);

    expect((await server.call("/", signed)).status).toBe(200);
    expect(server.events[0].requestContext).toMatchObject({
      accountId: "123456789012",
      authorizer: { iam: { userArn: expect.stringContaining("caller") } },
    });
  });

  it("lets nobody in who may do one, and nobody who does not sign", async () => {
    await using half = await open([forIam]);
    await using whole = await open([forIam, invoke]);

    expect((await half.call("/", signed)).status).toBe(403);
    expect((await whole.call("/")).status).toBe(403);
  });
});

describe("CORS of a function URL", () => {
  it("answers a preflight without asking anybody, and adds its headers", async () => {
    const cors = {
      ...{ origins: ["*"], methods: ["GET"], headers: [], exposed: [], credentials: false },
      maxAge: undefined,
    };
    await using server = await urlWith([everyone(url), everyone(invoke)], { cors });
    const headers = { origin: "https://app.example", "access-control-request-method": "GET" };

    const preflight = await server.call("/", { method: "OPTIONS", headers });
    const answer = await server.call("/", { headers });

    expect([preflight.status, preflight.headers.get("access-control-allow-methods")]).toEqual([200, "GET"]);
    expect(answer.headers.get("access-control-allow-origin")).toBe("*");
    expect(server.events).toHaveLength(1);
  });
});
