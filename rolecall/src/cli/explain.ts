import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { explain } from "../ask/explain/explain.ts";
import { explainMessage } from "../ask/explain/explain-message.ts";
import { type Explanation, isOpen } from "../ask/explain/explanation.ts";
import type { Place } from "../ask/explain/message-place.ts";
import { resourceForms } from "../ask/explain/target.ts";
import { explanationText, messageText } from "../ask/explain/text.ts";
import { serviceName } from "../packaging/service-name.ts";
import { readService, type Service } from "../stack/source/service.ts";
import { readSources } from "../stack/source/sources.ts";
import { exitOnSignals } from "../terminal/at-exit.ts";
import { complain, ignoreClosedOutput, progress } from "../terminal/terminal.ts";

const usage = `pnpm explain PRINCIPAL ACTION RESOURCE [--context KEY=VALUE]… [--stage STAGE] [--region REGION] [--all] [--json]
pnpm explain --message TEXT

Why IAM allows something or denies it, by the packaged template, and what would have to be otherwise.

PRINCIPAL  a function's key; the ARN of its role or of a session; a service principal
           (s3.amazonaws.com); an account id; the ARN of another user or role; anyone
ACTION     as IAM names it: s3:GetObject
RESOURCE   ${resourceForms.replaceAll("\n", "\n           ")}
--context  a condition key of the request; several times for one of several values. What every request carries
           (aws:SecureTransport, aws:PrincipalArn, …) is filled in, shown where a statement asks for it,
           and can be set too
--message  a denial from a log, with whatever stands around it; - reads it from standard input. Account, region and
           stage are the message's, unless --stage or --region says otherwise
--stage    dev when it is not given
--region   us-east-1 when it is not given
--all      every statement that was asked, and what of it fits; all that was filled in
--json     everything in full, for machines

Exits 0 when it is allowed, 1 when it is denied, 2 without an answer, as for a question that makes no sense.

pnpm explain storePhoto s3:PutObject originals/x.jpg
pnpm explain listPhotos s3:ListBucket bucket --context s3:prefix=originals/`;

const root = fileURLToPath(new URL("../../..", import.meta.url));

ignoreClosedOutput();
exitOnSignals();

const options = parse();
process.exitCode = await (options.message === undefined
  ? question(options.question)
  : message(options.message)
).catch((error) => {
  complain(error);
  return 2;
});

async function question({ principal, action, resource }: typeof options.question): Promise<number> {
  const explanation = await explain(
    { principal, action, resource, context: options.context },
    { service: await packaged({}), sources: await readSources(root) },
  );
  console.log(
    options.json ? JSON.stringify(explanation, undefined, 2) : explanationText(explanation, options),
  );
  return exitCode(explanation);
}

async function message(pasted: string): Promise<number> {
  const explained = await explainMessage(pasted === "-" ? await text(process.stdin) : pasted, {
    serviceName: serviceName(root),
    sources: await readSources(root),
    context: options.context,
    open: packaged,
  });
  console.log(options.json ? JSON.stringify(explained, undefined, 2) : messageText(explained, options));
  return explained.explanation ? exitCode(explained.explanation) : 1;
}

function exitCode(explanation: Explanation): number {
  if (isOpen(explanation)) return 2;
  return explanation.decision.outcome === "allowed" ? 0 : 1;
}

/** What the command line says counts for more than what a message says. */
async function packaged({ stage = "dev", region = "us-east-1", ...account }: Place): Promise<Service> {
  let done = () => {};
  try {
    return await readService({
      root,
      stage: options.stage ?? stage,
      region: options.region ?? region,
      ...account,
      onPackaging: () => {
        done = progress("packaging …");
      },
    });
  } finally {
    done();
  }
}

function parse() {
  try {
    const { values, positionals } = parseArgs({
      allowPositionals: true,
      options: {
        all: { type: "boolean", default: false },
        context: { type: "string", multiple: true, default: [] },
        help: { type: "boolean", short: "h", default: false },
        json: { type: "boolean", default: false },
        message: { type: "string" },
        region: { type: "string" },
        stage: { type: "string" },
      },
    });
    if (values.help) {
      console.log(usage);
      process.exit(0);
    }
    const [principal = "", action = "", resource = ""] = positionals;
    if (values.message !== undefined && positionals.length > 0)
      throw new Error(
        "A message says who, what and on which by itself: leave PRINCIPAL, ACTION and RESOURCE out.",
      );
    if (values.message === undefined && positionals.length > 3)
      throw new Error(`One resource, not ${positionals.length - 2}. A bare * becomes file names: write '*'.`);
    if (values.message === undefined && positionals.length < 3)
      throw new Error("PRINCIPAL, ACTION and RESOURCE, please.");
    return { ...values, question: { principal, action, resource } };
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : error}\n\n${usage}`);
    process.exit(2);
  }
}
