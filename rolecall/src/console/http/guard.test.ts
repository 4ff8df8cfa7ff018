import type { IncomingHttpHeaders, IncomingMessage } from "node:http";
import { describe, expect, it } from "vitest";
import { requireOwnPage } from "./guard.ts";

const port = 4170;
const own = "127.0.0.1:4170";

const requestFor = (method: string, headers: IncomingHttpHeaders, url: string) =>
  ({ method, url, headers }) as IncomingMessage;

function ask(method: string, headers: IncomingHttpHeaders, url = "/api/service"): number | "passes" {
  try {
    requireOwnPage(requestFor(method, headers, url), port);
    return "passes";
  } catch (error) {
    return (error as { status: number }).status;
  }
}

describe("a request", () => {
  it.each([own, "localhost:4170"])("to the console's own host %s passes", (host) => {
    expect(ask("GET", { host })).toBe("passes");
    expect(ask("POST", { host, origin: `http://${host}` })).toBe("passes");
  });

  it.each([
    undefined,
    "",
    "evil.example",
    "evil.example:4170",
    "127.0.0.1",
    "127.0.0.1:4171",
    "127.0.0.1:4170.evil.example",
    "localhost.evil.example:4170",
    "[::1]:4170",
    "0.0.0.0:4170",
    "LOCALHOST:4170",
  ])("that names the host %j is misdirected", (host) => {
    expect(ask("GET", { ...(host !== undefined && { host }) })).toBe(421);
  });

  it.each([
    undefined,
    "null",
    "http://evil.example",
    "https://127.0.0.1:4170",
    "http://127.0.0.1:4171",
    "http://127.0.0.1",
    "http://localhost:4170",
  ])("that changes something and comes from the origin %j is refused", (origin) => {
    for (const method of ["POST", "DELETE", "PUT", "PATCH", "OPTIONS"]) {
      expect(ask(method, { host: own, ...(origin !== undefined && { origin }) })).toBe(403);
    }
  });

  it("that only reads may come without an origin, and not from another one", () => {
    expect(ask("GET", { host: own })).toBe("passes");
    expect(ask("GET", { host: own, origin: "http://evil.example" })).toBe(403);
  });

  it("for data is refused when the browser says that another site makes it", () => {
    for (const site of ["cross-site", "same-site"])
      expect(ask("GET", { host: own, "sec-fetch-site": site })).toBe(403);
    for (const site of ["same-origin", "none"])
      expect(ask("GET", { host: own, "sec-fetch-site": site })).toBe("passes");
  });

  it("for the page itself may follow a link from anywhere", () => {
    expect(ask("GET", { host: own, "sec-fetch-site": "cross-site" }, "/")).toBe("passes");
  });

  it.each(["/", "/main.js", "/api/decisions/1", "/api/nothing?name=%2e%2e&way=body", "/?//"])(
    "for the plain address %s passes, and is understood as it stands",
    (url) => {
      const { pathname, search } = requireOwnPage(requestFor("GET", { host: own }, url), port);
      expect(pathname + search).toBe(url);
    },
  );

  it.each([
    "//",
    "///",
    "//x/api/service",
    "//127.0.0.1:4170/api/service",
    "/\\x/api/service",
    "/x\\api/service",
    "\\\\x/api/service",
    "/%2e%2e",
    "/%2e%2e/api/service",
    "/./api/service",
    "/x/../api/service",
    "/x/%2E./api/service",
    "/x/..//api/service",
    "http://127.0.0.1:4170/api/service",
    "http://evil.example/api/service",
    "http:/api/service",
    "/\tapi/service",
    "/api/service#x",
    "api/service",
    "*",
    "",
    "x:4170",
    "//[",
    "/api/ü",
  ])("for %j, which can be understood in two ways, is refused", (url) => {
    expect(ask("GET", { host: own }, url)).toBe(400);
    expect(ask("GET", { host: own, "sec-fetch-site": "cross-site" }, url)).toBe(400);
  });

  it("for an encoded or a very long path is for nothing that there is", () => {
    for (const url of ["/%2fapi/service", "/api%2fservice", `/${"x".repeat(15_000)}`]) {
      expect(requireOwnPage(requestFor("GET", { host: own }, url), port).pathname).toBe(url);
    }
  });
});
