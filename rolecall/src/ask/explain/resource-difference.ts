import { compileResourceGlob, matchGlob } from "../../iam/globs.ts";

/** Where our names come from: they are made of these, so that one can be told to be another stage's. */
export interface Naming {
  readonly service: string;
  readonly stage: string;
  readonly accountId: string;
  readonly region: string;
  readonly partition: string;
}

export interface ResourceDifference {
  /** How far apart they are; 1 is the nearest. */
  readonly distance: number;
  readonly says: string;
  /** What could be asked of instead. */
  readonly instead?: string;
}

/** Says how an ARN misses a pattern of a statement's Resource. Both are of IAM's making: `*` or an ARN. */
export function resourceDifference(
  pattern: string,
  resource: string,
  action: string,
  naming: Naming,
): ResourceDifference {
  if (resource === "*") {
    return {
      distance: 1,
      says: `${action} has no resource type, so that only "*" fits; the statement has ${pattern}`,
    };
  }
  const other = otherPlace(pattern, resource, naming);
  if (other !== undefined) {
    const { places, ours } = other;
    const [what, has, asked] = (["what", "ours", "theirs"] as const).map((name) =>
      list(places.map((place) => place[name])),
    );
    return {
      distance: 1,
      says: `another ${what}: the statement is for ${has}, the question about ${asked}`,
      instead: ours,
    };
  }
  if (serviceOf(pattern) !== serviceOf(resource)) {
    return { distance: 4, says: `another service's resource: the statement has ${pattern}` };
  }
  return serviceOf(resource) === "s3"
    ? s3Difference(pattern, resource, action)
    : sameService(pattern, resource);
}

function s3Difference(pattern: string, resource: string, action: string): ResourceDifference {
  const [bucketPattern, keyPattern] = bucketAndKey(pattern);
  const [bucket, key] = bucketAndKey(resource);
  if (!matchGlob(compileResourceGlob([{ text: bucketPattern, wildcards: true }]), bucket)) {
    return { distance: 2, says: `another bucket: the statement has ${pattern}` };
  }
  if (key !== undefined && keyPattern === undefined) {
    return {
      distance: 1,
      says: `the bucket, not its objects: the statement has ${pattern}, and ${action} is asked of an object, whose ARN goes on with /KEY`,
    };
  }
  if (key === undefined) {
    return {
      distance: 1,
      says: `objects, not their bucket: the statement has ${pattern}, and ${action} is asked of the bucket, whose ARN ends at its name`,
    };
  }
  return {
    distance: 1,
    says: `another key: the statement is for ${keyPattern}, the question about ${key}${inCase(pattern, resource)}`,
    ...(keyPattern !== undefined && { instead: `a key like ${keyPattern}` }),
  };
}

function sameService(pattern: string, resource: string): ResourceDifference {
  const isSameType = typeOf(pattern) === typeOf(resource);
  return {
    distance: isSameType ? 2 : 3,
    says: `another resource: the statement has ${pattern}${inCase(pattern, resource)}`,
  };
}

/** Where that is all that they differ in. */
function inCase(pattern: string, resource: string): string {
  const glob = compileResourceGlob([{ text: pattern.toLowerCase(), wildcards: true }]);
  return matchGlob(glob, resource.toLowerCase()) ? ": the case of the letters counts" : "";
}

interface Place {
  readonly what: string;
  readonly ours: string;
  readonly theirs: string;
}

/**
 * In what place the resource differs, when the pattern would fit it there: another stage, account, region, partition;
 * and what the resource is called in ours.
 */
function otherPlace(
  pattern: string,
  resource: string,
  naming: Naming,
): { readonly places: readonly Place[]; readonly ours: string } | undefined {
  const [, partition = "", , region = "", accountId = ""] = resource.split(":");
  const theirs = {
    partition,
    region: region || /\b[a-z]{2}(?:-[a-z]+){1,2}-\d\b/.exec(resource)?.[0] || naming.region,
    accountId: accountId || /\b\d{12}\b/.exec(resource)?.[0] || naming.accountId,
  };
  for (const stage of stagesIn(resource, naming)) {
    const there = { ...naming, ...theirs, stage };
    const moved = compileResourceGlob([{ text: move(pattern, naming, there), wildcards: true }]);
    const places = placesThatDiffer(naming, there, pattern);
    if (places.length > 0 && matchGlob(moved, resource)) {
      return { places, ours: move(resource, there, naming) };
    }
  }
  return undefined;
}

/** Our own stage, then whatever may be one where a name of this service stands in the resource. */
function stagesIn(resource: string, { service, stage }: Naming): string[] {
  if (stage === "") return [stage];
  const [, rest = ""] = new RegExp(`[:/]${service}[-_]([a-z0-9-]+)`).exec(resource) ?? [];
  const longest = rest.slice(0, longestStage);
  return [stage, ...[...longest].map((_, index) => longest.slice(0, index + 1))];
}

/** As resources/least-privilege.js has it. */
const longestStage = 18;

/** A name or a pattern as the same template would have it in another place. */
function move(text: string, from: Naming, to: Naming): string {
  const stages = ["-", "_"].map(
    (mark) => [`${from.service}${mark}${from.stage}`, `${from.service}${mark}${to.stage}`] as const,
  );
  const ours: readonly (readonly [own: string, moved: string])[] = [
    ...(from.stage === "" ? [] : stages),
    [from.accountId, to.accountId],
    [from.region, to.region],
    [`arn:${from.partition}`, `arn:${to.partition}`],
  ];
  const names = ours.map(([own]) => own.replace(/\W/g, "\\$&"));
  const name = new RegExp(`(?:${names.join("|")})(?![A-Za-z0-9])`, "g");
  return text.replace(name, (found) => ours.find(([own]) => own === found)?.[1] ?? found);
}

function placesThatDiffer(ours: Naming, theirs: Naming, pattern: string): Place[] {
  const places = [
    { what: "stage", ours: ours.stage, theirs: theirs.stage },
    { what: "account", ours: ours.accountId, theirs: theirs.accountId },
    { what: "region", ours: ours.region, theirs: theirs.region },
    { what: "partition", ours: ours.partition, theirs: theirs.partition },
  ];
  return places.filter((place) => place.ours !== place.theirs && pattern.includes(place.ours));
}

function list(words: readonly string[]): string {
  return words.join(", ").replace(/, ([^,]*)$/, " and $1");
}

function serviceOf(arn: string): string | undefined {
  return arn.split(":")[2];
}

/** What stands before the name: `transcription-job` of `…:transcription-job/NAME`. */
function typeOf(arn: string): string | undefined {
  const [type, ...name] = arn.split(":").slice(5).join(":").split(/[:/]/);
  return name.length > 0 ? type : undefined;
}

function bucketAndKey(arn: string): readonly [bucket: string, key: string | undefined] {
  const slash = arn.indexOf("/");
  return slash < 0 ? [arn, undefined] : [arn.slice(0, slash), arn.slice(slash + 1)];
}
