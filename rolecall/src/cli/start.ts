import { styleText } from "node:util";
import { namesOf } from "../ask/report/names.ts";
import { loadConfig, type RolecallConfig } from "../config.ts";
import type { PermissionsConsole } from "../console/console.ts";
import { usualPort } from "../console/usual-port.ts";
import { environmentOf, type Project, readProject } from "../project/open.ts";
import {
  faultKinds,
  type LocalAws,
  parseFaults,
  readableLogLine,
  readableReport,
  startLocalAws,
  type TracedDecision,
  tellingKeys,
} from "../run/index.ts";
import { exitOnSignals, onPackageManagerGone } from "../terminal/at-exit.ts";
import { complain, ignoreClosedOutput, tell, tellError } from "../terminal/terminal.ts";
import { decisionWords } from "./decision-words.ts";
import { givenOptions, parseCommand, projectOptions, projectUsage, UsageError } from "./options.ts";

const usage = `rolecall start [--template FILE] [--stage STAGE] [--region REGION] [--port PORT] [--endpoint-port PORT]
           [--console-port PORT | --no-console] [--json] [--schedules]
           [--faults NAME=RATE,… [--seed SEED]] [--transcribe-limits]

Packages the service and runs it on 127.0.0.1, IAM enforced, until Ctrl-C. A service that is packaged for this has the
stage local.
--port           of the HTTP API; a free one when it is not given
--endpoint-port  of the AWS endpoint (AWS_ENDPOINT_URL); a free one when it is not given
--console-port   of the page that shows permissions and decisions (docs/console.md); ${usualPort}, or a free one
                 when that is taken
--no-console     without that page
--schedules      rules and schedules run at their times; without it, only when they are told to

Things that go wrong, as in an account they may (docs/local-run.md, Faults on demand):
--faults         how often each does, from 0 to 1, such as throttle=0.1,kill=0.02:
${Object.entries(faultKinds)
  .map(([name, kind]) => `                   ${name.padEnd(12)} ${kind}`)
  .join("\n")}
                 and slow-ms: the milliseconds that slow means at most; 1000 when it is not given
--seed           a whole number: the same one brings the same faults; printed when it is not given
--transcribe-limits
                 Transcribe refuses what exceeds its quotas: 25 starts a second, 250 jobs at once, and so on

${projectUsage}

LOCAL_SPEECH     in the environment: what hears; see docs/local-run.md, Speech`;

/** Milliseconds; long enough to see each status pass by on the page. */
const jobDurations = { queued: 400, inProgress: 800 };

type Options = ReturnType<typeof parse>;

/** Runs the service until a signal ends it. */
export async function startCommand(): Promise<void> {
  ignoreClosedOutput();
  const options = parse();
  const stopExiting = exitOnSignals();
  const given = { ...(await givenOptions(options).catch(fail)), usualStage: "local" };
  const project = await readProject({
    ...given,
    onPackaging: (because) =>
      tell(["dim", because ? `packaging again, because ${because} …` : "packaging …"]),
  }).catch(fail);
  const config = await loadConfig(project.root).catch(fail);
  /** Told each decision as it is taken. */
  const listeners: ((decision: TracedDecision) => void)[] = [];
  const environment = environmentOf(project, given);
  const aws = await startLocalAws({
    packaged: project.file,
    stage: project.stage ?? "local",
    region: environment.region,
    ...(environment.parameters && { parameters: environment.parameters }),
    ...(environment.policies && { policies: environment.policies }),
    apiPort: options.port,
    endpointPort: options.endpointPort,
    log: tellError,
    onFunctionLog: (functionKey, event, requestId) => {
      const [first = "", ...more] = readableLogLine(event).split("\n");
      tell(["dim", `${functionKey} ${requestId?.slice(0, 8) ?? "init"}`], first);
      for (const line of more) tell(line);
    },
    onReport: (report) =>
      tell(["dim", `${report.functionKey} ${report.requestId.slice(0, 8)} ${readableReport(report)}`]),
    transcripts: config.transcripts,
    onDecision: (decision) => {
      for (const listen of listeners) listen(decision);
    },
    onFault: ({ fault, what }) => tell(["dim", `fault ${fault}: ${what}`]),
    transcribeLimits: options.transcribeLimits,
    schedules: options.schedules,
    ...(options.faults && { faults: options.faults }),
    ...(options.hasConsole && { jobDurations }),
  }).catch(fail);
  const { shorten } = namesOf(aws.stack);
  const telling = tellingKeys(aws.policies);
  const show = (decision: TracedDecision) => tell(...decisionWords(decision, telling, shorten));
  aws.decisions.forEach(show);
  listeners.push(show);
  const page = options.hasConsole
    ? await openConsole(aws, { project, config, port: options.consolePort, listeners })
    : undefined;

  // From now on there is something to end properly.
  let stopping = false;
  const stop = () => {
    // A second Ctrl-C, or one that the package manager passes on as well, changes nothing.
    if (stopping) return;
    stopping = true;
    void close(aws, page).then(() => {
      if (options.faults) tell(faultsSoFar(aws));
      process.exit(0);
    }, fail);
  };
  for (const signal of ["SIGHUP", "SIGINT", "SIGTERM"] as const) process.on(signal, stop);
  onPackageManagerGone(stop);
  // Not before the others listen: a signal that comes while nobody does is lost.
  stopExiting();
  for (const { where, says } of aws.notes) tell(`${where}: ${says}`);
  console.log(options.json ? JSON.stringify(description(aws, options)) : welcome(aws, page, options));
}

interface ConsoleNeeds {
  readonly project: Project;
  readonly config: RolecallConfig;
  readonly port: number | undefined;
  readonly listeners: ((decision: TracedDecision) => void)[];
}

async function openConsole(
  started: LocalAws,
  { project, config, port, listeners }: ConsoleNeeds,
): Promise<PermissionsConsole> {
  try {
    // Not before it is wanted: what it takes to call the API would have every tool wait that reads --json.
    const { startConsole } = await import("../console/console.ts");
    return await startConsole({
      aws: started,
      project,
      extension: await config.console?.(),
      port,
      onDecision: (listener) => listeners.push(listener),
      log: tellError,
    });
  } catch (error) {
    await started.close();
    return fail(error);
  }
}

async function close(aws: LocalAws, page: PermissionsConsole | undefined): Promise<void> {
  await page?.close();
  await aws.close();
}

function description(
  { api, apis, issuer, endpoint, region, buckets, principals, faults }: LocalAws,
  options: Options,
) {
  return {
    api,
    apis: apis.map(({ type, name, url }) => ({ type, name, url })),
    ...(issuer && { issuer: issuer.url }),
    endpoint,
    region,
    buckets: Object.fromEntries(buckets),
    principals: Object.fromEntries(
      Object.entries(principals).map(([name, { accessKeyId, secretAccessKey, sessionToken }]) => [
        name,
        { accessKeyId, secretAccessKey, sessionToken },
      ]),
    ),
    ...(options.faults && { seed: faults.seed }),
  };
}

function welcome(
  { api, apis, issuer, endpoint, region, buckets, principals, recogniser, faults }: LocalAws,
  consolePage: PermissionsConsole | undefined,
  options: Options,
): string {
  const developer = principals.developer;
  return `
${styleText("bold", "The service runs on this machine.")} Nothing leaves it. Ctrl-C ends it.

${consolePage ? `  console   ${consolePage.url} (permissions and decisions, in a browser)\n` : ""}${apiLines(apis)}${issuer ? `  tokens    ${issuer.url} (rolecall token --issuer ${issuer.url})\n` : ""}  endpoint  ${endpoint} (AWS_ENDPOINT_URL)
${buckets.size > 0 ? `  buckets   ${[...buckets.values()].join(", ")}\n` : ""}  speech    ${recogniser}${options.faults ? `\n  faults    --faults ${options.faultList} --seed ${faults.seed}` : ""}

To call it as the developer:

  export AWS_REGION=${region}
  export AWS_ACCESS_KEY_ID=${developer?.accessKeyId}
  export AWS_SECRET_ACCESS_KEY=${developer?.secretAccessKey}
  export AWS_SESSION_TOKEN=${developer?.sessionToken}
${api === "" ? "" : curl(api)}
From here on, every decision that IAM takes is shown.
`;
}

const curl = (api: string) => `
  curl ${api}/PATH --aws-sigv4 "aws:amz:$AWS_REGION:execute-api" \\
    --user "$AWS_ACCESS_KEY_ID:$AWS_SECRET_ACCESS_KEY" -H "x-amz-security-token: $AWS_SESSION_TOKEN"
`;

/** The name of each tells them apart where there are several. */
function apiLines(apis: LocalAws["apis"]): string {
  return apis
    .map(({ type, name, url }) => {
      const title = (type === "function URL" ? "URL" : "API").padEnd(10);
      return `  ${title}${url}${apis.length > 1 ? ` (${type} ${name})` : ""}`;
    })
    .map((line) => `${line}\n`)
    .join("");
}

function faultsSoFar({ faults: { seed, counts } }: LocalAws): string {
  const happened = [...counts].map(([fault, count]) => `${fault} ${count}`).join(", ") || "none";
  return `faults: ${happened} (seed ${seed})`;
}

function parse() {
  const all = {
    ...projectOptions,
    "console-port": { type: "string" },
    "endpoint-port": { type: "string", default: "0" },
    faults: { type: "string" },
    "no-console": { type: "boolean", default: false },
    port: { type: "string", default: "0" },
    schedules: { type: "boolean", default: false },
    seed: { type: "string" },
    "transcribe-limits": { type: "boolean", default: false },
  } as const;
  return parseCommand(usage, all, (values, positionals) => {
    const port = (name: string, text: string) => {
      if (!/^\d+$/.test(text) || Number(text) > 65_535)
        throw new UsageError(`--${name} ${text} is not a port.`);
      return Number(text);
    };
    if (positionals.length > 0)
      throw new UsageError(`start takes options alone, not ${positionals.join(" ")}.`);
    const consolePort = values["console-port"];
    if (consolePort !== undefined && values["no-console"])
      throw new UsageError("--console-port and --no-console exclude each other.");
    const { faults: faultList, seed } = values;
    if (faultList === undefined && seed !== undefined)
      throw new UsageError("--seed is of no use without --faults.");
    return {
      ...values,
      port: port("port", values.port),
      endpointPort: port("endpoint-port", values["endpoint-port"]),
      consolePort: consolePort === undefined ? undefined : port("console-port", consolePort),
      hasConsole: consolePort !== undefined || !(values["no-console"] || values.json),
      faultList,
      faults: faultList === undefined ? undefined : parseFaults(faultList, seed),
      transcribeLimits: values["transcribe-limits"],
    };
  });
}

function fail(error: unknown): never {
  complain(error);
  process.exit(1);
}
