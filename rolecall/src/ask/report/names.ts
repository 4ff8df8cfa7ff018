import type { Stack, StackResource } from "../../stack/template.ts";

/** A resource of the stack, by the name that the template gives it. */
export interface Name {
  readonly logicalId: string;
  readonly arn: string;
  /** Whether AWS makes the name when it deploys, so that the real ARN ends differently. */
  readonly isGenerated: boolean;
}

/** Short names for the stack's ARNs. */
export interface Names {
  readonly all: readonly Name[];
  /**
   * The logical id instead of a resource's ARN, what follows it kept (`Photos/originals/*`), or instead of a
   * bucket's name; an ARN of this account and region from its last part on; whatever is shorter. Anything else stays.
   */
  readonly shorten: (text: string) => string;
  /** The resource that a short or a long name begins with. */
  readonly owner: (text: string) => Name | undefined;
}

export function namesOf(stack: Stack): Names {
  const { partition, region, accountId } = stack.environment;
  const all = [...stack.resources.values()].flatMap((resource): Name[] => {
    const arn = arnOf(stack, resource);
    if (arn === undefined) return [];
    const isNamed = Object.values(resource.properties).some(
      (value) => typeof value === "string" && arn.endsWith(value),
    );
    return [{ logicalId: resource.logicalId, arn, isGenerated: !isNamed }];
  });
  const byBucketName = new Map(
    [...stack.resources.values()].flatMap(({ type, physicalId, logicalId }) =>
      type === "AWS::S3::Bucket" ? [[physicalId, logicalId] as const] : [],
    ),
  );
  const owner = (text: string) =>
    all
      .filter(({ arn, logicalId }) => begins(text, arn) || begins(text, logicalId))
      .sort((a, b) => b.arn.length - a.arn.length)[0];
  const here = new RegExp(`^arn:${partition}:[a-z0-9-]+:${region}:${accountId}:(?=.)`);

  return {
    all,
    owner,
    shorten: (text) => {
      const bucket = byBucketName.get(text);
      if (bucket !== undefined) return bucket;
      const named = owner(text);
      const candidates = [
        ...(named && begins(text, named.arn) ? [named.logicalId + text.slice(named.arn.length)] : []),
        text.replace(here, ""),
      ];
      return candidates.reduce((shortest, one) => (one.length < shortest.length ? one : shortest));
    },
  };
}

/**
 * Shortens as a function's own block says it: itself and its log group, which Lambda names after it.
 *
 * @param functionArn Ends with the function's name.
 */
export function ownNames(
  names: Names,
  { functionArn, functionName }: { readonly functionArn: string; readonly functionName: string },
): (text: string) => string {
  const logGroup = `:log-group:/aws/lambda/${functionName}`;
  return (text) => {
    if (text === functionArn) return "itself";
    const [before, streams] = text.split(logGroup);
    const isWholeGroup = before?.startsWith("arn:") && /^(?::\*){1,2}$/.test(streams ?? "");
    return isWholeGroup ? "its log group" : names.shorten(text);
  };
}

/** CloudFormation gives a log group's ARN with `:*` at its end, and an API none at all. */
function arnOf(stack: Stack, { type, arn, physicalId }: StackResource): string | undefined {
  const { partition, region, accountId } = stack.environment;
  if (type === "AWS::ApiGatewayV2::Api")
    return `arn:${partition}:execute-api:${region}:${accountId}:${physicalId}`;
  return type === "AWS::Logs::LogGroup" ? arn?.replace(/:\*$/, "") : arn;
}

function begins(text: string, name: string): boolean {
  return text.startsWith(name) && [undefined, "/", ":"].includes(text[name.length]);
}
