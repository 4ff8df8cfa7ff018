/** Where something was written. */
export interface Source {
  /** Relative to the project's folder, with slashes. */
  readonly file: string;
  /** Of its first line, from 1. */
  readonly line: number;
}

export type StatementSource =
  | (Source & {
      /** `written`: by hand, as a statement. `event`: Lambda's permission for one of the function's events. */
      readonly origin: "written" | "event";
      /** The comment on its Sid's line. */
      readonly why?: string;
    })
  /** By the framework or one of its plugins: it is written nowhere. */
  | { readonly origin: "added" };

/** A statement of a function's role, or of the resource that carries its policy. */
export type StatementPlace = ({ readonly functionKey: string } | { readonly logicalId: string }) & {
  readonly sid?: string | undefined;
  /** The patterns of its Action, by which a statement without a Sid is found. */
  readonly actions?: readonly string[];
};

export type Path = readonly (string | number)[];

/**
 * Where a project's author wrote what the template says. Function keys are those of `ExecutionRole`. A path that is not
 * written to its end gives the line of what is there of it, so that a finding about something that is missing has a
 * place; a function or a resource that is not there gives undefined.
 */
/** What a project is written in. */
export type Language = "serverless" | "serverless-4" | "sam" | "cdk" | "plain";

export interface Sources {
  readonly language: Language;
  statement(where: StatementPlace): StatementSource | undefined;
  /**
   * The path is the Serverless Framework's; other projects say the same elsewhere, and give the line where they do. E.g.
   * `functionLine("store", "environment", "BUCKET")`.
   */
  functionLine(functionKey: string, ...path: Path): Source | undefined;
  /**
   * E.g. `resourceLine("Queue", "Properties", "VisibilityTimeout")`. What the framework makes for a function (role,
   * permission, event source mapping, log group) has the line of the event or the function that it is made for.
   */
  resourceLine(logicalId: string, ...path: Path): Source | undefined;
  /** The event that makes a route of the HTTP API, e.g. `POST /items`. */
  routeLine(routeKey: string): Source | undefined;
  /** Anything else in the project's main file, e.g. `serviceLine("provider", "environment", "AWS_PROFILE")`. */
  serviceLine(...path: Path): Source;
}

/** The place of a statement that has one. */
export function placed(source: StatementSource | undefined): Source | undefined {
  return source === undefined || source.origin === "added"
    ? undefined
    : { file: source.file, line: source.line };
}
