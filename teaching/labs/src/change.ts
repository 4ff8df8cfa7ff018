import { mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { applyToYaml, type Path } from "./yaml-edit.ts";

/** One change of one file, named by its path from the folder of serverless.yml, with slashes. */
export type Change =
  /** In a YAML file: what stands at the path becomes this YAML, or goes. */
  | { readonly file: string; readonly at: Path; readonly to: string | undefined }
  /** In any file: a text that it has exactly once becomes another. */
  | { readonly file: string; readonly replace: string; readonly by: string }
  /** A file that there was not. */
  | { readonly file: string; readonly content: string };

export interface ChangedFile {
  readonly file: string;
  /** Undefined for a file that there was not. */
  readonly before: string | undefined;
  readonly after: string;
}

/**
 * Makes changes in a copy of the service.
 *
 * @param root of the copy
 * @throws Error when a file has no longer what is to be changed
 */
export async function applyChanges(root: string, changes: readonly Change[]): Promise<ChangedFile[]> {
  const byFile = Map.groupBy(changes, ({ file }) => file);
  return Promise.all([...byFile].map(([file, ofFile]) => changeFile(root, file, ofFile)));
}

async function changeFile(root: string, file: string, changes: readonly Change[]): Promise<ChangedFile> {
  const path = join(root, file);
  const isNew = changes.some((change) => "content" in change);
  const before = isNew ? undefined : await readFile(path, "utf8");
  const after = changes.reduce((text, change) => changed(text, change), before ?? "");
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, after);
  return { file, before, after };
}

function changed(text: string, change: Change): string {
  if ("content" in change) return change.content;
  if ("at" in change) return applyToYaml(text, change);
  const parts = text.split(change.replace);
  if (parts.length !== 2) {
    throw new Error(
      `${change.file} has not exactly once what the lab replaces, so the lab must follow it:\n${change.replace}`,
    );
  }
  return parts.join(change.by);
}
