import { compileResourceGlob, type Glob, ONE, ONE_IN_SEGMENT, RUN, RUN_IN_SEGMENT } from "../iam/globs.ts";
import type { Policy } from "../iam/types.ts";
import { parseVariables } from "../iam/variables.ts";
import type { ActionFacts, ResourceTypeFacts } from "./actions.ts";
import { ONE_IN_NAME, overlap, RUN_IN_NAME } from "./overlap.ts";

/**
 * Names that hold no slash, though what follows them in other types' ARNs begins with one. Of other variables that is
 * not known, so they take anything.
 */
const plainNames: ReadonlySet<string> = new Set(["BucketName", "TableName"]);

/**
 * The types of an action's resources of which an ARN or a statement's pattern can name one.
 *
 * @param resource An ARN, with or without wildcards and policy variables.
 */
export function typesNamedBy(
  resource: string,
  action: ActionFacts,
  version: Policy["version"] = "2012-10-17",
): readonly ResourceTypeFacts[] {
  const pattern = patternOf(resource, version);
  return action.resourceTypes.filter(({ arn }) => overlap(pattern, typeGlob(arn)));
}

/** A statement's resource as what it can match at most: a policy variable may become anything. */
export function patternOf(resource: string, version: Policy["version"]): Glob {
  return compileResourceGlob(
    parseVariables(resource, version).map((part) => ("text" in part ? part : { text: "*", wildcards: true })),
  );
}

/** Each variable of a type's ARN stands for at least one character. */
function typeGlob(arn: string): Glob {
  let colons = 0;
  return arn.split(/(\$\{[^}]+\})/).flatMap((part) => {
    const variable = /^\$\{([^}]+)\}$/.exec(part)?.[1];
    if (variable === undefined) {
      colons += part.split(":").length - 1;
      return codePoints(part);
    }
    if (plainNames.has(variable)) return [ONE_IN_NAME, RUN_IN_NAME];
    return colons < 5 ? [ONE_IN_SEGMENT, RUN_IN_SEGMENT] : [ONE, RUN];
  });
}

function codePoints(text: string): number[] {
  return [...text].map((character) => character.codePointAt(0) as number);
}
