import type { IncomingMessage } from "node:http";
import type { Readable } from "node:stream";
import { xmlDocument } from "../xml.ts";

/** How a request is written, and so how its errors are: AWS JSON, the query protocol, or REST with XML or JSON. */
export type Protocol = "json" | "query" | "rest" | "rest-json";

/** By signing name: whose REST answers are XML. Those of all others are JSON, such as Lambda's. */
const xmlServices: ReadonlySet<string> = new Set(["s3", "cloudfront", "route53"]);

export interface ServiceFault {
  /** As JSON services name it, e.g. "UnrecognizedClientException". */
  readonly jsonType: string;
  /** As the query protocol and XML name it, e.g. "InvalidClientTokenId". */
  readonly code: string;
  readonly message: string;
  /** HTTP status of the query protocol and REST. JSON services answer 400 to what is the caller's fault. */
  readonly status: number;
}

export interface HttpAnswer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** A stream's length stands in the headers. */
  readonly body?: string | Buffer | Readable;
}

/** @param service that the request is for, where that is known */
export function protocolOf({ method, url, headers }: IncomingMessage, service = "s3"): Protocol {
  const contentType = headers["content-type"] ?? "";
  if (headers["x-amz-target"] !== undefined || /^application\/x-amz-json-1\.[01]/.test(contentType))
    return "json";
  const isForm = method === "POST" && url === "/" && /^application\/x-www-form-urlencoded/.test(contentType);
  const isQuery = method === "GET" && /^\/\?(.*&)?Action=\w+/.test(url ?? "");
  if (isForm || isQuery) return "query";
  return xmlServices.has(service) ? "rest" : "rest-json";
}

export function faultAnswer(fault: ServiceFault, protocol: Protocol, requestId: string): HttpAnswer {
  const { jsonType, code, message, status } = fault;
  if (protocol === "json") {
    return {
      status: status >= 500 ? status : 400,
      headers: { "content-type": "application/x-amz-json-1.1" },
      body: JSON.stringify({ __type: jsonType, message }),
    };
  }
  if (protocol === "rest-json") {
    return {
      status,
      headers: { "content-type": "application/json", "x-amzn-errortype": jsonType },
      body: JSON.stringify({ message }),
    };
  }
  const sender = status >= 500 ? "Receiver" : "Sender";
  const body =
    protocol === "query"
      ? xmlDocument(
          [
            "ErrorResponse",
            [
              [
                "Error",
                [
                  ["Type", sender],
                  ["Code", code],
                  ["Message", message],
                ],
              ],
              ["RequestId", requestId],
            ],
          ],
          { namespace: false },
        )
      : xmlDocument(
          [
            "Error",
            [
              ["Code", code],
              ["Message", message],
              ["RequestId", requestId],
            ],
          ],
          { namespace: false },
        );
  return { status, headers: { "content-type": "text/xml" }, body };
}
