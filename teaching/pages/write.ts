import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { readPages, root, run } from "./examples.ts";
import { updated } from "./update.ts";

/* Runs every example of the documentation and updates the pages; exits 1 when something was left as it is. */

for (const page of await readPages()) {
  const { text, says } = await updated(page, run);
  if (text !== page.text) await writeFile(join(root, page.name), text);
  for (const line of says) console.log(line);
  if (says.some((line) => !line.endsWith(": written"))) process.exitCode = 1;
}
