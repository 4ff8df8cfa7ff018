import { randomUUID } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import { fileURLToPath } from "node:url";
import { namesOf } from "../ask/report/names.ts";
import type { Project } from "../project/open.ts";
import { type LocalAws, listen, type TracedDecision } from "../run/index.ts";
import { createDecisionLog, type DecisionLog } from "./decisions.ts";
import type { ConsoleExtension, OpenExtension } from "./extension.ts";
import { HttpError } from "./http/errors.ts";
import { createEventStreams } from "./http/events.ts";
import { type PageFile, readPage, sendFile } from "./http/files.ts";
import { requireOwnPage } from "./http/guard.ts";
import type { ServiceMessage, WhatIfMessage } from "./messages.ts";
import { deployedService, developer, withPolicies } from "./principals.ts";
import { findRoute, type RouteMaterial } from "./routes.ts";
import { describeDeveloper, describeHolders } from "./service-message.ts";
import { usualPort } from "./usual-port.ts";
import { createWhatIf, type WhatIf } from "./what-if.ts";

export interface ConsoleOptions {
  readonly aws: LocalAws;
  readonly project: Project;
  /** What the service adds to the page. */
  readonly extension?: ConsoleExtension | undefined;
  /** Has a listener told each decision as it is taken. */
  readonly onDecision: (listener: (decision: TracedDecision) => void) => void;
  /** The usual one when absent, or a free one when that is taken; 0 for a free one. */
  readonly port?: number | undefined;
  /** Told of requests that failed by a fault of the console's own. */
  readonly log?: (line: string) => void;
}

export interface PermissionsConsole {
  readonly url: string;
  close(): Promise<void>;
}

/** Milliseconds that decisions wait for others, to be sent together. */
const gathering = 30;

/**
 * Serves the Permissions page of a local run, on 127.0.0.1.
 *
 * @throws Error for a port that is taken.
 */
export async function startConsole(options: ConsoleOptions): Promise<PermissionsConsole> {
  const { aws, extension, log = () => {} } = options;
  const opened: OpenExtension = (await extension?.open({ aws, developer })) ?? { routes: [] };
  const { sources, stage = "", stackName = "", service: serviceName = stackName } = options.project;
  const service = deployedService(aws, { stage, stackName });
  const names = namesOf(service.stack);
  const run = randomUUID();
  const message: ServiceMessage = {
    run,
    service: serviceName,
    stage,
    region: aws.region,
    accountId: aws.accountId,
    api: aws.api,
    endpoint: aws.endpoint,
    buckets: [...aws.buckets.values()],
    speech: aws.recogniser,
    ...(await withDeveloper(describeHolders(service, { sources, names }))),
    views: extension?.views ?? [],
    ...(opened.own !== undefined && { own: opened.own }),
    ...(opened.about && { about: { view: opened.about.view, title: opened.about.title } }),
    ...(opened.sender && { sender: opened.sender }),
  };
  const files = await readFiles(extension);

  const whatIf = createWhatIf(aws.policies);
  const decisions = createDecisionLog({
    service,
    sources,
    names,
    policies: aws.policies,
    original: () => (whatIf.taken.length > 0 ? whatIf.original : undefined),
    findAbout: opened.about?.find,
  });
  const streams = createEventStreams();
  // Nothing is awaited between these two, so no decision is missed and none comes twice.
  for (const decision of aws.decisions) decisions.add(decision);
  options.onDecision(
    announcing(decisions, (after) => {
      streams.send("decisions", decisions.after(after), `${run}/${decisions.last}`);
    }),
  );

  let firstChange: number | undefined;
  const whatIfMessage = (): WhatIfMessage => ({
    taken: whatIf.taken.map((taken) => ({ ...taken, ...describeTaken(taken, message) })),
    since: firstChange ?? decisions.last,
  });
  const material: RouteMaterial = {
    run,
    service: message,
    credentials: () => aws.principals[developer],
    decisions,
    streams,
    explainBy: () => ({ service: withPolicies(service, aws.policies), sources }),
    names,
    whatIf: {
      message: whatIfMessage,
      change(act: (whatIf: WhatIf) => void) {
        act(whatIf);
        if (whatIf.taken.length === 0) firstChange = undefined;
        else firstChange ??= decisions.last;
        streams.send("what-if", whatIfMessage());
      },
    },
  };

  const server = await listenAt(options.port, (port) => (request, response) => {
    void answer(request, response, { port, files, material, extension: opened, log });
  });
  return {
    url: server.url,
    async close() {
      streams.close();
      await server.close();
    },
  };

  async function withDeveloper(described: ReturnType<typeof describeHolders>) {
    const { holders, routes } = await described;
    const policies = aws.policies.identity.get(developer) ?? [];
    return { holders: [...holders, describeDeveloper(policies, names)], routes };
  }
}

/** @throws Error for a file of the extension's that would take the place of one of the console's. */
async function readFiles(extension: ConsoleExtension | undefined): Promise<ReadonlyMap<string, PageFile>> {
  const own = await readPage(fileURLToPath(new URL("page", import.meta.url)));
  const added = extension ? await readPage(extension.files) : new Map<string, PageFile>();
  const taken = [...added.keys()].find((path) => own.has(path));
  if (taken !== undefined)
    throw new Error(`${taken} is a file of the console's own: rename the one in ${extension?.files}.`);
  return new Map([...own, ...added]);
}

/** Adds decisions to the log, and says now and then that there are new ones. */
function announcing(decisions: DecisionLog, announce: (after: number) => void) {
  let announced = decisions.last;
  let isWaiting = false;
  return (traced: TracedDecision) => {
    decisions.add(traced);
    if (isWaiting) return;
    isWaiting = true;
    setTimeout(() => {
      isWaiting = false;
      announce(announced);
      announced = decisions.last;
    }, gathering).unref();
  };
}

function describeTaken(
  { holder, policy, index }: WhatIf["taken"][number],
  { holders }: ServiceMessage,
): { readonly name: string; readonly sid: string } {
  for (const { name, statements, callers } of holders) {
    const found = [...statements, ...callers].find(
      (one) => one.holder === holder && one.policy === policy && one.index === index,
    );
    if (found) return { name, sid: found.sid ?? `statement ${index}` };
  }
  return { name: holder, sid: `statement ${index}` };
}

/** The listener has to know the port, to tell requests that are meant for another. */
async function listenAt(
  port: number | undefined,
  listenerOf: (port: number) => (request: IncomingMessage, response: ServerResponse) => void,
) {
  let listener: ReturnType<typeof listenerOf> = (_, response) => response.destroy();
  const at = (wanted: number) =>
    listen((request, response) => listener(request, response), wanted, "console");
  const server = await (port === undefined ? at(usualPort).catch(() => at(0)) : at(port));
  listener = listenerOf(Number(new URL(server.url).port || 80));
  return server;
}

interface Surroundings {
  readonly port: number;
  readonly files: ReadonlyMap<string, PageFile>;
  readonly material: RouteMaterial;
  readonly extension: OpenExtension;
  readonly log: (line: string) => void;
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  { port, files, material, extension, log }: Surroundings,
): Promise<void> {
  for (const [name, value] of Object.entries(
    securityHeaders(extension.showsMedia ? material.service.endpoint : "'none'"),
  )) {
    response.setHeader(name, value);
  }
  try {
    const url = requireOwnPage(request, port);
    const file = files.get(url.pathname);
    if (file !== undefined) {
      if (request.method !== "GET" && request.method !== "HEAD") throw new HttpError(405, "It is read only.");
      sendFile(request, response, file);
      return;
    }
    await findRoute(request, url, extension.routes)(material, response);
  } catch (error) {
    if (!(error instanceof HttpError)) log(`console: ${error instanceof Error ? error.stack : error}`);
    const { status, message } =
      error instanceof HttpError
        ? error
        : { status: 500, message: "The console failed; pnpm start says how." };
    if (response.headersSent) response.destroy();
    else {
      // What was not read of a body that is refused is not waited for.
      response.writeHead(status, { "content-type": "application/json", connection: "close" });
      response.end(JSON.stringify({ error: message }));
    }
  }
}

/** Nothing but the console's own files runs or is shown; media alone may come from the local S3. */
function securityHeaders(media: string): Readonly<Record<string, string>> {
  return {
    "content-security-policy": [
      "default-src 'none'",
      "script-src 'self'",
      "style-src 'self'",
      "img-src 'self'",
      "connect-src 'self'",
      `media-src ${media}`,
      "base-uri 'none'",
      "form-action 'none'",
      "frame-ancestors 'none'",
      "require-trusted-types-for 'script'",
      "trusted-types 'none'",
    ].join("; "),
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
  };
}
