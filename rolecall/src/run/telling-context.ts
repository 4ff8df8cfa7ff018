import type { TracedDecision } from "../gate/types.ts";

/** Condition keys that tell one call from another where the action and the resource do not. */
const tellingKeys = ["s3:prefix", "transcribe:OutputBucketName"];

/**
 * What a person needs of a request's context, e.g. `["prefix=audio/"]`.
 *
 * @param shorten makes a shorter name of a value that has one
 */
export function tellingContext(
  { context }: Pick<TracedDecision, "context">,
  shorten: (value: string) => string = (value) => value,
): string[] {
  return tellingKeys
    .filter((key) => Object.hasOwn(context, key))
    .map((key) => `${key.replace(/^.*:/, "")}=${shorten(String(context[key]))}`);
}
