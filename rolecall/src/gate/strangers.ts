import type { IncomingHttpHeaders } from "node:http";
import { isIP } from "node:net";

/**
 * Whether a Host header names this machine. The owner of any other name can have it lead to 127.0.0.1 (DNS rebinding);
 * a page that was loaded by that name may then send anything to our port, and read the answer. Nobody can do that with
 * an address, with `localhost` (https://www.rfc-editor.org/rfc/rfc6761#section-6.3), or with the name under which
 * containers reach their host: `.internal` is nobody's.
 *
 * What a page on this machine may do is not decided here: forms that upload to S3 rightly come from other origins.
 */
export function namesThisMachine(host: string | undefined): boolean {
  const name = /^(\[[\da-f:.]+\]|[^:]+)(?::\d{1,5})?$/i.exec(host ?? "")?.[1]?.toLowerCase();
  if (name === undefined) return false;
  if (name === "localhost" || name.endsWith(".localhost") || name === "host.docker.internal") return true;
  return isIP(name.replace(/^\[(.*)\]$/, "$1")) !== 0;
}

/** Whether a browser made the request for a page: what is for programs alone refuses it. */
export function comesFromPage(headers: IncomingHttpHeaders): boolean {
  return headers.origin !== undefined || Object.keys(headers).some((name) => name.startsWith("sec-fetch-"));
}
