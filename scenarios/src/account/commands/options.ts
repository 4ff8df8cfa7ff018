import { readFileSync } from "node:fs";
import { join } from "node:path";
import { type ParseArgsConfig, parseArgs } from "node:util";
import { STSClient } from "@aws-sdk/client-sts";

/** Where a command is to work. */
export interface PlaceOptions {
  readonly stage: string;
  readonly region: string;
  /** Whether somebody named it, rather than serverless.yml. */
  readonly isRegionChosen: boolean;
}

/** Options that every command of this folder has. */
const common = {
  help: { type: "boolean", short: "h", default: false },
  json: { type: "boolean", default: false },
  policy: { type: "boolean", default: false },
  region: { type: "string" },
  stage: { type: "string", default: "dev" },
} as const;

type OptionValues<Own extends NonNullable<ParseArgsConfig["options"]>> = ReturnType<
  typeof parseArgs<{ options: typeof common & Own }>
>["values"];

/**
 * Reads a command's options, and where it is to work: the same stage and region that `sls deploy` would take. Ends the
 * process with the usage for a question that makes no sense (2), or when somebody asks for it (0).
 *
 * @param check Throws for what makes no sense in the command's own options.
 */
export function parseOptions<const Own extends NonNullable<ParseArgsConfig["options"]>>(
  root: string,
  usage: string,
  own: Own,
  check: (values: OptionValues<Own>) => void = () => {},
) {
  try {
    const { values } = parseArgs({ options: { ...common, ...own } });
    const { help, stage, region: given } = values as { help: boolean; stage: string; region?: string };
    if (help) {
      console.log(usage);
      process.exit(0);
    }
    if (!/^[a-z0-9-]{1,18}$/.test(stage))
      throw new Error(`--stage ${stage}: a stage is 1 to 18 lower-case letters, digits or dashes.`);
    const chosen = given ?? process.env.AWS_REGION;
    const region = chosen ?? defaultRegion(root);
    if (!/^[a-z]{2}(-[a-z]+)+-\d$/.test(region))
      throw new Error(`${region} is no region, such as eu-west-1.`);
    check(values);
    return { ...values, stage, region, isRegionChosen: chosen !== undefined };
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : error}\n\n${usage}`);
    process.exit(2);
  }
}

/** The region that serverless.yml takes when nobody names one. A profile's does not count there. */
export function defaultRegion(root: string): string {
  const yaml = readFileSync(join(root, "serverless.yml"), "utf8");
  const region = /^ {2}region: .*env:AWS_REGION, *'([a-z0-9-]+)'/m.exec(yaml)?.[1];
  if (region === undefined)
    throw new Error("serverless.yml says no region that counts when nobody names one: give --region.");
  return region;
}

/** The region of the profile in use; undefined when it says none. */
export async function profileRegion(): Promise<string | undefined> {
  const sts = new STSClient();
  try {
    return await sts.config.region();
  } catch {
    return undefined;
  } finally {
    sts.destroy();
  }
}
