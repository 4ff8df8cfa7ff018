import { type ActionFacts, actionsOf, findAction } from "../../catalog/actions.ts";
import { carries, findConditionKey, ownKeys } from "../../catalog/condition-keys.ts";
import { actionsOfOperation } from "../../catalog/operations.ts";
import { typesNamedBy } from "../../catalog/resource-types.ts";
import { compileCondition } from "../../iam/conditions.ts";
import { nearest } from "../../iam/nearest.ts";
import { lessonOf } from "./lessons.ts";
import { SenselessQuestion } from "./senseless.ts";

/**
 * Looks an action up, as a request could be asked for it.
 *
 * @param services whose actions may be meant by a name without a service
 * @throws {SenselessQuestion} that says what was meant
 */
export async function requireAction(action: string, services: readonly string[]): Promise<ActionFacts> {
  if (/[*?]/.test(action)) {
    throw new SenselessQuestion(
      `"${action}" is a pattern: statements have those, and a request asks for one action. Name one.`,
    );
  }
  const facts = await findAction(action);
  if (facts !== undefined) return facts;
  if (!action.includes(":")) throw new SenselessQuestion(await withoutService(action, services));

  const behind = actionsOfOperation(action);
  if (behind.length > 0) {
    const lesson = behind.length === 1 ? lessonOf(behind[0] ?? "") : undefined;
    throw new SenselessQuestion(
      `${action} is an operation of the API, and no action of IAM's: there is none of that name.\n` +
        `It is allowed by ${behind.join(" on what it reads, and ")}${behind.length > 1 ? " on what it writes" : ""}: ask about ${behind.length > 1 ? "each" : "that"}.` +
        (lesson ? `\n${lesson}` : ""),
    );
  }
  const [prefix = ""] = action.split(":");
  const actions = await actionsOf(prefix);
  if (actions.length === 0) {
    const intended = nearest(prefix, services);
    throw new SenselessQuestion(
      `There is no service "${prefix}" in IAM.${intended ? ` Did you mean ${intended}?` : ""} An action is SERVICE:ACTION, such as s3:GetObject.`,
    );
  }
  throw new SenselessQuestion(`${action} does not exist.${suggestion(nearest(action, actions))}`);
}

function suggestion(intended: string | undefined): string {
  return intended
    ? ` Did you mean ${intended}?`
    : " https://docs.aws.amazon.com/service-authorization/ lists those that do.";
}

async function withoutService(name: string, services: readonly string[]): Promise<string> {
  const all = (await Promise.all(services.map(actionsOf))).flat();
  const operations = services.filter((service) => actionsOfOperation(`${service}:${name}`).length > 0);
  const same = [
    ...all.filter((action) => action.split(":")[1]?.toLowerCase() === name.toLowerCase()),
    ...operations.flatMap((service) => actionsOfOperation(`${service}:${name}`)),
  ];
  return `"${name}" has no service: an action is SERVICE:ACTION.${suggestion(same.join(" or ") || undefined)}`;
}

/**
 * Checks that requests for an action name such a resource.
 *
 * @throws {SenselessQuestion} that says which they do name
 */
export function requireResource(action: ActionFacts, resource: string): void {
  const { name, resourceTypes } = action;
  if (resourceTypes.length === 0) {
    if (resource === "*") return;
    throw new SenselessQuestion(
      `${name} has no resource type, so no request for it names an ARN: ask about '*'.\n` +
        'A statement that allows it has Resource "*"; what can narrow it is a condition.',
    );
  }
  const arns = resourceTypes.map(({ name: type, arn }) => `  ${type}: ${arn}`).join("\n");
  if (resource === "*") {
    throw new SenselessQuestion(`${name} is asked of one resource, so '*' is no question: name it.\n${arns}`);
  }
  // A request's ARN means what it says, also where a policy would have a variable.
  if (typesNamedBy(resource, action, "2008-10-17").length > 0) return;
  throw new SenselessQuestion(`${name} is not asked of ${resource}.${misfit(resource)}\nIt takes\n${arns}`);
}

/** The commonest mistake with S3. */
function misfit(resource: string): string {
  const [, key] = /^arn:[^:]+:s3:::[^/]+(\/.*)?$/s.exec(resource) ?? [undefined, undefined];
  if (!/^arn:[^:]+:s3:::/.test(resource)) return "";
  return key === undefined
    ? " That is a bucket; an object's ARN goes on with /KEY."
    : " That is an object; its bucket's ARN ends before the slash.";
}

/** Keys whose values are no text, by an operator that takes only such values and one that it takes. */
const valueTypes: ReadonlyMap<string, { readonly operator: string; readonly says: string }> = new Map([
  ["Bool", { operator: "Bool", says: "true or false" }],
  ["Numeric", { operator: "NumericEquals", says: "a number" }],
  ["Date", { operator: "DateEquals", says: "a date such as 2026-01-31T12:00:00Z" }],
  ["IPAddress", { operator: "IpAddress", says: "an IP address" }],
  ["ARN", { operator: "ArnEquals", says: "an ARN" }],
]);

/**
 * Checks that requests for an action carry a condition key, and that its values are of its type.
 *
 * @throws {SenselessQuestion} that says which keys they carry, or what the values must be
 */
export async function requireKey(action: ActionFacts, key: string, values: readonly string[]): Promise<void> {
  const facts = await findConditionKey(key);
  if (facts === undefined || !carries(action, key)) {
    const own = ownKeys(action);
    const intended = nearest(key, own);
    throw new SenselessQuestion(
      `No request for ${action.name} carries ${key}: a condition on it never holds.${intended ? ` Did you mean ${intended}?` : ""}\n` +
        `Beside the global keys (aws:…) it carries ${own.join(", ") || "none"}.`,
    );
  }
  if (!facts.isList && values.length > 1) {
    throw new SenselessQuestion(`${key} has one value in a request, not ${values.length}.`);
  }
  const type = valueTypes.get(facts.type);
  const wrong = type && values.find((value) => !isOfOperator(type.operator, key, value));
  if (type && wrong !== undefined) {
    throw new SenselessQuestion(`${key} is ${type.says} in every request, and never "${wrong}".`);
  }
}

function isOfOperator(operator: string, key: string, value: string): boolean {
  try {
    compileCondition({ operator, key, values: [value] }, "2008-10-17");
    return true;
  } catch {
    return false;
  }
}
