import { Ajv2020, type ErrorObject, type ValidateFunction } from "ajv/dist/2020.js";
import formats from "ajv-formats";
import type { Content, OpenApi, Operation, Schema } from "../openapi.ts";

/** A request and what came of it. */
export interface Exchange {
  readonly method: string;
  readonly url: URL;
  readonly request: { readonly contentType: string | undefined; readonly body: Buffer };
  readonly response: {
    readonly status: number;
    readonly headers: Headers;
    readonly body: string;
  };
}

export interface Description {
  /** What of an exchange is otherwise than described: of the answer, and of a request that was taken. */
  differences(exchange: Exchange): readonly string[];
  /** The answers that are described and that no exchange had: `POST /recordings 201 application/json`. */
  unseen(): readonly string[];
}

/** What HTTP and API Gateway add to every answer. */
const carriage = new Set([
  "apigw-requestid",
  "connection",
  "content-length",
  "content-type",
  "date",
  "keep-alive",
]);

/** Holds exchanges with the API to docs/openapi.yaml. */
export function createDescription({ operations }: OpenApi): Description {
  const checkJson = createCheck({ coerceTypes: false });
  /** Of what comes as text: a header, a parameter. */
  const checkText = createCheck({ coerceTypes: true });
  const seen = new Set<string>();

  function answerDifferences(operation: Operation, { response }: Exchange): readonly string[] {
    const { status, headers, body } = response;
    const described = operation.responses[status];
    if (!described) return [`the status ${status} is not described`];
    const mediaType = mediaTypeOf(headers.get("content-type"));
    seen.add(nameOf(operation, status, described.content && mediaType));
    return [
      ...(described.content
        ? contentDifferences(described.content, mediaType, body, status)
        : body === ""
          ? []
          : ["there is a body"]),
      ...Object.entries(described.headers ?? {}).flatMap(([name, { required, schema }]) => {
        const value = headers.get(name);
        if (value === null) return required ? [`the header ${name} is missing`] : [];
        return checkText(schema, value).map((difference) => `the header ${name} ${difference}`);
      }),
      ...[...headers.keys()]
        .filter((name) => !carriage.has(name) && !hasKey(described.headers, name))
        .map((name) => `the header ${name} is not described`),
    ];
  }

  function contentDifferences(content: Content, mediaType: string, body: string, status: number) {
    const described = content[mediaType];
    if (!described) return [`the media type ${mediaType} is not described`];
    if (!isJson(mediaType)) return checkText(described.schema, body);
    const value = JSON.parse(body);
    return [
      ...checkJson(described.schema, value),
      ...(mediaType === "application/problem+json" && value.status !== status
        ? [`the problem's status is ${value.status}`]
        : []),
    ];
  }

  function requestDifferences({ path, parameters, requestBody }: Operation, exchange: Exchange) {
    const { contentType = "", body } = exchange.request;
    const given = {
      path: new Map(Object.entries(matchPath(path, exchange.url.pathname) ?? {})),
      query: exchange.url.searchParams,
    };
    const known = parameters.map(({ name }) => name);
    const described = requestBody?.content[mediaTypeOf(contentType)];
    return [
      ...parameters.flatMap(({ name, in: place, required, schema }) => {
        const value = place === "header" ? undefined : (given[place].get(name) ?? undefined);
        if (value === undefined) return required ? [`the parameter ${name} is missing`] : [];
        return checkText(schema, value).map((difference) => `the parameter ${name} ${difference}`);
      }),
      ...[...given.query.keys()]
        .filter((name) => !known.includes(name))
        .map((name) => `the parameter ${name} is not described`),
      ...(requestBody === undefined || described
        ? []
        : [`the request's media type ${contentType} is not described`]),
      ...(described ? bytesDifferences(described.schema, contentType, body) : []),
    ];
  }

  function bytesDifferences(schema: Schema, contentType: string, body: Buffer): readonly string[] {
    if (isJson(mediaTypeOf(contentType))) return checkJson(schema, JSON.parse(body.toString()));
    // Of what is no text, a length counts bytes, which no validator sees.
    const { minLength, maxLength } = schema as { minLength: number; maxLength: number };
    const fits = body.length >= minLength && body.length <= maxLength;
    return fits ? [] : [`the request's body has ${body.length} bytes`];
  }

  return {
    differences(exchange) {
      const { method, url, response } = exchange;
      const operation = operations.find(
        (one) => one.method === method && matchPath(one.path, url.pathname) !== undefined,
      );
      const what = `${method} ${url.pathname}${url.search} → ${response.status}`;
      if (!operation) return [`${what}: the route is not described`];
      const asked = response.status < 300 ? requestDifferences(operation, exchange) : [];
      return [...answerDifferences(operation, exchange), ...asked].map(
        (difference) => `${what}: ${difference}`,
      );
    },
    unseen: () => operations.flatMap(declaredAnswers).filter((answer) => !seen.has(answer)),
  };
}

function declaredAnswers(operation: Operation): readonly string[] {
  return Object.entries(operation.responses).flatMap(([status, { content }]) =>
    (content ? Object.keys(content) : [undefined]).map((mediaType) => nameOf(operation, status, mediaType)),
  );
}

function nameOf({ method, path }: Operation, status: string | number, mediaType: string | undefined): string {
  return [method, path, status, ...(mediaType === undefined ? [] : [mediaType])].join(" ");
}

function createCheck(options: { readonly coerceTypes: boolean }) {
  // Not of types: a condition says nothing of them.
  const ajv = new Ajv2020({ ...options, allErrors: true, strictTypes: false });
  formats.default(ajv);
  const compiled = new Map<Schema, ValidateFunction>();
  return (schema: Schema, value: unknown): readonly string[] => {
    // Only what stands in something else can be coerced.
    const validate =
      compiled.get(schema) ?? ajv.compile({ type: "object", properties: { value: closed(schema) } });
    compiled.set(schema, validate);
    validate({ value });
    return (validate.errors ?? []).map(inWords);
  };
}

function inWords({ instancePath, message, params }: ErrorObject): string {
  const { additionalProperty } = params;
  return `${instancePath.replace(/^\/value/, "") || "itself"}: ${message}${additionalProperty ? `: ${additionalProperty}` : ""}`;
}

/** The schema, but for properties that it does not name: clients are to pass over them, and the API is to have none. */
function closed(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(closed);
  if (typeof schema !== "object" || schema === null) return schema;
  const inner = Object.fromEntries(Object.entries(schema).map(([name, value]) => [name, closed(value)]));
  return inner.type === "object" ? { additionalProperties: false, ...inner } : inner;
}

/** @returns the parameters in it, decoded; undefined for another path. */
function matchPath(template: string, path: string): Record<string, string> | undefined {
  const names = [...template.matchAll(/\{(\w+)\}/g)].map(([, name = ""]) => name);
  const pattern = template.replaceAll(".", "\\.").replaceAll(/\{\w+\}/g, "([^/]+)");
  const values = new RegExp(`^${pattern}$`).exec(path)?.slice(1);
  return (
    values && Object.fromEntries(names.map((name, index) => [name, decodeURIComponent(values[index] ?? "")]))
  );
}

const mediaTypeOf = (contentType: string | null): string =>
  (contentType ?? "").replace(/;.*/, "").trim().toLowerCase();

const isJson = (mediaType: string): boolean => /^application\/(.*\+)?json$/.test(mediaType);

const hasKey = (headers: object | undefined, name: string): boolean =>
  Object.keys(headers ?? {}).some((key) => key.toLowerCase() === name);

/**
 * Wraps `fetch`, for requests to the API alone.
 *
 * @param report Told what of each exchange is otherwise than described.
 */
export function describedFetch(
  description: Description,
  isApi: (url: URL) => boolean,
  report: (differences: readonly string[]) => void,
): typeof fetch {
  const { fetch } = globalThis;
  return async (input, init = {}) => {
    const url = new URL(String(input));
    const response = await fetch(input, init);
    if (!isApi(url)) return response;
    const { body } = init;
    const request = {
      contentType: new Headers(init.headers).get("content-type") ?? undefined,
      body: typeof body === "string" ? Buffer.from(body) : Buffer.from((body ?? []) as Uint8Array),
    };
    const { status, headers } = response;
    const answer = { status, headers, body: await response.clone().text() };
    report(description.differences({ method: init.method ?? "GET", url, request, response: answer }));
    return response;
  };
}
