import { describe, expect, it } from "vitest";
import type { Ran } from "./examples.ts";
import { updated } from "./update.ts";

const pageWith = (shown: string) => ({
  name: "docs/page.md",
  text: `# A page\n\n\`\`\`sh\npnpm demo\n\`\`\`\n\n\`\`\`text\n${shown}\n\`\`\`\n\nAfter it.\n`,
});
const printing =
  (printed: string, failed: readonly string[] = []) =>
  async (): Promise<Ran> => ({ printed, failed });

describe("updating a page", () => {
  it("shows what the command prints now, and leaves the rest as it is", async () => {
    const { text, says } = await updated(pageWith("three findings"), printing("no findings"));

    expect(text).toBe(pageWith("no findings").text);
    expect(says).toEqual(["docs/page.md: pnpm demo: written"]);
  });

  it("says nothing where the page shows what is printed", async () => {
    expect(await updated(pageWith("no findings"), printing("no findings"))).toEqual({
      text: pageWith("no findings").text,
      says: [],
    });
  });

  it("leaves the page as it is when the command failed, and says so with what it printed", async () => {
    const page = pageWith("three findings");
    const { text, says } = await updated(page, printing("packaging failed", ["pnpm demo\npackaging failed"]));

    expect(text).toBe(page.text);
    expect(says.join()).toMatch(/left as it is, because this failed:\npnpm demo\npackaging failed/);
  });

  it.each([
    "TypeError: x is not a function\n    at y.ts:1",
    "  ✖ nothing to package",
    "Error:\nNo such file",
  ])("leaves it as it is when an error was printed though the command ended well: %j", async (printed) => {
    const page = pageWith("three findings");
    const { text, says } = await updated(page, printing(printed));

    expect(text).toBe(page.text);
    expect(says.join()).toContain("left as it is, because this printed an error");
  });

  it("updates a page that is about an error", async () => {
    const { text } = await updated(pageWith("Error: three"), printing("Error: four"));

    expect(text).toBe(pageWith("Error: four").text);
  });

  it("leaves what was shortened by hand to a person", async () => {
    const page = pageWith("first\n…\nlast");
    const { text, says } = await updated(page, printing("other"));

    expect(text).toBe(page.text);
    expect(says.join()).toContain("edit it by hand");
  });
});
