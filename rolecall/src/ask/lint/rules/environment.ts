import { hasUnknown } from "../../../iam/unknown.ts";
import type { ExecutionRole } from "../../../stack/principals.ts";
import type { Material, Problem, Rule } from "../finding.ts";
import { at, functionCalled } from "../stack.ts";
import { list } from "../words.ts";

interface Variable {
  readonly name: string;
  readonly value: string;
  readonly functions: readonly string[];
}

/**
 * Lambda sets these itself and refuses a function that does.
 *
 * https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html#configuration-envvars-runtime
 */
export const reservedVariables: ReadonlySet<string> = new Set([
  "_HANDLER",
  "_X_AMZN_TRACE_ID",
  "AWS_ACCESS_KEY",
  "AWS_ACCESS_KEY_ID",
  "AWS_DEFAULT_REGION",
  "AWS_EXECUTION_ENV",
  "AWS_LAMBDA_FUNCTION_MEMORY_SIZE",
  "AWS_LAMBDA_FUNCTION_NAME",
  "AWS_LAMBDA_FUNCTION_VERSION",
  "AWS_LAMBDA_INITIALIZATION_TYPE",
  "AWS_LAMBDA_LOG_GROUP_NAME",
  "AWS_LAMBDA_LOG_STREAM_NAME",
  "AWS_LAMBDA_RUNTIME_API",
  "AWS_REGION",
  "AWS_SECRET_ACCESS_KEY",
  "AWS_SESSION_TOKEN",
  "LAMBDA_RUNTIME_DIR",
  "LAMBDA_TASK_ROOT",
]);

export const reservedVariable: Rule = {
  name: "reserved-variable",
  *check(material) {
    for (const variable of variablesOf(material)) {
      if (!reservedVariables.has(variable.name)) continue;
      const isKey = /KEY|TOKEN/.test(variable.name);
      yield problem(material, variable, "error", {
        message: `${variable.name} is Lambda's own, so Lambda refuses to deploy ${list(variable.functions, "and")}.`,
        fix: isKey
          ? "Take it out: Lambda sets the credentials of the function's role, and the SDK finds them."
          : "Take it out, or give it another name: Lambda sets it.",
      });
    }
  },
};

/** What deploys, and then makes a function somebody else, or lets somebody else into it. */
const dangers: readonly {
  readonly applies: (name: string, value: string) => boolean;
  readonly why: string;
  readonly fix: string;
}[] = [
  {
    applies: (name) => name === "AWS_PROFILE" || name === "AWS_DEFAULT_PROFILE",
    why: "the SDK then looks for a profile in a file that is not there, passes the role's credentials by, and fails",
    fix: "Take it out: a profile is for the machine that deploys.",
  },
  {
    applies: (name) => name === "AWS_CONFIG_FILE" || name === "AWS_SHARED_CREDENTIALS_FILE",
    why: "it points the SDK at a file of credentials, which has no place in a function's package",
    fix: "Take it out: the role's credentials come from Lambda.",
  },
  {
    applies: (name) => /^AWS_ENDPOINT_URL(?:_|$)/.test(name),
    why: "the SDK then sends its calls there instead of to AWS",
    fix: "Set it where the service is tried, not in what deploys.",
  },
  {
    applies: (name, value) => name === "NODE_TLS_REJECT_UNAUTHORIZED" && value === "0",
    why: "anybody between the function and AWS can then read and change what it sends",
    fix: "Take it out; trust a certificate of your own by NODE_EXTRA_CA_CERTS.",
  },
  {
    // Lambda's guide itself sets NODE_OPTIONS, for source maps: only what runs code or opens a debugger is meant.
    applies: (name, value) =>
      name === "NODE_OPTIONS" &&
      /(?:^|\s)(?:-r|--require|--import|--loader|--experimental-loader|--inspect)/.test(value),
    why: "it runs code before the handler, with all that the function's role may do",
    fix: "Import the module in the handler, where a review sees it.",
  },
  {
    applies: (name) => name === "LD_PRELOAD",
    why: "it loads a library into the runtime, with all that the function's role may do",
    fix: "Take it out.",
  },
];

export const dangerousVariable: Rule = {
  name: "dangerous-variable",
  *check(material) {
    for (const variable of variablesOf(material)) {
      const danger = dangers.find(({ applies }) => applies(variable.name, variable.value));
      if (danger === undefined) continue;
      yield problem(material, variable, "error", {
        message: `${variable.name} of ${list(variable.functions, "and")}: ${danger.why}.`,
        fix: danger.fix,
      });
    }
  },
};

/** What gives a secret away whatever the variable is called. */
const secrets: readonly { readonly pattern: RegExp; readonly what: string }[] = [
  { pattern: /(?<![A-Za-z0-9])(?:AKIA|ASIA)[A-Z0-9]{16}(?![A-Za-z0-9])/, what: "an AWS access key id" },
  { pattern: /^(?=.*[a-z])(?=.*[A-Z])(?=.*\d)[A-Za-z0-9/+]{40}$/, what: "an AWS secret access key" },
  { pattern: /-----BEGIN [A-Z ]*PRIVATE KEY-----/, what: "a private key" },
  { pattern: /^[a-z][a-z0-9+.-]*:\/\/[^\s/:@]+:[^\s/@]+@/i, what: "a URL with a password" },
  { pattern: /^(?:gh[opsu]_|github_pat_|xox[abp]-|sk_live_|eyJ[\w-]+\.eyJ)/, what: "a token" },
];

/** A name that promises a secret, with a value that is more than a pointer to one. */
const secretName = /SECRET|PASSWORD|PASSWD|PASSPHRASE|(?:^|_)TOKEN$|API_?KEY|PRIVATE_?KEY|CREDENTIALS?$/i;
const pointer = /^(?:$|arn:|\/|https?:\/\/[^@]*$)/;

export const secretVariable: Rule = {
  name: "secret-variable",
  *check(material) {
    for (const variable of variablesOf(material)) {
      if (reservedVariables.has(variable.name) || hasUnknown(variable.value)) continue;
      const looks = secrets.find(({ pattern }) => pattern.test(variable.value))?.what;
      const named =
        secretName.test(variable.name) && !pointer.test(variable.value) ? "a secret, by its name" : undefined;
      const what = looks ?? named;
      if (what === undefined) continue;
      yield problem(material, variable, "error", {
        message: `${variable.name} of ${list(variable.functions, "and")} holds ${what}; whoever may read the function's configuration or the template reads it.`,
        fix: /AWS/.test(what)
          ? "Take it out, and revoke the key: the function's role has what it needs."
          : "Keep it in Secrets Manager or the Parameter Store, and give the function its ARN and the right to read that one.",
      });
    }
  },
};

/** 4 KB, measured as JSON, which errs on the safe side. https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html */
const largestEnvironment = 4096;

export const environmentSize: Rule = {
  name: "environment-size",
  *check({ service, sources }) {
    for (const role of service.roles) {
      const size = Buffer.byteLength(JSON.stringify(environmentOf({ service, sources }, role)));
      if (size <= largestEnvironment) continue;
      yield {
        severity: "error",
        subject: role.functionKey,
        message: `${role.functionKey}: its environment variables have ${size} bytes of at most ${largestEnvironment}, so the deployment fails.`,
        fix: "Put what is large into the package, the bucket or the Parameter Store.",
        source: sources.functionLine(role.functionKey, "environment"),
      };
    }
  },
};

function environmentOf(
  { service }: Pick<Material, "service" | "sources">,
  role: ExecutionRole,
): Readonly<Record<string, unknown>> {
  const lambda = functionCalled(service.stack, role.functionName);
  return (at(lambda?.properties, "Environment", "Variables") ?? {}) as Record<string, unknown>;
}

/** Each name with each of its values, and the functions that have it. */
function variablesOf(material: Material): readonly Variable[] {
  const variables = new Map<string, Variable>();
  for (const role of material.service.roles) {
    for (const [name, json] of Object.entries(environmentOf(material, role))) {
      const value = String(json);
      const key = JSON.stringify([name, value]);
      const functions = [...(variables.get(key)?.functions ?? []), role.functionKey];
      variables.set(key, { name, value, functions });
    }
  }
  return [...variables.values()];
}

function problem(
  { sources }: Material,
  { name, functions }: Variable,
  severity: Problem["severity"],
  words: Pick<Problem, "message" | "fix">,
): Problem {
  const [first = ""] = functions;
  const ofFunction = sources.functionLine(first, "environment", name);
  const ofProvider = sources.serviceLine("provider", "environment", name);
  const isProviders = ofProvider.line !== sources.serviceLine("provider", "environment").line;
  const isOwn = ofFunction?.line !== sources.functionLine(first, "environment")?.line;
  return {
    severity,
    subject: functions.length === 1 ? `${first}/${name}` : name,
    ...words,
    source: isProviders && !isOwn ? ofProvider : ofFunction,
  };
}
