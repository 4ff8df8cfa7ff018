import { randomBytes } from "node:crypto";
import type { IncomingMessage, RequestListener, ServerResponse } from "node:http";
import { pipeline, Readable } from "node:stream";
import { splitTarget } from "../signature/encoding.ts";
import type { Identities } from "../signature/identities.ts";
import { BodyError, readBody } from "../signature/read-body.ts";
import { SignatureError } from "../signature/refusal.ts";
import { sha256 } from "../signature/signing.ts";
import { claimedService, verifyRequest } from "../signature/verify-request.ts";
import type { Log } from "../types.ts";
import {
  incompleteRequest,
  internalError,
  malformedRequest,
  notServed,
  refusedSignature,
  requestTimeout,
  requestTooLarge,
} from "./faults.ts";
import type { JsonService } from "./json-service.ts";
import { faultAnswer, type HttpAnswer, type Protocol, protocolOf, type ServiceFault } from "./protocols.ts";
import { getCallerIdentity } from "./sts.ts";

/** A service that is addressed by the request's path and host, and answers with a stream. */
export interface RestService {
  addresses(request: IncomingMessage): boolean;
  handle(request: IncomingMessage, requestId: string): Promise<HttpAnswer>;
}

export interface EndpointOptions {
  readonly identities: Identities;
  readonly region: string;
  readonly clock?: () => Date;
  readonly services: {
    readonly s3: RestService;
    /** By signing name, e.g. "transcribe". */
    readonly json: Readonly<Record<string, JsonService>>;
  };
  readonly log: Log;
  /** Milliseconds that a request may stand still before it is all there; 20 s by default, as S3 waits. */
  readonly idleTimeout?: number;
}

/** Bytes of a request to a service other than Amazon S3. */
const MAX_BODY = 10 * 1024 ** 2;

/**
 * The one address that AWS clients are pointed at. Each request goes to the service that its form tells, else to the one
 * that its credential scope names, and to none of them before its signature was verified.
 */
export function createEndpoint(options: EndpointOptions): RequestListener {
  const { services, log, idleTimeout = 20_000 } = options;
  return async (request, response) => {
    const requestId = randomBytes(8).toString("hex").toUpperCase();
    const protocol = protocolOf(request);
    const send = createSend(response, requestId, log);
    request.setTimeout(idleTimeout, () => {
      const { headers, ...answer } = faultAnswer(requestTimeout, protocol, requestId);
      send({ ...answer, headers: { ...headers, connection: "close" } });
    });
    try {
      const service =
        addressedService(request, protocol, services) ??
        claimedService(wireRequest(request)) ??
        (protocol === "rest" ? "s3" : undefined);
      const answer =
        service === "s3"
          ? await services.s3.handle(request, requestId)
          : await serve(request, service, protocol, requestId, options);
      send(answer);
    } catch (error) {
      const fault = asFault(error);
      if (fault === internalError) {
        log(`The endpoint failed on request ${requestId}: ${error instanceof Error ? error.stack : error}`);
      }
      send(faultAnswer(fault, protocol, requestId));
    }
  };
}

/**
 * The service that a request is unmistakably meant for. Signed for another one, it is refused by this one, in its words;
 * on AWS each has an address of its own.
 */
function addressedService(
  request: IncomingMessage,
  protocol: Protocol,
  { s3, json }: EndpointOptions["services"],
): string | undefined {
  if (protocol === "rest") return s3.addresses(request) ? "s3" : undefined;
  const target = /^(\w+)\./.exec(String(request.headers["x-amz-target"] ?? ""))?.[1]?.toLowerCase();
  return target !== undefined && Object.hasOwn(json, target) ? target : undefined;
}

async function serve(
  request: IncomingMessage,
  service: string | undefined,
  protocol: Protocol,
  requestId: string,
  { identities, region, services, log, clock = () => new Date() }: EndpointOptions,
): Promise<HttpAnswer> {
  if (service === undefined) throw new SignatureError({ reason: "anonymous" });
  const body = await readBody(request, MAX_BODY);
  const json = Object.hasOwn(services.json, service) ? services.json[service] : undefined;
  const operation = operationName(request, protocol, body);
  if (json === undefined && (service !== "sts" || operation !== "GetCallerIdentity")) {
    const served = ["s3", ...Object.keys(services.json), "sts (GetCallerIdentity)"];
    const fault = notServed(service, operation, served);
    log(`endpoint: ${fault.message}`);
    return faultAnswer(fault, protocolOf(request, service), requestId);
  }
  const { principal } = verifyRequest(wireRequest(request), {
    identities,
    region,
    service,
    now: clock(),
    bodyHash: sha256(body),
  });
  if (json === undefined) return getCallerIdentity(principal, requestId);
  const target = String(request.headers["x-amz-target"] ?? "");
  const answer = await json.handle({ principal, target, body, requestId });
  return {
    status: answer.status,
    headers: {
      "content-type": "application/x-amz-json-1.1",
      "x-amzn-requestid": requestId,
      ...answer.headers,
    },
    body: JSON.stringify(answer.body),
  };
}

/** What the caller wants of a service, in the words of its protocol. */
function operationName({ headers, method, url }: IncomingMessage, protocol: Protocol, body: Buffer): string {
  const named =
    protocol === "json"
      ? String(headers["x-amz-target"] ?? "").replace(/^.*\./, "")
      : protocol === "query"
        ? new URLSearchParams(method === "POST" ? body.toString() : splitTarget(url ?? "").query).get(
            "Action",
          )
        : undefined;
  return named || `${method} ${url}`;
}

function wireRequest({ method = "", url = "", rawHeaders }: IncomingMessage) {
  return { method, target: url, rawHeaders };
}

function asFault(error: unknown): ServiceFault {
  if (error instanceof SignatureError) return refusedSignature(error.refusal);
  if (error instanceof BodyError)
    return error.size === undefined ? incompleteRequest : requestTooLarge(error.size);
  if (error instanceof URIError) return malformedRequest;
  return internalError;
}

function createSend(response: ServerResponse, requestId: string, log: Log) {
  return ({ status, headers, body = "" }: HttpAnswer): void => {
    const streamed = body instanceof Readable;
    if (response.headersSent || response.destroyed) {
      if (streamed) body.destroy();
      return;
    }
    const length = streamed || headers?.["content-length"] !== undefined ? {} : lengthHeader(status, body);
    // The length comes last: behind it, Node.js refuses a Content-Disposition that is Latin-1.
    response.writeHead(status, { "x-amz-request-id": requestId, ...headers, ...length });
    if (!streamed) {
      response.end(body);
      return;
    }
    pipeline(body, response, (error) => {
      // A client may go away at any time.
      if (!error || error.code === "ERR_STREAM_PREMATURE_CLOSE") return;
      log(`The endpoint failed in the middle of its answer to request ${requestId}: ${error.stack}`);
    });
  };
}

/** An answer's length, for clients that do not read chunks. Neither 204 nor 304 has a body to count. */
function lengthHeader(status: number, body: string | Buffer): Record<string, string> {
  return status === 204 || status === 304 ? {} : { "content-length": String(Buffer.byteLength(body)) };
}
