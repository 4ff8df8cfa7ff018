import { randomBytes, randomUUID } from "node:crypto";
import type { IncomingMessage, RequestListener, ServerResponse } from "node:http";
import type { Log } from "../../gate/types.ts";
import { readRequest, type SignedRequest } from "./request.ts";
import type { HttpResponse } from "./response.ts";

/** A request that arrived whole. */
export interface Arrival {
  readonly request: SignedRequest;
  readonly requestId: string;
  readonly sourceIp: string;
  readonly time: Date;
}

export interface ServeOptions {
  /** For the log: which API it is. */
  readonly name: string;
  /** Bytes. */
  readonly bodyLimit: number;
  /** The header that tells the caller the request's id. */
  readonly idHeader: "apigw-requestid" | "x-amzn-requestid";
  readonly handle: (arrival: Arrival) => Promise<HttpResponse>;
  readonly tooLarge: HttpResponse;
  /** The answer when this program, not the function, failed. */
  readonly broken: HttpResponse;
  readonly log: Log;
}

/** @returns A listener for `node:http` that never throws. */
export function serve({
  name,
  bodyLimit,
  idHeader,
  handle,
  tooLarge,
  broken,
  log,
}: ServeOptions): RequestListener {
  async function answer(message: IncomingMessage, requestId: string): Promise<HttpResponse> {
    const request = await readRequest(message, bodyLimit);
    if (request === undefined) return tooLarge;
    const sourceIp = message.socket.remoteAddress ?? "127.0.0.1";
    return handle({ request, requestId, sourceIp, time: new Date() });
  }
  return (message, response) => {
    const requestId =
      idHeader === "apigw-requestid" ? `${randomBytes(11).toString("base64url")}=` : randomUUID();
    const failed = (error: unknown) => log(`${name}: ${message.method} ${message.url}: ${error}`);
    answer(message, requestId)
      .catch((error) => {
        failed(error);
        return broken;
      })
      .then((found) => send(response, found, { [idHeader]: requestId }))
      .catch((error) => {
        failed(error);
        response.destroy();
      });
  };
}

/** The response, or `late` when it takes longer. */
export async function within(
  seconds: number,
  response: Promise<HttpResponse>,
  late: HttpResponse,
): Promise<HttpResponse> {
  const expired = Promise.withResolvers<HttpResponse>();
  const timer = setTimeout(() => expired.resolve(late), seconds * 1000);
  try {
    return await Promise.race([response, expired.promise]);
  } finally {
    clearTimeout(timer);
  }
}

function send(
  response: ServerResponse,
  { status, headers, body }: HttpResponse,
  own: Readonly<Record<string, string>>,
): void {
  // The client may be gone: whatever it did, this process goes on.
  response.on("error", () => {});
  const hasBody = status !== 204 && status !== 304;
  response.writeHead(status, { ...headers, ...(hasBody && { "content-length": body.length }), ...own });
  response.end(hasBody ? body : undefined);
}
