import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { Validator } from "@seriousme/openapi-schema-validator";
import { parse } from "yaml";

/** A route as docs/openapi.yaml describes it, its references resolved. */
export interface Operation {
  /** In upper case. */
  readonly method: string;
  /** With its parameters in braces. */
  readonly path: string;
  /** The key of its function in serverless.yml. */
  readonly operationId: string;
  readonly parameters: readonly Parameter[];
  readonly requestBody?: { readonly required?: boolean; readonly content: Content };
  /** By status. */
  readonly responses: Readonly<Record<string, ApiResponse>>;
}

export interface Parameter {
  readonly name: string;
  readonly in: "path" | "query" | "header";
  readonly required?: boolean;
  readonly schema: Schema;
  readonly example?: unknown;
}

export interface Header {
  readonly required?: boolean;
  readonly schema: Schema;
  readonly example?: unknown;
}

export interface ApiResponse {
  readonly headers?: Readonly<Record<string, Header>>;
  /** Absent where there is no body. */
  readonly content?: Content;
}

/** By media type. */
export type Content = Readonly<Record<string, { readonly schema: Schema; readonly example?: unknown }>>;

/** JSON Schema 2020-12. */
export type Schema = Readonly<Record<string, unknown>>;

export interface OpenApi {
  readonly info: { readonly version: string };
  readonly security: readonly object[];
  readonly components: { readonly schemas: Readonly<Record<string, Schema>> };
  readonly operations: readonly Operation[];
}

interface PathItem {
  readonly parameters?: readonly Parameter[];
  readonly [method: string]: unknown;
}

/**
 * Reads docs/openapi.yaml.
 *
 * @param root The folder of serverless.yml.
 * @throws Error with what is wrong, when it is no OpenAPI 3.1.
 */
export async function readOpenApi(root: string): Promise<OpenApi> {
  const document = parse(await readFile(join(root, "docs", "openapi.yaml"), "utf8"));
  const validator = new Validator();
  const { valid, errors } = await validator.validate(document);
  if (!valid || validator.version !== "3.1")
    throw new Error(
      `docs/openapi.yaml is no OpenAPI 3.1: ${JSON.stringify(errors ?? validator.version, undefined, 2)}`,
    );
  const { paths, ...resolved } = validator.resolveRefs() as unknown as OpenApi & {
    readonly paths: Readonly<Record<string, PathItem>>;
  };
  const operations = Object.entries(paths).flatMap(([path, { parameters = [], ...methods }]) =>
    Object.entries(methods).map(([method, operation]) => {
      const own = operation as Operation;
      return {
        ...own,
        method: method.toUpperCase(),
        path,
        parameters: [...parameters, ...(own.parameters ?? [])],
      };
    }),
  );
  return { ...resolved, operations };
}
