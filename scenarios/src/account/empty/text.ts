import type { Failure } from "./bucket.ts";
import type { Inventory } from "./empty.ts";

/** How much there is of each, a line each; those that are none are left out but for the whole. */
export function inventoryLines({ bucket, content, jobs }: Inventory): string[] {
  const running = jobs.filter(({ isRunning }) => isRunning).length;
  return [
    ...(content === undefined
      ? [`there is no bucket ${bucket}`]
      : [
          `bucket ${bucket}: ${(content.bytes / 1e6).toFixed(1)} MB`,
          ...[...content.versions].map(
            ([prefix, count]) => `  ${prefix === "" ? "outside any folder" : prefix}: ${count} objects`,
          ),
          ...(content.deleteMarkers > 0 ? [`  ${content.deleteMarkers} delete markers`] : []),
          ...(content.uploads > 0 ? [`  ${content.uploads} unfinished uploads`] : []),
        ]),
    `transcription jobs: ${jobs.length}${running > 0 ? `, ${running} of them still running: it waits for those` : ""}`,
  ];
}

/** How many failures are shown; a right that is missing fails every key alike. */
const shown = 20;

export function failureLines(failures: readonly Failure[]): string[] {
  const more = failures.length - shown;
  return [
    ...failures.slice(0, shown).map(({ what, why }) => `${what}: ${why}`),
    ...(more > 0 ? [`and ${more} more`] : []),
  ];
}
