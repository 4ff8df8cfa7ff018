import { openProject } from "../project/open.ts";
import type { Service } from "../stack/source/service.ts";

/** Stages whose names begin or end as a stage's does, and so might be mistaken for it by a pattern. */
export function neighbouringStages(stage: string): string[] {
  const names = [`${stage.slice(0, 16)}-2`, stage.slice(0, 1), stage.slice(1)];
  return [...new Set(names)].filter((name) => name !== stage && /^[a-z0-9-]{1,18}$/.test(name));
}

/** Packages the neighbouring stages, one after the other. */
export async function readNeighbours(root: string, stage: string, region: string): Promise<Service[]> {
  const services: Service[] = [];
  for (const name of neighbouringStages(stage))
    services.push(await openProject({ root, stage: name, region }));
  return services;
}
