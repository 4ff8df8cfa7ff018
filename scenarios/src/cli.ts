import { existsSync } from "node:fs";
import { parseArgs } from "node:util";
import { complain, ignoreClosedOutput, onStderr } from "rolecall/terminal";
import { createApi } from "./api.ts";
import { apiOfStage } from "./deployed.ts";
import { root, withLocalRun } from "./local.ts";
import type { Recording } from "./recording.ts";
import { type TranscribeOptions, transcribeFile } from "./transcribe.ts";
import { transcriptLines } from "./transcript-lines.ts";

const usage = `pnpm transcribe FILE [--language CODE|auto] [--form] [--stage STAGE [--region REGION] | --api URL] [--json]

Without --stage or --api: on this machine, no AWS account needed.
--stage STAGE    the stage that you deployed, with the credentials that the AWS SDK finds
--region REGION  where it is deployed; else where the AWS SDK looks
--api URL        an API by its address, such as pnpm start prints
--form           upload by a form even when the file is small enough for a body`;

ignoreClosedOutput();

const { values, positionals } = parse();
const [file] = positionals;
if (values.help || file === undefined || positionals.length > 1) {
  console.error(usage);
  process.exit(values.help ? 0 : 2);
}
if (values.api && values.stage) fail("Give --stage or --api, not both.");
if (values.region && !values.stage) fail("--region says where a stage is deployed: give --stage, too.");
if (!existsSync(file)) fail(`There is no file ${file}.`);

const options: TranscribeOptions = {
  language: values.language,
  ...(values.form && { way: "form" as const }),
  onStatus: (status) => process.stderr.write(onStderr("dim", `${status}\n`)),
};
// Only a deployed function's log is out of sight: a local run says itself what goes wrong.
const patience = setTimeout(() => {
  if (values.api || values.stage)
    console.error(onStderr("dim", "still waiting: startTranscription's log says what for"));
}, 60_000).unref();
try {
  const recording = await transcribe(file);
  clearTimeout(patience);
  if (values.json) console.log(JSON.stringify(recording));
  if (recording.status === "failed") fail(`Transcribe failed: ${recording.failureReason}`);
  if (!values.json) console.log(transcriptLines(recording).join("\n"));
} catch (error) {
  fail(error instanceof Error ? error.message : String(error));
}

async function transcribe(path: string): Promise<Recording> {
  if (values.api) {
    const api = createApi(values.api, process.env.AWS_REGION ?? "us-east-1");
    return transcribeFile(api, path, options);
  }
  if (values.stage) {
    const { url, region } = await apiOfStage(root, values.stage, values.region);
    return transcribeFile(createApi(url, region), path, options);
  }
  return withLocalRun(({ api }) => transcribeFile(api, path, options));
}

function parse() {
  try {
    return parseArgs({
      allowPositionals: true,
      options: {
        api: { type: "string" },
        form: { type: "boolean" },
        help: { type: "boolean", short: "h" },
        json: { type: "boolean" },
        language: { type: "string" },
        region: { type: "string" },
        stage: { type: "string" },
      },
    });
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : error}\n\n${usage}`);
    process.exit(2);
  }
}

function fail(message: string): never {
  complain(message);
  process.exit(1);
}
