import type { IncomingMessage, ServerResponse } from "node:http";
import * as v from "valibot";
import { explain, type Material } from "../ask/explain/explain.ts";
import { SenselessQuestion } from "../ask/explain/senseless.ts";
import type { Names } from "../ask/report/names.ts";
import type { Credentials } from "../run/index.ts";
import type { DecisionLog } from "./decisions.ts";
import { explanationMessage } from "./explanation.ts";
import type { ExtensionRoute } from "./extension.ts";
import { readJson } from "./http/body.ts";
import { HttpError } from "./http/errors.ts";
import type { EventStreams } from "./http/events.ts";
import { sendJson } from "./http/json.ts";
import type {
  ActionChange,
  CredentialsMessage,
  Question,
  ServiceMessage,
  WhatIfMessage,
} from "./messages.ts";
import type { WhatIf } from "./what-if.ts";

export interface RouteMaterial {
  readonly run: string;
  readonly service: ServiceMessage;
  readonly credentials: () => Credentials | undefined;
  readonly decisions: DecisionLog;
  readonly streams: EventStreams;
  /** What IAM decides by now. */
  readonly explainBy: () => Material;
  readonly names: Names;
  readonly whatIf: {
    readonly message: () => WhatIfMessage;
    readonly change: (act: (whatIf: WhatIf) => void) => void;
  };
}

type Handler = (material: RouteMaterial, response: ServerResponse) => Promise<void> | void;
type Route = (request: IncomingMessage, url: URL, parameter: string) => Handler;

const questionSchema = v.strictObject({
  principal: v.string(),
  action: v.string(),
  resource: v.string(),
  context: v.array(v.string()),
}) satisfies v.GenericSchema<Question>;

const changeSchema = v.strictObject({
  holder: v.string(),
  policy: v.string(),
  index: v.number(),
  action: v.string(),
  isAllowed: v.boolean(),
}) satisfies v.GenericSchema<ActionChange>;

/** By method and path; what stands for `:` is the parameter. */
const routes: readonly (readonly [method: string, path: RegExp, route: Route])[] = [
  [
    "GET",
    /^\/api\/service$/,
    () =>
      ({ service }, response) =>
        sendJson(response, 200, service),
  ],
  ["GET", /^\/api\/events$/, streamEvents],
  ["GET", /^\/api\/decisions\/(\d{1,15})$/, readDecision],
  ["POST", /^\/api\/explain$/, explainQuestion],
  [
    "GET",
    /^\/api\/what-if$/,
    () =>
      ({ whatIf }, response) =>
        sendJson(response, 200, whatIf.message()),
  ],
  ["POST", /^\/api\/what-if$/, changePolicy],
  ["DELETE", /^\/api\/what-if$/, putBack],
  // A POST: it is given to nobody who does not name the page as its origin.
  ["POST", /^\/api\/credentials$/, showCredentials],
];

/**
 * @param extension What the service adds; the console's own come first.
 * @throws {HttpError} 404 for an unknown path, 405 for another method
 */
export function findRoute(request: IncomingMessage, url: URL, extension: readonly ExtensionRoute[]): Handler {
  const all = [...routes, ...extension.map(asRoute)];
  const ofPath = all.filter(([, path]) => path.test(url.pathname));
  if (ofPath.length === 0) throw new HttpError(404, `There is nothing at ${url.pathname}.`);
  const found = ofPath.find(([method]) => method === request.method);
  if (found === undefined) {
    throw new HttpError(405, `${url.pathname} takes ${ofPath.map(([method]) => method).join(", ")}.`);
  }
  const [, path, route] = found;
  return route(request, url, path.exec(url.pathname)?.[1] ?? "");
}

function asRoute({ method, path, handle }: ExtensionRoute): readonly [string, RegExp, Route] {
  return [
    method,
    path,
    (request, url, parameter) => (_, response) => handle(request, response, { url, parameter }),
  ];
}

/** All the decisions that are kept and that the page has not seen yet, and then each as it is taken. */
function streamEvents(request: IncomingMessage): Handler {
  return ({ run, decisions, streams, whatIf }, response) => {
    const send = streams.open(response);
    if (send === undefined) throw new HttpError(503, "Too many pages are open: close one.");
    const [seenRun, seen] = String(request.headers["last-event-id"] ?? "").split("/");
    send("hello", { run });
    send("what-if", whatIf.message());
    const missed = decisions.after(seenRun === run ? Number(seen) || 0 : 0);
    send("decisions", missed, `${run}/${decisions.last}`);
  };
}

function readDecision(_: IncomingMessage, __: URL, number: string): Handler {
  return async ({ decisions }, response) => {
    const detail = await decisions.detail(Number(number));
    if (detail === undefined) {
      throw new HttpError(404, `Decision ${number} is not kept: it was too long ago, or never was.`);
    }
    sendJson(response, 200, detail);
  };
}

function explainQuestion(request: IncomingMessage): Handler {
  return async ({ explainBy, names }, response) => {
    const question = await readJson(request, questionSchema);
    try {
      sendJson(response, 200, explanationMessage(await explain(question, explainBy()), names));
    } catch (error) {
      if (error instanceof SenselessQuestion) throw new HttpError(422, error.message);
      throw error;
    }
  };
}

function changePolicy(request: IncomingMessage): Handler {
  return async ({ whatIf }, response) => {
    const change = await readJson(request, changeSchema);
    whatIf.change((policies) => policies.change(change));
    sendJson(response, 200, whatIf.message());
  };
}

function putBack(): Handler {
  return ({ whatIf }, response) => {
    whatIf.change((policies) => policies.reset());
    sendJson(response, 200, whatIf.message());
  };
}

function showCredentials(): Handler {
  return ({ credentials, service }, response) => {
    const { accessKeyId = "", secretAccessKey = "", sessionToken = "" } = credentials() ?? {};
    const message: CredentialsMessage = {
      region: service.region,
      accessKeyId,
      secretAccessKey,
      sessionToken,
    };
    sendJson(response, 200, message);
  };
}
