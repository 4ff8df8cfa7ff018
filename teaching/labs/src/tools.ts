import { stripVTControlCharacters } from "node:util";
import {
  explain,
  explainMessage,
  explanationText,
  lint,
  type MessageOptions,
  messageText,
  type Service,
  type Sources,
} from "rolecall";
import type { Lab, Question } from "./lab.ts";

/** What a command says of the changed service. */
export interface ToolAnswer {
  /** As one types it. */
  readonly command: string;
  readonly text: string;
  /** In full. */
  readonly data: unknown;
}

export interface Material extends Pick<MessageOptions, "open"> {
  readonly service: Service;
  readonly sources: Sources;
}

/**
 * What `explain` says of what was observed, and what the lint finds.
 *
 * @throws Error when the lint does not find what it should
 */
export async function askTools(
  symptom: string,
  { shows, rule }: Pick<Lab, "shows" | "rule">,
  material: Material,
): Promise<ToolAnswer[]> {
  const asked = shows.at === "run" ? shows.explain : undefined;
  const explained =
    asked === "message"
      ? [await explainSymptom(symptom, material)]
      : asked
        ? [await explainQuestion(asked, material)]
        : [];
  return [...explained, ...(rule ? [await askLint(rule, material)] : [])];
}

async function explainSymptom(symptom: string, { service, sources, open }: Material): Promise<ToolAnswer> {
  const { environment } = service.stack;
  const serviceName = environment.stackName.slice(0, -service.stage.length - 1);
  const data = await explainMessage(symptom, { serviceName, sources, open });
  return { command: 'pnpm explain --message "…"', text: withoutQuestion(messageText(data)), data };
}

async function explainQuestion(question: Question, material: Material): Promise<ToolAnswer> {
  const { principal, action, resource, context = [] } = question;
  const data = await explain(question, material);
  const given = context.map((key) => ` --context ${key}`);
  return {
    command: `pnpm explain ${principal} ${action} ${resource === "*" ? "'*'" : resource}${given.join("")}`,
    text: withoutQuestion(explanationText(data)),
    data,
  };
}

/** Leaves out the part that repeats what was asked. */
function withoutQuestion(text: string): string {
  return text
    .split("\n\n")
    .filter((part) => !/^\W*principal +\S/.test(stripVTControlCharacters(part)))
    .join("\n\n");
}

async function askLint(rule: string, { service, sources }: Material): Promise<ToolAnswer> {
  const data = (await lint(service, sources)).filter(({ accepted }) => accepted === undefined);
  const [found = [], others = []] = [true, false].map((is) =>
    data.filter((one) => (one.rule === rule) === is),
  );
  if (found.length === 0) throw new Error(`The lint's rule ${rule} does not find it.`);
  const lines = found.map(
    ({ severity, subject, message, fix }) => `${severity} ${rule}: ${subject}\n  ${message}\n  ${fix}`,
  );
  const rest = others.length === 0 ? [] : [`(and ${others.length} more, by other rules)`];
  return { command: "pnpm run permissions", text: [...lines, ...rest].join("\n"), data };
}
