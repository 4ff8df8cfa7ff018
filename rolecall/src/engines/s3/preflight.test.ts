import { describe, expect, it } from "vitest";
import { startTestEndpoint } from "../../gate/endpoint/fixtures.ts";

/** What a browser asks before a page of another origin may send its request. */
async function ask(path: string, headers: Record<string, string>) {
  await using endpoint = await startTestEndpoint();
  const response = await fetch(endpoint.url + path, { method: "OPTIONS", headers });
  const text = await response.text();
  const element = (name: string) => new RegExp(`<${name}>(.*)</${name}>`).exec(text)?.[1];
  return { status: response.status, ...Object.fromEntries(said.map((name) => [name, element(name)])) };
}
const said = ["Code", "Message", "Method", "ResourceType"];

describe("a browser's preflight request", () => {
  const preflight = { origin: "https://example.com", "access-control-request-method": "PUT" };

  it.each([
    ["/photos", "BUCKET"],
    ["/photos/originals/k", "OBJECT"],
  ])("of %s is refused, since no bucket has CORS rules here", async (path, ResourceType) => {
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
