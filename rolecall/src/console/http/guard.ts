import type { IncomingMessage } from "node:http";
import { HttpError } from "./errors.ts";

/**
 * Lets through what the console's own page asks, and a person who types its address. Any web page may send requests to
 * 127.0.0.1, and a name that its owner points there (DNS rebinding) makes it the same origin; such a request still names
 * that page's host or origin.
 *
 * @param port That the server listens at.
 * @returns The address that was asked for: whoever parses it again may understand another one.
 * @throws {HttpError} 421 for another Host, 403 for another origin, 400 for an address that can be read in two ways
 */
export function requireOwnPage(request: IncomingMessage, port: number): URL {
  const { host, origin, "sec-fetch-site": site } = request.headers;
  const hosts = ["127.0.0.1", "localhost"].flatMap((name) => [
    `${name}:${port}`,
    ...(port === 80 ? [name] : []),
  ]);
  if (host === undefined || !hosts.includes(host)) {
    throw new HttpError(421, `This is ${hosts[0]}, and not the host that the request names.`);
  }
  const isReading = request.method === "GET" || request.method === "HEAD";
  const isOwn = origin === `http://${host}`;
  // Browsers name the origin of whatever may change something.
  if (isReading ? origin !== undefined && !isOwn : !isOwn) {
    throw new HttpError(403, "Only the console's own page may ask this.");
  }
  const url = addressOf(request.url ?? "");
  if (url.pathname.startsWith("/api/") && site !== undefined && site !== "same-origin" && site !== "none") {
    throw new HttpError(403, "Only the console's own page may ask this.");
  }
  return url;
}

/**
 * Refuses what URL parsers change or disagree on: `//host/path`, `/\\host`, `/%2e%2e/`, a whole URL. No browser sends it.
 */
function addressOf(target: string): URL {
  const path = target.split("?", 1)[0];
  const url = /^\/(?![/\\])/.test(target) ? URL.parse(target, "http://127.0.0.1") : null;
  if (url === null || url.pathname !== path) {
    throw new HttpError(400, "The address is not a plain path, such as /api/service.");
  }
  return url;
}
