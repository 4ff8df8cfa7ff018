import type { IncomingHttpHeaders, IncomingMessage } from "node:http";
import { describe, expect, it } from "vitest";
import { requireOwnPage } from "./guard.ts";

const port = 4170;
const own = "127.0.0.1:4170";

function ask(method: string, headers: IncomingHttpHeaders, url = "/api/service"): number | "passes" {
  try {
    requireOwnPage({ method, url, headers } as IncomingMessage, port);
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
});
