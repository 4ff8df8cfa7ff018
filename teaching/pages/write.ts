import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { commandsToRun, examplesOf, isShown, readPages, root, run } from "./examples.ts";

/*
 * Runs every example of the documentation and puts what it prints where the page shows something else. What the page
 * shortened with a line of `…` is its author's choice: it is named, and left alone.
 */

for (const page of await readPages()) {
  let { text } = page;
  for (const example of examplesOf(page).toReversed()) {
    const commands = commandsToRun(example);
    const { output } = example;
    if (commands.length === 0 || output === undefined) continue;
    const { printed } = await run(commands);
    if (isShown(output.text, printed)) continue;
    console.log(`${page.name}: ${commands.join("; ")}`);
    if (/^…$/m.test(output.text)) console.log("  shortened by hand: mend it by hand");
    else text = `${text.slice(0, output.index)}${printed}\n${text.slice(output.index + output.text.length)}`;
  }
  if (text !== page.text) await writeFile(join(root, page.name), text);
}
