import { readFile } from "node:fs/promises";
import { type ParseArgsConfig, parseArgs } from "node:util";
import { loadConfig } from "../config.ts";
import { openProject, type ProjectOptions, type ProjectService } from "../project/open.ts";
import { progress, tell } from "../terminal/terminal.ts";

/** What every command takes that reads a template. */
export const projectOptions = {
  account: { type: "string" },
  help: { type: "boolean", short: "h", default: false },
  json: { type: "boolean", default: false },
  param: { type: "string", multiple: true, default: [] },
  params: { type: "string" },
  policy: { type: "string", multiple: true, default: [] },
  region: { type: "string" },
  stage: { type: "string" },
  template: { type: "string" },
} as const satisfies ParseArgsConfig["options"];

export const projectUsage = `--template FILE     a CloudFormation template, in JSON or YAML; without it the project is packaged if osls or the
                    Serverless Framework is installed here, else what was packaged last is found
--stage STAGE       dev when it is not given; only where this packages
--region REGION     us-east-1 when nothing says otherwise
--account ID        the account; 123456789012 when it is not given
--param NAME=VALUE  as for sls package; of a template that is not packaged here, a parameter's value
--params FILE       parameters' values in JSON: NAME to VALUE, or CloudFormation's list of ParameterKey and ParameterValue
--policy ARN=FILE   a policy that is not in the template, in JSON
--json              everything in full, for machines`;

type Options = NonNullable<ParseArgsConfig["options"]>;
type ValuesOf<All extends Options> = ReturnType<typeof parseArgs<{ options: All }>>["values"];
type ProjectValues = ValuesOf<typeof projectOptions>;

/** Says that the command line makes no sense. */
export class UsageError extends Error {}

/**
 * Reads a command's options. Ends the process with the usage when somebody asks for it (0), or when the options make no
 * sense (2).
 *
 * @param options The command's own, with `projectOptions` among them.
 * @param read What the command makes of them; throws {UsageError} for what makes no sense.
 */
export function parseCommand<const All extends Options, Result>(
  usage: string,
  options: All,
  read: (values: ValuesOf<All>, positionals: string[]) => Result,
): Result {
  try {
    const { values, positionals } = parseArgs({ allowPositionals: true, options });
    const { help, ...place } = values as ProjectValues;
    if (help) {
      console.log(usage);
      process.exit(0);
    }
    checkPlace(place);
    return read(values as ValuesOf<All>, positionals);
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : error}\n\n${usage}`);
    process.exit(2);
  }
}

/** Beside what the command line says; the command line counts for more. */
export type Given = Partial<Pick<ProjectOptions, "stage" | "region" | "accountId" | "partition">>;

/**
 * Opens the project of the current folder as the command line says; notes and what is under way go to standard error.
 *
 * @throws Error as `openProject` does, and for a file of parameters that cannot be read.
 */
export async function openGiven(values: ProjectValues, given: Given = {}): Promise<ProjectService> {
  let done = () => {};
  try {
    const service = await openProject({
      ...(await givenOptions(values, given)),
      onPackaging: () => {
        done = progress("packaging …");
      },
    });
    done();
    for (const note of notesOf(service)) tell(["dim", note]);
    return service;
  } finally {
    done();
  }
}

/** How the project is to be opened. @throws Error for a file of parameters that cannot be read. */
export async function givenOptions(values: ProjectValues, given: Given = {}): Promise<ProjectOptions> {
  const root = process.cwd();
  const config = await loadConfig(root);
  return {
    ...given,
    root,
    template: values.template,
    ...(values.stage !== undefined && { stage: values.stage }),
    ...(values.region !== undefined && { region: values.region }),
    ...(values.account !== undefined && { accountId: values.account }),
    params: Object.fromEntries(values.param.map((text) => pairIn("--param NAME=VALUE", text))),
    parameters: {
      ...config.parameters,
      ...(values.params !== undefined && (await readParameters(values.params))),
    },
    policies: {
      ...config.policies,
      ...Object.fromEntries(values.policy.map((text) => pairIn("--policy ARN=FILE", text))),
    },
    onFound: (says) => tell(["dim", says]),
  };
}

/** Notes are many in a large template: the first ones, and how many there are. */
const mostNotes = 5;

function notesOf({ stack: { notes } }: ProjectService): readonly string[] {
  const lines = [...new Set(notes.map(({ where, says }) => `note: ${where}: ${says}`))];
  const more = lines.length - mostNotes;
  return [...lines.slice(0, mostNotes), ...(more > 0 ? [`note: and ${more} more of the kind`] : [])];
}

/** The first equals sign parts them: names, and ARNs of policies, have none. */
function pairIn(form: string, text: string): readonly [string, string] {
  const at = text.indexOf("=");
  if (at < 1) throw new UsageError(`${form}: ${text} has no name and value.`);
  return [text.slice(0, at), text.slice(at + 1)];
}

function checkPlace({ account, region, param, policy }: Omit<ProjectValues, "help">): void {
  if (account !== undefined && !/^\d{12}$/.test(account))
    throw new UsageError(`--account ${account}: an account's id has twelve digits.`);
  if (region !== undefined && !/^[a-z]{2}(-[a-z]+)+-\d+$/.test(region))
    throw new UsageError(`--region ${region} is not a region, such as eu-west-1.`);
  for (const text of param) pairIn("--param NAME=VALUE", text);
  for (const text of policy) pairIn("--policy ARN=FILE", text);
}

/** @throws Error that names the file. */
async function readParameters(file: string): Promise<Record<string, string>> {
  let json: unknown;
  try {
    json = JSON.parse(await readFile(file, "utf8"));
  } catch (error) {
    throw new Error(`Cannot read --params ${file}: ${(error as Error).message}`, { cause: error });
  }
  const entries: readonly (readonly [unknown, unknown])[] = Array.isArray(json)
    ? json.map((one) => [one?.ParameterKey, one?.ParameterValue])
    : Object.entries((json as object | null) ?? {});
  return Object.fromEntries(
    entries.map(([name, value]) => {
      const text = Array.isArray(value) ? value.join(",") : value;
      if (typeof name !== "string" || !["string", "number", "boolean"].includes(typeof text))
        throw new Error(
          `--params ${file}: expected an object of names and values, or a list of ParameterKey and ParameterValue.`,
        );
      return [name, String(text)];
    }),
  );
}
