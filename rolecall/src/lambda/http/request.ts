import type { IncomingMessage } from "node:http";

/** A request as it was sent: what a signature covers. */
export interface SignedRequest {
  readonly method: string;
  /** Still percent-encoded, without the query. */
  readonly path: string;
  /** Still percent-encoded, without the question mark; empty when there is none. */
  readonly query: string;
  /** Names in lower case; the values of a name that came more than once are joined by commas. */
  readonly headers: Readonly<Record<string, string>>;
  /** Name and value of each header line, as sent. */
  readonly headerLines: readonly (readonly [name: string, value: string])[];
  readonly body: Buffer;
}

/** Reads a whole request; undefined when its body is longer than `limit` bytes. */
export async function readRequest(
  message: IncomingMessage,
  limit: number,
): Promise<SignedRequest | undefined> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of message as AsyncIterable<Buffer>) {
    size += chunk.length;
    // The rest is read and forgotten: a client that still sends would not see the answer.
    if (size <= limit) chunks.push(chunk);
  }
  if (size > limit) return undefined;

  const target = message.url ?? "/";
  const mark = target.indexOf("?");
  return {
    method: message.method ?? "GET",
    path: mark < 0 ? target : target.slice(0, mark),
    query: mark < 0 ? "" : target.slice(mark + 1),
    headers: joinHeaders(message.rawHeaders),
    headerLines: headerPairs(message.rawHeaders),
    body: Buffer.concat(chunks),
  };
}

function headerPairs(raw: readonly string[]): [name: string, value: string][] {
  return raw.flatMap((name, index) => (index % 2 === 0 ? [[name, raw[index + 1] ?? ""]] : []));
}

function joinHeaders(raw: readonly string[]): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const [sent, value] of headerPairs(raw)) {
    const name = sent.toLowerCase();
    // Several Cookie headers mean one, and a comma may stand in a cookie.
    const glue = name === "cookie" ? "; " : ",";
    headers[name] = Object.hasOwn(headers, name) ? `${headers[name]}${glue}${value}` : value;
  }
  return headers;
}
