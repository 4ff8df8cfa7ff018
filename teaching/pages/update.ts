import { commandsToRun, examplesOf, isShown, type Page, type run } from "./examples.ts";

/** A page with what its commands print now, and what is to be said of it, a line each. */
export interface Updated {
  readonly text: string;
  readonly says: readonly string[];
}

/** How a tool or Node itself begins to tell of an error, also where the command ends with 0. */
const error = /^\s*(?:[A-Za-z]*Error\b|error:|✖)/m;

/**
 * Puts what the commands of a page print where the page shows something else. What a failed command prints never comes
 * into the page, nor does an error where the page shows none: that is said instead. A page that is to show a command that
 * fails is written by hand, as is what was shortened with a line of `…`.
 *
 * @param runCommands runs the commands of an example, one after the other.
 */
export async function updated(page: Page, runCommands: typeof run): Promise<Updated> {
  let { text } = page;
  const says: string[] = [];
  for (const example of examplesOf(page).toReversed()) {
    const commands = commandsToRun(example);
    const { output } = example;
    if (commands.length === 0 || output === undefined) continue;
    const { printed, failed } = await runCommands(commands);
    if (isShown(output.text, printed)) continue;
    const what = `${page.name}: ${commands.join("; ")}`;
    if (failed.length > 0) {
      says.push(`${what}: left as it is, because this failed:\n${failed.join("\n")}`);
    } else if (error.test(printed) && !error.test(output.text)) {
      says.push(`${what}: left as it is, because this printed an error:\n${printed}`);
    } else if (/^…$/m.test(output.text)) {
      says.push(`${what}: left as it is, because it was shortened by hand: edit it by hand`);
    } else {
      text = `${text.slice(0, output.index)}${printed}\n${text.slice(output.index + output.text.length)}`;
      says.push(`${what}: written`);
    }
  }
  return { text, says: says.toReversed() };
}
