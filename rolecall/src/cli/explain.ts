import { text } from "node:stream/consumers";
import type { ParseArgsConfig } from "node:util";
import { explain } from "../ask/explain/explain.ts";
import { explainMessage } from "../ask/explain/explain-message.ts";
import { type Explanation, isOpen } from "../ask/explain/explanation.ts";
import type { Place } from "../ask/explain/message-place.ts";
import { resourceForms } from "../ask/explain/target.ts";
import { explanationText, messageText } from "../ask/explain/text.ts";
import { readProject } from "../project/open.ts";
import { exitOnSignals } from "../terminal/at-exit.ts";
import { complain, ignoreClosedOutput, print } from "../terminal/terminal.ts";
import {
  givenOptions,
  openGiven,
  parseCommand,
  projectOptions,
  projectUsage,
  UsageError,
} from "./options.ts";

const usage = `rolecall explain PRINCIPAL ACTION RESOURCE [--context KEY=VALUE]… [--template FILE] [--stage STAGE] [--all] …
rolecall explain --message TEXT

Why IAM allows something or denies it, by the packaged template, and what would have to be otherwise.

PRINCIPAL  a function, as its template calls it (a key, a path of the CDK), or its logical id; the ARN of its role or of a session; a service principal
           (s3.amazonaws.com); an account id; the ARN of another user or role; anyone
ACTION     as IAM names it: s3:GetObject
RESOURCE   ${resourceForms.replaceAll("\n", "\n           ")}
--context  a condition key of the request; several times for one of several values. What every request carries
           (aws:SecureTransport, aws:PrincipalArn, …) is filled in, shown where a statement asks for it,
           and can be set too
--message  a denial from a log, with whatever stands around it; - reads it from standard input. Account, region and
           stage are the message's, unless --stage or --region says otherwise
--all      every statement that was asked, and what of it fits; all that was filled in

${projectUsage}

Exits 0 when it is allowed, 1 when it is denied, 2 without an answer, as for a question that makes no sense.

rolecall explain store s3:PutObject 's3://my-bucket/photos/x.jpg'
rolecall explain report sns:Publish Alarms --context aws:RequestedRegion=eu-west-1`;

type Options = ReturnType<typeof parse>;

export async function explainCommand(): Promise<void> {
  ignoreClosedOutput();
  exitOnSignals();
  const options = parse();
  process.exitCode = await (options.message === undefined
    ? question(options)
    : message(options.message, options)
  ).catch((error) => {
    complain(error);
    return 2;
  });
}

async function question(options: Options): Promise<number> {
  const { principal, action, resource } = options.question;
  const service = await openGiven(options);
  const explanation = await explain(
    { principal, action, resource, context: options.context },
    { service, sources: service.sources },
  );
  print(options.json ? JSON.stringify(explanation, undefined, 2) : explanationText(explanation, options));
  return exitCode(explanation);
}

async function message(pasted: string, options: Options): Promise<number> {
  const project = await readProject(await givenOptions(options));
  const explained = await explainMessage(pasted === "-" ? await text(process.stdin) : pasted, {
    serviceName: project.service ?? project.stackName ?? "",
    sources: project.sources,
    context: options.context,
    // What the command line says counts for more than what a message says. Only what is packaged now has other stages.
    open: ({ stage, ...place }: Place) =>
      openGiven(options, { ...(project.isFresh && stage !== undefined && { stage }), ...place }),
  });
  print(options.json ? JSON.stringify(explained, undefined, 2) : messageText(explained, options));
  return explained.explanation ? exitCode(explained.explanation) : 1;
}

function exitCode(explanation: Explanation): number {
  if (isOpen(explanation) || explanation.decision.outcome === "unknown") return 2;
  return explanation.decision.outcome === "allowed" ? 0 : 1;
}

function parse() {
  const all = {
    ...projectOptions,
    all: { type: "boolean", default: false },
    context: { type: "string", multiple: true, default: [] },
    message: { type: "string" },
  } as const satisfies ParseArgsConfig["options"];
  return parseCommand(usage, all, (values, positionals) => {
    const [principal = "", action = "", resource = ""] = positionals;
    if (values.message !== undefined && positionals.length > 0)
      throw new UsageError(
        "A message says who, what and on which by itself: leave PRINCIPAL, ACTION and RESOURCE out.",
      );
    if (values.message === undefined && positionals.length > 3)
      throw new UsageError(
        `One resource, not ${positionals.length - 2}. A bare * becomes file names: write '*'.`,
      );
    if (values.message === undefined && positionals.length < 3)
      throw new UsageError("Missing arguments: PRINCIPAL ACTION RESOURCE");
    return { ...values, question: { principal, action, resource } };
  });
}
