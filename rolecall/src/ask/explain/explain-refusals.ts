import type { ExecutionRole } from "../../stack/principals.ts";
import type { Service } from "../../stack/source/service.ts";
import { placed, type Sources } from "../../stack/source/sources.ts";
import type { Stack } from "../../stack/template.ts";
import { explain, type Material } from "./explain.ts";
import type { MessageExplanation } from "./explanation.ts";
import type { Message } from "./message.ts";

/** Transcribe reaches S3 as its caller, and does not call what that caller lacks a denial. */
export function explainTranscribe(
  message: Extract<Message, { type: "transcribe cannot access" }>,
  service: Service,
  sources: Sources,
): MessageExplanation {
  const isReading = message.action === "s3:GetObject";
  const does = isReading ? "reads the audio" : "writes the transcript";
  const starters = service.roles.filter((role) => mentions(role, "transcribe:StartTranscriptionJob"));
  const grants = starters.map((role) => grantsOf(role, message.action, sources));
  return {
    message,
    says: [
      `Transcribe ${does} with the rights of whoever started the job, and calls the lack of them a bad request: the caller was denied ${message.action}${isReading ? ", or the object is not there" : ""}.`,
      ...grants,
      "It says neither who nor what: pnpm explain FUNCTION " +
        `${message.action} s3://BUCKET/KEY asks about it.`,
    ],
  };
}

function grantsOf(role: ExecutionRole, action: string, sources: Sources): string {
  const granting = role.policies
    .flatMap(({ document }) => document.statements)
    .filter(({ effect, actions }) => effect === "Allow" && !actions.not && actions.patterns.includes(action));
  if (granting.length === 0) return `${role.functionKey} starts jobs, and no statement gives it ${action}.`;
  const where = granting.map(({ sid, resources }) => {
    const source = placed(sources.statement({ functionKey: role.functionKey, sid }));
    return `${sid} (${source ? `${source.file}:${source.line}, ` : ""}${resources?.patterns.join(" ")})`;
  });
  return `${role.functionKey} starts jobs, and has ${action} by ${where.join(" and ")}: any other key is denied.`;
}

function mentions({ policies }: ExecutionRole, action: string): boolean {
  return policies
    .flatMap(({ document }) => document.statements)
    .some(({ effect, actions }) => effect === "Allow" && actions.patterns.includes(action));
}

/** Lambda refuses to set up what the execution role could not serve. */
export async function explainRole(
  message: Extract<Message, { type: "execution role lacks" }>,
  pasted: string,
  material: Material,
): Promise<MessageExplanation> {
  const { service } = material;
  const needs = needsOf(service.stack, message);
  const named = functionsIn(pasted, service.stack);
  const need = needs.length === 1 ? needs[0] : needs.find(({ functionArn }) => named.has(functionArn));
  const role =
    need && service.roles.find(({ functionName }) => need.functionArn.endsWith(`:${functionName}`));
  const why =
    "Lambda looks whether the execution role allows what its event source or destination takes, before it sets that up.";
  if (need === undefined || role === undefined) {
    return {
      message,
      says: [
        why,
        `It does not say which function: pnpm explain FUNCTION ${message.action} RESOURCE asks about one.`,
      ],
    };
  }
  const explanation = await explain(
    { principal: role.functionKey, action: message.action, resource: need.resource },
    material,
  );
  const isAllowed = explanation.decision.outcome === "allowed";
  const differs =
    "This template allows it: what is deployed differs, or the role's policy was not there yet when Lambda looked (DependsOn).";
  return { message, explanation, says: [why, ...(isAllowed ? [differs] : [])] };
}

/** The ARNs of the functions that a text names, by their own names or by the logical id of what belongs to them. */
function functionsIn(text: string, { resources }: Stack): ReadonlySet<string> {
  const words = new Set(text.match(/[\w-]+/g));
  const functions = [...resources.values()].filter(({ type }) => type === "AWS::Lambda::Function");
  const named = [...resources.values()]
    .filter(({ logicalId, physicalId }) => words.has(logicalId) || words.has(physicalId))
    .map(({ arn, properties }) => String(properties.FunctionName ?? arn));
  return new Set(
    functions.flatMap(({ arn, physicalId }) =>
      arn !== undefined && (named.includes(physicalId) || named.includes(arn)) ? [arn] : [],
    ),
  );
}

/** Which functions of the stack have an event source or a destination of this service, and its ARN. */
function needsOf(
  { resources }: Stack,
  { action, resource }: { readonly action: string; readonly resource?: string },
): readonly { readonly functionArn: string; readonly resource: string }[] {
  const [service = ""] = action.split(":");
  const functions = [...resources.values()].filter(({ type }) => type === "AWS::Lambda::Function");
  return [...resources.values()].flatMap(({ type, properties }) => {
    if (type !== "AWS::Lambda::EventSourceMapping" && type !== "AWS::Lambda::EventInvokeConfig") return [];
    const name = String(properties.FunctionName);
    const lambda = functions.find(({ arn, physicalId }) => name === physicalId || name === arn);
    const arns = strings(properties).filter(
      (text) => text.startsWith("arn:") && text.split(":")[2] === service,
    );
    return arns
      .filter((arn) => resource === undefined || arn === resource)
      .map((arn) => ({ functionArn: lambda?.arn ?? name, resource: arn }));
  });
}

function strings(value: unknown): readonly string[] {
  if (typeof value === "string") return [value];
  return typeof value === "object" && value !== null ? Object.values(value).flatMap(strings) : [];
}
