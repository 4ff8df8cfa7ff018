import { delimiter, join } from "node:path";
import { reservedVariables } from "../ask/lint/rules/environment.ts";
import type { Credentials } from "../gate/types.ts";
import type { FunctionSpec } from "./types.ts";

/** Bytes of all keys and values, as JSON. */
const environmentLimit = 4096;

/** Names that AWS accepts, but that would lead the SDK past the local endpoint to the real cloud. */
const leadsAway = /^AWS_(ENDPOINT_URL(_.+)?|IGNORE_CONFIGURED_ENDPOINT_URLS)$/;

/**
 * Refuses what Lambda refuses when the function is created, in its words.
 *
 * @throws Error for a reserved key, for more than 4 KB, and for an endpoint variable, which AWS would accept.
 */
export function checkEnvironment(spec: Pick<FunctionSpec, "key" | "environment">): void {
  const keys = Object.keys(spec.environment);
  const refusal = `${spec.key}: Lambda was unable to configure your environment variables because the environment variables you have provided`;

  const reservedKeys = keys.filter((key) => reservedVariables.has(key));
  if (reservedKeys.length > 0) {
    throw new Error(
      `${refusal} contains reserved keys that are currently not supported for modification. ` +
        `Reserved keys used in this request: ${reservedKeys.join(", ")}`,
    );
  }
  const size = Buffer.byteLength(JSON.stringify(spec.environment));
  if (size > environmentLimit) throw new Error(`${refusal} exceeded the 4KB limit: ${size} bytes`);

  const away = keys.filter((key) => leadsAway.test(key));
  if (away.length > 0) {
    throw new Error(
      `${spec.key}: ${away.join(", ")} would send the function's calls past the local endpoint. ` +
        "Set it for deployed stages only.",
    );
  }
}

export interface InstanceEnvironment {
  readonly credentials: Credentials;
  readonly endpointUrl: string;
  readonly region: string;
  readonly logStream: string;
  /** Directory of the unpacked zip. */
  readonly taskRoot: string;
  /** Directory of the unpacked layers, where the function has some. */
  readonly layerRoot?: string;
  /** Directory of the bootstrap. */
  readonly runtimeDir: string;
  /** The Runtime API's address, without `http://`. */
  readonly runtimeApi: string;
  /** The instance's own directory for temporary files. */
  readonly temp: string;
}

/**
 * The whole environment of an instance, built from nothing: what the developer's shell holds never reaches a
 * function, least of all their own keys or profile.
 */
export function instanceEnvironment(
  spec: FunctionSpec,
  instance: InstanceEnvironment,
): Record<string, string> {
  const { runtime = "nodejs24.x" } = spec;
  return {
    ...spec.environment,
    ...machine(instance.temp),
    TZ: ":UTC",
    AWS_ACCESS_KEY_ID: instance.credentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: instance.credentials.secretAccessKey,
    AWS_SESSION_TOKEN: instance.credentials.sessionToken,
    AWS_REGION: instance.region,
    AWS_DEFAULT_REGION: instance.region,
    AWS_EXECUTION_ENV: `AWS_Lambda_${runtime}`,
    ...(instance.layerRoot !== undefined && { NODE_PATH: nodePath(instance.layerRoot, runtime) }),
    AWS_LAMBDA_FUNCTION_NAME: spec.name,
    AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(spec.memory),
    AWS_LAMBDA_FUNCTION_VERSION: "$LATEST",
    AWS_LAMBDA_INITIALIZATION_TYPE: "on-demand",
    AWS_LAMBDA_LOG_GROUP_NAME: spec.logGroup,
    AWS_LAMBDA_LOG_STREAM_NAME: instance.logStream,
    AWS_LAMBDA_RUNTIME_API: instance.runtimeApi,
    LAMBDA_TASK_ROOT: instance.taskRoot,
    LAMBDA_RUNTIME_DIR: instance.runtimeDir,
    _HANDLER: spec.handler,
    // Only here do the names below exist; on AWS the SDK finds the cloud without them.
    AWS_ENDPOINT_URL: instance.endpointUrl,
    AWS_EC2_METADATA_DISABLED: "true",
    // The SDK reads ~/.aws unless these lead elsewhere; a config file there could send calls to the real cloud.
    AWS_CONFIG_FILE: join(instance.taskRoot, "no-aws-config"),
    AWS_SHARED_CREDENTIALS_FILE: join(instance.taskRoot, "no-aws-credentials"),
  };
}

/**
 * Where `require` looks for what layers bring; `import` does not look there, on AWS neither.
 * https://docs.aws.amazon.com/lambda/latest/dg/nodejs-layers.html
 */
function nodePath(layerRoot: string, runtime: string): string {
  const version = runtime.replace(/^nodejs|\.x$/g, "");
  return [join("nodejs", `node${version}`, "node_modules"), join("nodejs", "node_modules")]
    .map((folder) => join(layerRoot, folder))
    .join(delimiter);
}

function machine(temp: string): Record<string, string> {
  const systemRoot = process.env.SystemRoot;
  if (process.platform !== "win32" || systemRoot === undefined) {
    return {
      PATH: ["/usr/local/bin", "/usr/bin", "/bin"].join(delimiter),
      LANG: "en_US.UTF-8",
      TMPDIR: temp,
    };
  }
  // Without SystemRoot a process on Windows can neither open sockets nor get random bytes.
  return { PATH: join(systemRoot, "System32"), SystemRoot: systemRoot, TEMP: temp, TMP: temp };
}
