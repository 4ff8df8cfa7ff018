import { badRequest, ServiceError } from "./errors.ts";

/** The part of a Smithy model that a request is held against. */
export type Shape =
  | {
      readonly type: "string";
      readonly min?: number;
      readonly max?: number;
      /** Held against the whole value, as the service does. */
      readonly pattern?: string;
      readonly values?: readonly string[];
    }
  | { readonly type: "integer"; readonly min?: number; readonly max?: number }
  | { readonly type: "boolean" }
  | { readonly type: "list"; readonly member: Shape; readonly min?: number; readonly max?: number }
  | Structure
  /** A field that the service knows and whose effect is not modelled here. */
  | { readonly type: "unmodelled" };

export interface Structure {
  readonly type: "structure";
  readonly members: Readonly<Record<string, Shape>>;
  readonly required?: readonly string[];
}

type Simplify<T> = { [K in keyof T]: T[K] };
type RequiredKeys<S extends Structure> = S["required"] extends readonly (infer K)[] ? K : never;

/** The TypeScript type of a value that a shape admits. */
export type ValueOf<S> = S extends { type: "string"; values: readonly (infer V)[] }
  ? V
  : S extends { type: "string" }
    ? string
    : S extends { type: "integer" }
      ? number
      : S extends { type: "boolean" }
        ? boolean
        : S extends { type: "list"; member: infer M }
          ? readonly ValueOf<M>[]
          : S extends Structure
            ? Simplify<
                { readonly [K in keyof S["members"] & RequiredKeys<S>]: ValueOf<S["members"][K]> } & {
                  readonly [K in Exclude<keyof S["members"], RequiredKeys<S>>]?: ValueOf<S["members"][K]>;
                }
              >
            : never;

/** A request whose types are right and whose constraints are not yet checked. */
export type Draft<T> = T extends readonly (infer M)[]
  ? readonly Draft<M>[]
  : T extends string
    ? string
    : T extends object
      ? { readonly [K in keyof T]?: Draft<T[K]> }
      : T;

export interface Deserialised<T> {
  readonly draft: Draft<T>;
  /** Paths of the fields that are sent and not modelled, e.g. "Settings". */
  readonly unmodelled: readonly string[];
}

/**
 * Reads a JSON 1.1 request body into its shape. A field that the shape does not name is unmodelled too: AWS
 * ignores it, but to an SDK newer than this model it has a meaning, and the SDK sends no field without one.
 *
 * @throws {ServiceError} SerializationException when the body is no JSON object or a field has another type
 */
export function deserialise<const S extends Structure>(shape: S, body: Buffer): Deserialised<ValueOf<S>> {
  const json = parseJson(body);
  const unmodelled: string[] = [];
  const draft = read(shape, json, "", unmodelled);
  // read() has just compared every member with the shape.
  return { draft: draft as Draft<ValueOf<S>>, unmodelled };
}

/**
 * Holds a request against every constraint of its shape, and reports all that it breaks at once, as AWS does.
 *
 * @throws {ServiceError} BadRequestException, the type under which Transcribe reports them
 */
export function validate<const S extends Structure>(shape: S, draft: Draft<ValueOf<S>>): ValueOf<S> {
  const broken = violations(shape, draft, "");
  if (broken.length > 0) {
    const errors = broken.length === 1 ? "error" : "errors";
    throw badRequest(`${broken.length} validation ${errors} detected: ${broken.join("; ")}`);
  }
  return draft as ValueOf<S>;
}

function parseJson(body: Buffer): unknown {
  if (body.length === 0) return {};
  try {
    return JSON.parse(body.toString("utf8"));
  } catch {
    throw new ServiceError("SerializationException", "The request body is not JSON.");
  }
}

function read(shape: Shape, value: unknown, path: string, unmodelled: string[]): unknown {
  switch (shape.type) {
    case "unmodelled":
      unmodelled.push(path);
      return value;
    case "string":
    case "boolean":
      if (typeof value !== shape.type) throw wrongType(path, value, shape.type);
      return value;
    case "integer":
      if (!Number.isSafeInteger(value)) throw wrongType(path, value, "integer");
      return value;
    case "list":
      if (!Array.isArray(value)) throw wrongType(path, value, "list");
      return value.map((member, index) => read(shape.member, member, `${path}[${index}]`, unmodelled));
    case "structure": {
      if (typeof value !== "object" || value === null || Array.isArray(value)) {
        throw wrongType(path, value, "structure");
      }
      const present = Object.entries(value).filter(([, member]) => member !== null);
      return Object.fromEntries(
        present.map(([name, member]) => {
          const known = Object.hasOwn(shape.members, name) ? shape.members[name] : undefined;
          const memberPath = path ? `${path}.${name}` : name;
          return [name, read(known ?? { type: "unmodelled" }, member, memberPath, unmodelled)];
        }),
      );
    }
  }
}

function wrongType(path: string, value: unknown, expected: string): ServiceError {
  const found = value === null ? "null" : Array.isArray(value) ? "list" : typeof value;
  return new ServiceError(
    "SerializationException",
    `${path || "The request body"} must be of type ${expected}, and is of type ${found}.`,
  );
}

function violations(shape: Shape, value: unknown, path: string): string[] {
  const failed = (constraint: string) =>
    `Value '${printed(value)}' at '${path}' failed to satisfy constraint: Member must ${constraint}`;
  switch (shape.type) {
    case "unmodelled":
    case "boolean":
      return [];
    case "string": {
      const text = value as string;
      return [
        ...(shape.values && !shape.values.includes(text)
          ? [failed(`satisfy enum value set: [${shape.values.join(", ")}]`)]
          : []),
        ...lengthViolations(shape, text.length, failed),
        ...(shape.pattern !== undefined && !new RegExp(`^(?:${shape.pattern})$`).test(text)
          ? [failed(`satisfy regular expression pattern: ${shape.pattern}`)]
          : []),
      ];
    }
    case "integer": {
      const number = value as number;
      const { min, max } = shape;
      return [
        ...(min !== undefined && number < min ? [failed(`have value greater than or equal to ${min}`)] : []),
        ...(max !== undefined && number > max ? [failed(`have value less than or equal to ${max}`)] : []),
      ];
    }
    case "list": {
      const members = value as readonly unknown[];
      return [
        ...lengthViolations(shape, members.length, failed),
        // AWS counts the members of a list from 1.
        ...members.flatMap((member, index) =>
          violations(shape.member, member, `${path}.${index + 1}.member`),
        ),
      ];
    }
    case "structure": {
      const members = value as Readonly<Record<string, unknown>>;
      return Object.entries(shape.members).flatMap(([name, member]) => {
        const field = name.charAt(0).toLowerCase() + name.slice(1);
        const memberPath = path ? `${path}.${field}` : field;
        if (members[name] !== undefined) return violations(member, members[name], memberPath);
        return shape.required?.includes(name)
          ? [`Value null at '${memberPath}' failed to satisfy constraint: Member must not be null`]
          : [];
      });
    }
  }
}

function lengthViolations(
  { min, max }: { readonly min?: number; readonly max?: number },
  length: number,
  failed: (constraint: string) => string,
): string[] {
  return [
    ...(min !== undefined && length < min ? [failed(`have length greater than or equal to ${min}`)] : []),
    ...(max !== undefined && length > max ? [failed(`have length less than or equal to ${max}`)] : []),
  ];
}

function printed(value: unknown): string {
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}
