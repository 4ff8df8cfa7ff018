import { fileURLToPath } from "node:url";
import { packageService } from "../../../packaging/package-service.ts";
import { readPackaged } from "../../../project/packaged.ts";
import { parseTemplate, resolveTemplate } from "../../template.ts";
import { describeService, type Service } from "../service.ts";

export const root = fileURLToPath(new URL("../../../../..", import.meta.url));

/** The template's resources by logical id. */
// biome-ignore lint/suspicious/noExplicitAny: each test changes another part of the template
export type Resources = Record<string, any>;

export type Change = (resources: Resources) => void;

/** The packaged service of stage dev. @returns Describes it with a change, each time of the whole template. */
export async function changeableService(): Promise<(change?: Change) => Service> {
  const place = { stage: "dev", region: "us-east-1" };
  const folder = await packageService({ root, ...place });
  const { template } = await readPackaged(folder);
  return (change = () => {}) => {
    const changed = structuredClone(template);
    change(changed.Resources);
    const environment = {
      accountId: "123456789012",
      region: place.region,
      partition: "aws",
      stackName: "voice-notes-dev",
    };
    return describeService(resolveTemplate(parseTemplate(changed), environment), place.stage);
  };
}

/** The statements of a function's role, `role` being the function's name in Pascal case. */
export function statementsOf(resources: Resources, role: string) {
  return resources[`${role}IamRoleLambdaExecution`].Properties.Policies[0].PolicyDocument.Statement;
}
