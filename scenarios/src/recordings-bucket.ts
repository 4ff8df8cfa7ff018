import type { LocalAws } from "rolecall/run";

/**
 * The name of the bucket that the recordings are in.
 *
 * @throws Error when the stack has none.
 */
export function recordingsBucket({ buckets }: Pick<LocalAws, "buckets">): string {
  const name = buckets.get("RecordingsBucket");
  if (name === undefined) throw new Error("The stack has no RecordingsBucket.");
  return name;
}
