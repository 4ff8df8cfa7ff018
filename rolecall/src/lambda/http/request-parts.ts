import { randomBytes } from "node:crypto";

/*
 * What the events of every kind of API hold, in whatever form.
 */

/** Meaningful between two machines only. */
const hopByHop = new Set(["connection", "keep-alive", "te", "trailer", "transfer-encoding", "upgrade"]);

/** Whether a header of the caller's reaches a function. */
export function isForwarded(name: string): boolean {
  return !hopByHop.has(name.toLowerCase());
}

/** The headers that the service adds: a caller reaches it over TLS. */
export function forwardedHeaders(sourceIp: string): Record<string, string> {
  return {
    "x-forwarded-for": sourceIp,
    "x-forwarded-port": "443",
    "x-forwarded-proto": "https",
    "x-amzn-trace-id": `Root=1-${Math.floor(Date.now() / 1000).toString(16)}-${randomBytes(12).toString("hex")}`,
  };
}

/** `12/Mar/2020:19:03:58 +0000` */
export function commonLogTime(time: Date): string {
  const [, day, month, year, clock] = time.toUTCString().split(/[ ,]+/);
  return `${day}/${month}/${year}:${clock} +0000`;
}

/** A record made of names that a caller chose: one like "__proto__" is a name like any other. */
export function recordOf<Value>(entries: Iterable<readonly [string, Value]>): Record<string, Value> {
  return Object.fromEntries(entries);
}

/** Segments of a path, still percent-encoded; undefined for a target that is no path, or cannot be decoded. */
export function segmentsOf(path: string): readonly string[] | undefined {
  if (!path.startsWith("/")) return undefined;
  try {
    decodeURIComponent(path);
    return path.slice(1).split("/");
  } catch {
    return undefined;
  }
}
