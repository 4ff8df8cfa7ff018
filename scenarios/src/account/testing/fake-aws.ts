import {
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  request,
  type ServerResponse,
} from "node:http";
import type { AddressInfo } from "node:net";

/** One call of AWS as a fake sees it. */
export interface FakeCall {
  /** The signing name, e.g. `s3`. */
  readonly service: string;
  readonly operation: string;
  /** What was sent: of JSON its fields, of a form its fields, of a REST call its path and query. */
  readonly input: Readonly<Record<string, unknown>>;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** An answer: a value to be written as the service's protocol has it. */
export type FakeHandler = (call: FakeCall) => unknown;

export class FakeError extends Error {
  readonly code: string;
  readonly status: number;

  constructor(code: string, message: string, status = 400) {
    super(message);
    this.code = code;
    this.status = status;
  }
}

/** A value in XML: lists repeat their element, fields that are undefined are left out. */
export type Xml = string | number | boolean | undefined | readonly Xml[] | { readonly [name: string]: Xml };

export interface FakeAws {
  readonly url: string;
  /** Those that were given; tests exchange them. */
  readonly handlers: Record<string, FakeHandler>;
  /** Every call so far, as `service:Operation`. */
  readonly calls: readonly string[];
  close(): Promise<void>;
}

export interface FakeAwsOptions {
  /** By `service:Operation`. */
  readonly handlers: Readonly<Record<string, FakeHandler>>;
  /** Asked before any handler; throws FakeError for a call that is to fail. */
  readonly before?: (call: FakeCall) => void;
  /** Where S3 and Transcribe calls go that no handler is for, unchanged, so that their signatures hold. */
  readonly upstream?: string;
  /** Changes what comes from there. */
  readonly rewrite?: (text: string) => string;
}

/** AWS on loopback: names each call by its protocol, and answers it by a handler in that protocol. */
export async function startFakeAws(given: FakeAwsOptions): Promise<FakeAws> {
  const calls: string[] = [];
  const handlers = { ...given.handlers };
  const options = { ...given, handlers };
  const server = createServer((incoming, response) => {
    void answer(incoming, response, options, calls).catch((error: unknown) => {
      response.writeHead(500).end(String(error));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    handlers,
    calls,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function answer(
  incoming: IncomingMessage,
  response: ServerResponse,
  { handlers, before, upstream, rewrite }: FakeAwsOptions,
  calls: string[],
): Promise<void> {
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) chunks.push(chunk);
  const content = Buffer.concat(chunks);
  const call = nameCall(incoming, content.toString());
  const name = `${call.service}:${call.operation}`;
  calls.push(name);
  try {
    before?.(call);
    const handler = handlers[name];
    if (handler) {
      send(response, call, await handler(call));
    } else if (upstream !== undefined && /^(s3|transcribe)$/.test(call.service)) {
      await forward(incoming, content, upstream, response, rewrite);
    } else {
      throw new FakeError("NotImplemented", `The fake has no ${name}.`, 501);
    }
  } catch (error) {
    if (!(error instanceof FakeError)) throw error;
    sendError(response, call, error);
  }
}

function nameCall({ headers, method = "", url = "" }: IncomingMessage, body: string): FakeCall {
  const { pathname: path, searchParams } = new URL(url, "http://fake");
  const service = signingName(headers, searchParams);
  const target = headers["x-amz-target"];
  if (typeof target === "string")
    return { service, operation: target.replace(/^.*\./, ""), input: JSON.parse(body), path, headers, body };
  if (headers["content-type"]?.startsWith("application/x-www-form-urlencoded")) {
    const form = Object.fromEntries(new URLSearchParams(body));
    return { service, operation: form.Action ?? "", input: form, path, headers, body };
  }
  const operation = restOperations.find(
    (one) =>
      one.service === service &&
      one.method === method &&
      one.path.test(path) &&
      (one.query === undefined || searchParams.has(one.query)),
  )?.name;
  return {
    service,
    operation: operation ?? `${method} ${path}`,
    input: Object.fromEntries(searchParams),
    path,
    headers,
    body,
  };
}

/** https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html: the credential scope */
function signingName({ authorization = "" }: IncomingHttpHeaders, query: URLSearchParams): string {
  const credential = /Credential=([^,]*)/.exec(authorization)?.[1] ?? query.get("X-Amz-Credential") ?? "";
  return credential.split("/")[3] ?? "";
}

interface RestOperation {
  readonly service: string;
  readonly method: string;
  readonly path: RegExp;
  /** The query parameter that tells it from others. */
  readonly query?: string;
  readonly name: string;
}

const restOperations: readonly RestOperation[] = [
  { service: "s3", method: "GET", path: /^\/$/, name: "ListBuckets" },
  { service: "s3", method: "HEAD", path: /^\/[^/]+\/?$/, name: "HeadBucket" },
  { service: "s3", method: "GET", path: /^\/[^/]+\/?$/, query: "policy", name: "GetBucketPolicy" },
  { service: "s3", method: "GET", path: /^\/[^/]+\/?$/, query: "versions", name: "ListObjectVersions" },
  { service: "s3", method: "GET", path: /^\/[^/]+\/?$/, query: "uploads", name: "ListMultipartUploads" },
  { service: "s3", method: "POST", path: /^\/[^/]+\/?$/, query: "delete", name: "DeleteObjects" },
  { service: "s3", method: "DELETE", path: /^\/[^/]+\/.+/, query: "uploadId", name: "AbortMultipartUpload" },
  { service: "lambda", method: "GET", path: /\/account-settings\/?$/, name: "GetAccountSettings" },
  { service: "lambda", method: "GET", path: /\/functions\/[^/]+\/policy$/, name: "GetPolicy" },
  {
    service: "lambda",
    method: "GET",
    path: /\/functions\/[^/]+\/configuration$/,
    name: "GetFunctionConfiguration",
  },
];

const querying = new Set(["cloudformation", "iam", "sts"]);
const json = new Set(["logs", "sqs", "transcribe"]);

function send(response: ServerResponse, { service, operation }: FakeCall, value: unknown): void {
  if (querying.has(service)) {
    const result = { [`${operation}Response`]: { [`${operation}Result`]: value as Xml } };
    response.writeHead(200, { "content-type": "text/xml" }).end(xml(result));
  } else if (json.has(service)) {
    response.writeHead(200, { "content-type": "application/x-amz-json-1.1" }).end(JSON.stringify(value));
  } else if (service === "lambda") {
    response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(value));
  } else {
    const text = typeof value === "string" ? value : value === undefined ? "" : xml(value as Xml);
    response.writeHead(200, { "content-type": "application/xml" }).end(text);
  }
}

function sendError(response: ServerResponse, { service, operation }: FakeCall, error: FakeError): void {
  const { code, message, status } = error;
  if (querying.has(service)) {
    const body = { ErrorResponse: { Error: { Type: "Sender", Code: code, Message: message } } };
    response.writeHead(status, { "content-type": "text/xml" }).end(xml(body));
  } else if (json.has(service) || service === "lambda") {
    response
      .writeHead(status, { "content-type": "application/json", "x-amzn-errortype": code })
      .end(JSON.stringify({ __type: code, message }));
  } else {
    const body = operation.startsWith("Head") ? "" : xml({ Error: { Code: code, Message: message } });
    response.writeHead(status, { "content-type": "application/xml" }).end(body);
  }
}

function xml(value: Xml): string {
  if (value === undefined) return "";
  if (typeof value !== "object") return String(value).replace(/[&<>]/g, (one) => `&#${one.charCodeAt(0)};`);
  if (Array.isArray(value)) return value.map(xml).join("");
  return Object.entries(value)
    .map(([name, content]) =>
      content === undefined
        ? ""
        : [content]
            .flat()
            .map((one) => `<${name}>${xml(one)}</${name}>`)
            .join(""),
    )
    .join("");
}

function forward(
  { method, url, rawHeaders }: IncomingMessage,
  content: Buffer,
  upstream: string,
  response: ServerResponse,
  rewrite: ((text: string) => string) | undefined,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const { hostname, port } = new URL(upstream);
    // The headers as they came, the host too: the signature covers them.
    const outgoing = request({ hostname, port, method, path: url, headers: rawHeaders }, (answered) => {
      const chunks: Buffer[] = [];
      answered.on("data", (chunk) => chunks.push(chunk));
      answered.on("end", () => {
        const whole = Buffer.concat(chunks);
        const isError = (answered.statusCode ?? 0) >= 400;
        const body = isError && rewrite ? Buffer.from(rewrite(whole.toString())) : whole;
        const { "content-length": length, ...headers } = answered.headers;
        const changed =
          length === undefined || method === "HEAD"
            ? { ...answered.headers }
            : { ...headers, "content-length": body.length };
        response.writeHead(answered.statusCode ?? 502, changed).end(body);
        resolve();
      });
      answered.on("error", reject);
    });
    outgoing.on("error", reject);
    outgoing.end(content);
  });
}
