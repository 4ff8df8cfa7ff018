import { describe, expect, it } from "vitest";
import { startTestEndpoint } from "../../gate/endpoint/fixtures.ts";
import { type CorsRule, corsHeaders, preflightHeaders } from "./cors.ts";

/** What a browser asks before a page of another origin may send its request. */
async function ask(path: string, headers: Record<string, string>) {
  await using endpoint = await startTestEndpoint();
  const response = await fetch(endpoint.url + path, { method: "OPTIONS", headers });
  const text = await response.text();
  const element = (name: string) => new RegExp(`<${name}>(.*)</${name}>`).exec(text)?.[1];
  return { status: response.status, ...Object.fromEntries(said.map((name) => [name, element(name)])) };
}
const said = ["Code", "Message", "Method", "ResourceType"];

describe("the CORS rules of a bucket", () => {
  const rules: CorsRule[] = [
    {
      ...{
        origins: ["https://*.example.com"],
        methods: ["PUT", "POST"],
        headers: ["x-amz-*", "content-type"],
      },
      ...{ exposed: ["ETag"], maxAge: 600 },
    },
    { origins: ["*"], methods: ["GET"], headers: [], exposed: [] },
  ];
  const asking = (origin: string, method: string, headers?: string) => ({
    key: "k",
    headers: new Map([
      ["origin", origin],
      ["access-control-request-method", method],
      ...(headers === undefined ? [] : [["access-control-request-headers", headers] as const]),
    ]),
  });

  it("let a page ask with the first that fits", () => {
    expect(
      preflightHeaders(rules, asking("https://app.example.com", "PUT", "Content-Type, x-amz-date")),
    ).toMatchObject({
      "access-control-allow-origin": "https://app.example.com",
      "access-control-allow-methods": "PUT, POST",
      "access-control-allow-headers": "content-type, x-amz-date",
      "access-control-expose-headers": "ETag",
      "access-control-max-age": "600",
      "access-control-allow-credentials": "true",
    });
    expect(preflightHeaders(rules, asking("https://other.test", "GET"))).toMatchObject({
      "access-control-allow-origin": "*",
    });
  });

  it.each([
    ["another origin", asking("https://other.test", "PUT")],
    ["an origin that only begins like one", asking("https://app.example.com.evil.test", "PUT")],
    ["another method", asking("https://app.example.com", "DELETE")],
    ["a header that is not listed", asking("https://app.example.com", "PUT", "authorization")],
  ])("refuse %s", (_, question) => {
    expect(() => preflightHeaders(rules, question)).toThrow("This CORS request is not allowed");
  });

  it("tell a page what it may read, and say nothing to others", () => {
    const headers = (origin: string) => new Map([["origin", origin]]);

    expect(corsHeaders(rules, { method: "PUT", headers: headers("https://app.example.com") })).toMatchObject({
      "access-control-allow-origin": "https://app.example.com",
    });
    expect(corsHeaders(rules, { method: "PUT", headers: headers("https://other.test") })).toEqual({});
    expect(corsHeaders(rules, { method: "GET", headers: new Map() })).toEqual({});
  });
});

describe("a browser's preflight request", () => {
  const preflight = { origin: "https://example.com", "access-control-request-method": "PUT" };

  it.each([
    ["/photos", "BUCKET"],
    ["/photos/audio/k", "OBJECT"],
  ])("of %s is refused where the bucket has no CORS rules", async (path, ResourceType) => {
    expect(await ask(path, preflight)).toEqual({
      status: 403,
      Code: "AccessForbidden",
      Message: "CORSResponse: CORS is not enabled for this bucket.",
      Method: "PUT",
      ResourceType,
    });
  });

  it.each([
    ["an origin", {}, "Insufficient information. Origin request header needed."],
    ["a method", { origin: "https://example.com" }, "Invalid Access-Control-Request-Method: null"],
  ])("without %s is malformed", async (_, headers, Message) => {
    expect(await ask("/photos/k", headers)).toMatchObject({ status: 400, Code: "BadRequest", Message });
  });
});
