import { readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { blastRadius } from "../../rolecall/src/ask/blast-radius/blast-radius.ts";
import { documentedPlace, permissionsDocument } from "../../rolecall/src/ask/report/document.ts";
import { viewPermissions } from "../../rolecall/src/ask/report/view.ts";
import { openProject } from "../../rolecall/src/project/open.ts";

const root = join(import.meta.dirname, "..", "..");

let page: string;
beforeAll(async () => {
  page = (await readFile(join(root, "docs", "permissions.md"), "utf8")).replaceAll("\r\n", "\n");
});

describe("docs/permissions.md", () => {
  it("says what the template says (pnpm run permissions --write writes it)", async () => {
    const service = await openProject({ root, ...documentedPlace });
    const view = viewPermissions(service, service.sources);

    expect(page).toBe(permissionsDocument(view, service.stack, await blastRadius(service)));
  });

  it("links each Sid and each function to the line that has it", async () => {
    const links = [...page.matchAll(/\[([A-Za-z]+)\]\(([^)#]+)#L(\d+)\)/g)];

    expect(links.length).toBeGreaterThan(25);
    for (const [, text = "", file = "", line] of links) {
      const lines = (await readFile(join(root, "docs", file), "utf8")).split("\n");
      const written = lines[Number(line) - 1];
      if (text === "event") expect(written).toMatch(/- (httpApi|eventBridge):/);
      else expect(written).toContain(text);
    }
  });

  it("names no account, no region and no machine", () => {
    expect(page).not.toMatch(/\d{12}|us-east-1/);
    expect(page).not.toContain(dirname(root));
  });
});
