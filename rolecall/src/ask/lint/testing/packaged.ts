import { fileURLToPath } from "node:url";
import { packageService } from "../../../packaging/package-service.ts";
import { serviceName } from "../../../packaging/service-name.ts";
import { readPackaged } from "../../../project/packaged.ts";
import { describeService, type Service } from "../../../stack/source/service.ts";
import type { Sources } from "../../../stack/source/sources.ts";
import { parseTemplate, resolveTemplate, type Template } from "../../../stack/template.ts";
import type { Exception } from "../accepted.ts";
import type { Finding } from "../finding.ts";
import { lint } from "../lint.ts";

export const root = fileURLToPath(new URL("../../../../..", import.meta.url));

/** The name of the service, with which its resources' begin. */
export const name = serviceName(root);

/** The template's resources by logical id. */
// biome-ignore lint/suspicious/noExplicitAny: each test changes another part of the template
export type Resources = Record<string, any>;

export type Change = (resources: Resources) => void;

export interface Place {
  readonly region: string;
  readonly partition: string;
}

export const home: Place = { region: "us-east-1", partition: "aws" };

/** A packaged service whose template tests change: each change begins with the whole template. */
export interface Packaged {
  readonly sources: Sources;
  readonly service: (change?: Change, place?: Place) => Service;
  readonly lint: (
    change?: Change,
    exceptions?: readonly Exception[],
    place?: Place,
  ) => Promise<readonly Finding[]>;
}

export async function packaged(stage: string, region: string = home.region): Promise<Packaged> {
  const folder = await packageService({ root, stage, region });
  const { template, readSources } = await readPackaged(folder);
  const sources = await readSources(root);
  const service: Packaged["service"] = (change = () => {}, place = home) => {
    const changed = structuredClone(template) as Template & { Resources: Resources };
    change(changed.Resources);
    const environment = { ...place, accountId: "123456789012", stackName: `${name}-${stage}` };
    return describeService(resolveTemplate(parseTemplate(changed), environment), stage);
  };
  return {
    sources,
    service,
    lint: (change, exceptions, place) => lint(service(change, place), sources, exceptions),
  };
}

/** The policy document of a function's role, `role` being its name in Pascal case. */
export function policyOf(resources: Resources, role: string) {
  return resources[`${role}IamRoleLambdaExecution`].Properties.Policies[0].PolicyDocument;
}

/** A statement of a function's role. */
export function statementOf(resources: Resources, role: string, sid: string) {
  return policyOf(resources, role).Statement.find((one: { Sid?: string }) => one.Sid === sid);
}

export function variablesOf(resources: Resources, name: string): Record<string, unknown> {
  return resources[`${name}LambdaFunction`].Properties.Environment.Variables;
}
