import type { Sources } from "../../stack/source/sources.ts";

/** Where a template is to be resolved: as a message says, as far as it says so. */
export interface Place {
  readonly stage?: string;
  readonly region?: string;
  readonly accountId?: string;
  readonly partition?: string;
}

export interface Origin {
  /** The name of the service, which its resources' names begin with. */
  readonly serviceName: string;
  readonly sources: Sources;
}

/**
 * Where the message comes from: account and partition by its ARNs; region and stage by the names that this service
 * gives its functions, roles, buckets and jobs.
 */
export function placeIn(text: string, { serviceName, sources }: Origin): Place {
  const partition = /\barn:(aws[a-z-]*):/.exec(text)?.[1];
  const accountId = accountIn(text, serviceName);
  // A role bears the region's name, and says more of where the caller is than the resource does.
  const region =
    /-([a-z]{2}(?:-[a-z]+){1,2}-\d)(?!\w)/.exec(text)?.[1] ??
    /\barn:[^:\s]+:[^:\s]+:([a-z]{2}(?:-[a-z]+){1,2}-\d):/.exec(text)?.[1];
  const stage = stageIn(text, serviceName, sources);
  return {
    ...(partition && { partition }),
    ...(accountId && { accountId }),
    ...(region && { region }),
    ...(stage && { stage }),
  };
}

/** The account that our names are in; who asks may come from another. */
function accountIn(text: string, service: string): string | undefined {
  const account = String.raw`\barn:[^:\s]+:[^:\s]+:[^:\s]*:(\d{12}):`;
  const patterns = [`\\b${service}-[a-z0-9-]{1,18}-(\\d{12})-`, `${account}\\S*\\b${service}[-_]`, account];
  return patterns.map((pattern) => new RegExp(pattern).exec(text)?.[1]).find((one) => one !== undefined);
}

/** As resources/least-privilege.js has it; a message may say anything. */
const stagePattern = /^[a-z0-9-]{1,18}$/;

/** `SERVICE-STAGE-FUNCTION`, and what goes on after that; `SERVICE-STAGE-ACCOUNT-REGION` of a bucket; `SERVICE_STAGE_…` of a job. */
function stageIn(text: string, service: string, sources: Sources): string | undefined {
  const isFunction = (key: string) => sources.functionLine(key) !== undefined;
  const names = [...text.matchAll(new RegExp(`\\b${service}[-_]([\\w-]{1,100})`, "g"))];
  const cuts = names.flatMap(([, name = ""]) =>
    [...name.matchAll(/[-_]/g)].map(({ index, 0: mark }) => ({
      stage: name.slice(0, index),
      mark,
      rest: name.slice(index + 1),
    })),
  );
  const possible = cuts.filter(({ stage }) => stagePattern.test(stage));
  const found =
    possible.find(({ rest }) => isFunction(rest)) ??
    possible.find(({ rest }) => isFunction(rest.replace(/\W.*$/, ""))) ??
    possible.find(({ mark, rest }) => mark === "_" || /^\d{12}-/.test(rest));
  return found?.stage;
}
