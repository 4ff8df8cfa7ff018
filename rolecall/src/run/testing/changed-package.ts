import { cp, mkdtemp, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";

/** The template's resources by logical id. */
// biome-ignore lint/suspicious/noExplicitAny: each test changes another part of the template
export type Resources = Record<string, any>;

/**
 * A copy of a packaged service with its template changed.
 *
 * @param into A folder of the test's own, which it removes.
 * @returns the copy's folder.
 */
export async function changedPackage(
  original: string,
  into: string,
  change: (resources: Resources) => void,
): Promise<string> {
  const packaged = await mkdtemp(join(into, "packaged-"));
  await cp(original, packaged, { recursive: true });
  const file = join(packaged, "cloudformation-template-update-stack.json");
  const template = JSON.parse(await readFile(file, "utf8"));
  change(template.Resources);
  await writeFile(file, JSON.stringify(template));
  return packaged;
}

/** The policy of a function's role, `role` being its name in Pascal case. */
export function policyOf(resources: Resources, role: string) {
  return resources[`${role}IamRoleLambdaExecution`].Properties.Policies[0].PolicyDocument;
}
