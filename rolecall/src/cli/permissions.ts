import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { PermissionsView } from "../ask/report/view.ts";
import type { ProjectService } from "../project/open.ts";
import { exitOnSignals } from "../terminal/at-exit.ts";
import { complain, ignoreClosedOutput, print } from "../terminal/terminal.ts";
import { openGiven, parseCommand, projectOptions, projectUsage, UsageError } from "./options.ts";

/** What is shown: the report, what the lint finds, or both. */
export type Parts = "report" | "lint" | "permissions";

const says: Readonly<Record<Parts, string>> = {
  report: "Who may do what, and who may call whom, in the packaged template: before it is deployed.",
  lint: "What is wrong with the permissions of the packaged template, or wider than it need be.",
  permissions: "Who may do what, who may call whom, and what is wrong with it, in the packaged template.",
};

const usageOf = (
  parts: Parts,
) => `rolecall ${parts} [FUNCTION] [--template FILE] [--stage STAGE] [--region REGION] [--json] …
${parts === "permissions" ? "rolecall permissions --check | --write\n" : ""}
${says[parts]}

FUNCTION            only this one, as its template calls it (a key, a path of the CDK), or its logical id
${projectUsage}${
  parts === "permissions"
    ? `
--write             writes docs/permissions.md
--check             exits 1 when docs/permissions.md is not what --write would write`
    : ""
}

Exits ${parts === "report" ? "0" : "0, or 1 when the lint finds something,"} and 2 without an answer, as for a question that makes no sense.`;

export async function permissions(parts: Parts): Promise<void> {
  ignoreClosedOutput();
  exitOnSignals();
  const options = parse(parts);
  process.exitCode = await run(parts, options).catch((error) => {
    complain(error);
    return 2;
  });
}

async function run(parts: Parts, options: ReturnType<typeof parse>): Promise<number> {
  if (options.write || options.check) return documentCommand(options);
  const { functionKey, json } = options;
  const service = await openGiven(options);
  const known = service.roles.map((role) => role.functionKey);
  if (functionKey !== undefined && !known.includes(functionKey)) {
    complain(`There is no function "${functionKey}". There are ${known.join(", ")}.`);
    return 2;
  }
  const reported = parts === "lint" ? undefined : await report(service, functionKey);
  const findings = parts === "report" ? [] : await findingsOf(service, functionKey);
  if (json) {
    print(JSON.stringify({ ...reported?.data, ...(parts !== "report" && { findings }) }, undefined, 2));
  } else {
    if (reported !== undefined) print(reported.text);
    if (parts !== "report") {
      const { findingsText } = await import("../ask/report/findings.ts");
      print(findingsText(findings));
    }
  }
  return findings.some(({ accepted }) => accepted === undefined) ? 1 : 0;
}

async function report(service: ProjectService, functionKey: string | undefined) {
  const [{ viewPermissions }, { permissionsText }, { blastRadius }, { blastRadiusText }] = await Promise.all([
    import("../ask/report/view.ts"),
    import("../ask/report/text.ts"),
    import("../ask/blast-radius/blast-radius.ts"),
    import("../ask/blast-radius/text.ts"),
  ]);
  const whole = viewPermissions(service, service.sources);
  const view = functionKey === undefined ? whole : only(whole, functionKey);
  const radius = await blastRadius(service);
  const text = permissionsText(view, service.stack);
  return {
    data: { ...view, blastRadius: radius },
    text: functionKey === undefined ? `${text}\n${blastRadiusText(radius)}\n` : text,
  };
}

async function findingsOf(service: ProjectService, functionKey: string | undefined) {
  const [{ lint }, { concerning }] = await Promise.all([
    import("../ask/lint/lint.ts"),
    import("../ask/lint/concerning.ts"),
  ]);
  const findings = await lint(service, service.sources);
  return functionKey === undefined ? findings : concerning(findings, service, functionKey);
}

async function documentCommand(options: ReturnType<typeof parse>): Promise<number> {
  const [{ documentedPlace, permissionsDocument }, { viewPermissions }, { blastRadius }] = await Promise.all([
    import("../ask/report/document.ts"),
    import("../ask/report/view.ts"),
    import("../ask/blast-radius/blast-radius.ts"),
  ]);
  const page = join(process.cwd(), "docs", "permissions.md");
  const service = await openGiven(options, documentedPlace);
  const view = viewPermissions(service, service.sources);
  const text = permissionsDocument(view, service.stack, await blastRadius(service));
  if (options.write) {
    await writeFile(page, text);
    print("docs/permissions.md is written.");
    return 0;
  }
  const written = await readFile(page, "utf8").catch(() => "");
  // A checkout on Windows may end its lines otherwise.
  if (written.replaceAll("\r\n", "\n") === text) {
    print("docs/permissions.md says what the template says.");
    return 0;
  }
  complain(
    "docs/permissions.md does not say what the template says. To write it again: pnpm run permissions --write",
  );
  return 1;
}

/** One function, and the routes that lead to it. */
function only(view: PermissionsView, functionKey: string): PermissionsView {
  const functions = view.functions.filter((one) => one.functionKey === functionKey);
  const apis = view.apis
    .map((api) => ({ ...api, routes: api.routes.filter((route) => route.functionKey === functionKey) }))
    .filter(({ routes }) => routes.length > 0);
  return { ...view, functions, resources: [], apis };
}

function parse(parts: Parts) {
  const all = {
    ...projectOptions,
    check: { type: "boolean", default: false },
    write: { type: "boolean", default: false },
  } as const;
  return parseCommand(usageOf(parts), all, (values, positionals) => {
    const [functionKey, ...others] = positionals;
    if (others.length > 0) throw new UsageError(`One function at a time: ${positionals.join(" ")}`);
    if ((values.check || values.write) && parts !== "permissions")
      throw new UsageError("--check and --write are options of permissions.");
    if (values.check && values.write) throw new UsageError("Either --check or --write.");
    return { ...values, functionKey };
  });
}
