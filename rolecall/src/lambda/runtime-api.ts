import { randomBytes, timingSafeEqual } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { comesFromPage } from "../gate/strangers.ts";

/** Bytes of a function's answer. https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html */
export const responseLimit = 6_291_556;

export interface Invocation {
  readonly requestId: string;
  readonly functionArn: string;
  /** The event as JSON. */
  readonly payload: string;
  /** Milliseconds since the epoch. */
  readonly deadline: number;
}

/** What the runtime said. `peakMemory` is the most that its process has held so far, in bytes. */
export type RuntimeReport =
  | { readonly type: "ready" }
  | { readonly type: "response" | "error"; readonly body: string; readonly peakMemory: number }
  | { readonly type: "response too large"; readonly peakMemory: number }
  | { readonly type: "out of memory"; readonly peakMemory: number }
  | { readonly type: "init error"; readonly body: string };

export interface RuntimeApi {
  /** `host:port/SECRET`: clients put `http://` before it and `/2018-06-01/…` behind it. */
  readonly address: string;
  /** Gives the runtime its next invocation, now or as soon as it asks. */
  deliver(invocation: Invocation): void;
  close(): void;
}

/**
 * Serves the Lambda Runtime API to one instance, on 127.0.0.1 and a port of its own.
 * https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
 *
 * An invocation carries its caller's Authorization header, and whoever takes it breaks the instance. On AWS nobody else
 * is on the instance's machine; here any program and any web page can send to the port. So the path begins with a secret
 * that only this instance's environment holds, and a call without it is refused before it changes anything.
 *
 * @param report Told what the runtime says; "ready" when it asks for its first invocation and there is none yet.
 */
export async function startRuntimeApi(report: (said: RuntimeReport) => void): Promise<RuntimeApi> {
  let invocation: Invocation | undefined;
  let waiting: ServerResponse | undefined;
  /** The invocation that was handed over and has no answer yet. */
  let running: string | undefined;
  /** Whether the runtime has asked for an invocation: from then on it cannot fail to initialise. */
  let isInitialised = false;
  const secret = randomBytes(24).toString("hex");

  const server = createServer((request, response) => {
    if (isRuntime(request)) handle(request, response).catch(() => response.destroy());
    else refuse(response);
  });
  // An idle instance holds its poll open for as long as nobody calls the function.
  server.requestTimeout = 0;
  server.keepAliveTimeout = 0;
  await new Promise<void>((listening, failed) => {
    server.once("error", failed).listen(0, "127.0.0.1", listening);
  });

  const { port } = server.address() as AddressInfo;
  const host = `127.0.0.1:${port}`;
  const prefix = `/${secret}/`;

  function isRuntime({ headers, url = "" }: IncomingMessage): boolean {
    return headers.host === host && !comesFromPage(headers) && isSame(url.slice(0, prefix.length), prefix);
  }

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = request.url?.slice(prefix.length).replace(/^2018-06-01\/runtime/, "");
    if (request.method === "GET" && path === "/invocation/next") return next(response);

    const body = await read(request, responseLimit);
    const peakMemory = Number(request.headers["local-peak-memory"] ?? 0);
    const [, requestId, kind] = path?.match(/^\/invocation\/([^/]+)\/(response|error)$/) ?? [];
    if (request.method === "POST" && path === "/init/error" && body !== undefined) {
      if (isInitialised) return refuseState(response);
      answer(response, 202, { status: "OK" });
      report({ type: "init error", body });
    } else if (request.method === "POST" && path === "/local/out-of-memory") {
      // Not of AWS: there the machine sees what a process holds, here the process says so.
      answer(response, 202, { status: "OK" });
      report({ type: "out of memory", peakMemory });
    } else if (request.method !== "POST" || requestId === undefined) {
      answer(response, 404, {
        errorType: "InvalidRequest",
        errorMessage: `${request.method} ${path}`,
      });
    } else if (requestId !== running) {
      answer(response, 400, { errorType: "InvalidRequestID", errorMessage: "Invalid request ID" });
    } else if (body === undefined) {
      running = undefined;
      const errorMessage = `Exceeded maximum allowed payload size (${responseLimit} bytes).`;
      answer(response, 413, { errorType: "RequestEntityTooLarge", errorMessage });
      report({ type: "response too large", peakMemory });
    } else {
      running = undefined;
      answer(response, 202, { status: "OK" });
      report({ type: kind === "error" ? "error" : "response", body, peakMemory });
    }
  }

  function next(response: ServerResponse): void {
    // One instance takes one invocation at a time, and answers it before it asks for another.
    if (running !== undefined || waiting !== undefined) {
      refuseState(response);
      return;
    }
    const isFirst = !isInitialised;
    isInitialised = true;
    waiting = response;
    response.once("close", () => {
      if (waiting === response) waiting = undefined;
    });
    if (invocation !== undefined) handOver(response, invocation);
    else if (isFirst) report({ type: "ready" });
  }

  function handOver(response: ServerResponse, next: Invocation): void {
    waiting = undefined;
    invocation = undefined;
    running = next.requestId;
    response.writeHead(200, {
      "Content-Type": "application/json",
      "Lambda-Runtime-Aws-Request-Id": next.requestId,
      "Lambda-Runtime-Deadline-Ms": String(next.deadline),
      "Lambda-Runtime-Invoked-Function-Arn": next.functionArn,
      "Lambda-Runtime-Trace-Id": traceId(next.requestId),
    });
    response.end(next.payload);
  }

  return {
    address: `${host}/${secret}`,
    deliver: (next) => {
      invocation = next;
      if (waiting !== undefined) handOver(waiting, next);
    },
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}

/** The body, or undefined when it is longer than `limit` bytes; all of it is read, so that the answer arrives. */
async function read(request: IncomingMessage, limit: number): Promise<string | undefined> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size <= limit) chunks.push(chunk);
  }
  return size <= limit ? Buffer.concat(chunks).toString() : undefined;
}

/** Takes the same time wherever the two differ. */
function isSame(given: string, wanted: string): boolean {
  const [one, other] = [Buffer.from(given), Buffer.from(wanted)];
  return one.length === other.length && timingSafeEqual(one, other);
}

/** Reads no body, and says nothing of the instance. */
function refuse(response: ServerResponse): void {
  response.setHeader("connection", "close");
  answer(response, 403, {
    errorType: "Forbidden",
    errorMessage:
      "Only the function's own runtime may call its Runtime API: AWS_LAMBDA_RUNTIME_API has its address.",
  });
}

function refuseState(response: ServerResponse): void {
  answer(response, 403, {
    errorType: "InvalidStateTransition",
    errorMessage: "The runtime may not call this now.",
  });
}

function answer(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { "Content-Type": "application/json" }).end(JSON.stringify(body));
}

/** Unsampled: nothing here collects traces. */
function traceId(requestId: string): string {
  const digits = requestId.replaceAll("-", "");
  const seconds = Math.floor(Date.now() / 1000).toString(16);
  return `Root=1-${seconds}-${digits.slice(0, 24)};Parent=${digits.slice(-16)};Sampled=0`;
}
