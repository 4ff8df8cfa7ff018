import type { IncomingMessage, ServerResponse } from "node:http";
import type { LocalAws } from "../run/local-aws.ts";

export { readBytes } from "./http/body.ts";
export { HttpError } from "./http/errors.ts";
export { sendJson } from "./http/json.ts";

/** What a service adds to the page: `console` of its rolecall.config.ts. */
export interface ConsoleExtension {
  /** Shown between Decisions and What if. */
  readonly views: readonly ConsoleView[];
  /** The folder with the views' modules and styles. They are served beside the console's own, whose modules they may import. */
  readonly files: string;
  /** What the views need of a local run. */
  open(run: ConsoleRun): Promise<OpenExtension>;
}

export interface ConsoleView {
  /** Of its address, `#/NAME`; its module `NAME-view.js` exports `createView`, and its style is `NAME.css`. */
  readonly name: string;
  readonly title: string;
}

export interface ConsoleRun {
  readonly aws: LocalAws;
  /** Who calls the API. */
  readonly developer: string;
}

export interface OpenExtension {
  readonly routes: readonly ExtensionRoute[];
  /** What the views are told in the service's message, as `own`: JSON. */
  readonly own?: unknown;
  /** What a decision is about, as one of the views names it. */
  readonly about?: {
    readonly view: string;
    /** Of the link, e.g. `its order`. */
    readonly title: string;
    /** @param text What was asked for, and the condition keys' values. */
    readonly find: (text: string) => string | undefined;
  };
  /** Sets the service going from the What if view: a POST that answers `{ id }`, which the view shows. */
  readonly sender?: { readonly title: string; readonly path: string; readonly view: string };
  /** Whether the page plays or shows what the local S3 has. */
  readonly showsMedia?: boolean;
}

/** Asked by the page alone: requests of others are refused before. Throw {HttpError} for an answer that is an error. */
export interface ExtensionRoute {
  readonly method: string;
  /** Below /api/, and none of the console's own. Its first group is the parameter. */
  readonly path: RegExp;
  handle(
    request: IncomingMessage,
    response: ServerResponse,
    asked: { readonly url: URL; readonly parameter: string },
  ): Promise<void> | void;
}
