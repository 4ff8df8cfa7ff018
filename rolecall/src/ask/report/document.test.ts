import { readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import {
  type Change,
  type FilmArchive,
  filmArchive,
  root,
  statementsOf,
} from "../../testing/film-archive/film-archive.ts";
import { blastRadius } from "../blast-radius/blast-radius.ts";
import { permissionsDocument } from "./document.ts";
import { viewPermissions } from "./view.ts";

let archive: FilmArchive;
let page: string;

beforeAll(async () => {
  archive = await filmArchive();
  page = await documentOf();
});

async function documentOf(change?: Change): Promise<string> {
  const of = archive.service(change);
  return permissionsDocument(viewPermissions(of, archive.sources), of.stack, await blastRadius(of));
}

describe("the generated page", () => {
  it("links each Sid and each function to the line that has it", async () => {
    const links = [...page.matchAll(/\[([A-Za-z]+)\]\(([^)#]+)#L(\d+)\)/g)];

    expect(links.length).toBeGreaterThan(15);
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

  it("has every table's rows as long as its head", () => {
    for (const [table] of page.matchAll(/(?:^\|.*\|\n)+/gm)) {
      const cells = table
        .trim()
        .split("\n")
        .map((row) => row.split(/(?<!\\)\|/).length);
      expect(new Set(cells).size).toBe(1);
    }
  });

  it("changes with what a statement says: its action, its resource, its condition, its effect", async () => {
    const changes: ((statement: Record<string, unknown>) => void)[] = [
      (statement) => Object.assign(statement, { Action: "s3:GetObject" }),
      (statement) => Object.assign(statement, { Resource: "*" }),
      (statement) => Object.assign(statement, { Condition: { Bool: { "aws:SecureTransport": "true" } } }),
      (statement) => Object.assign(statement, { Effect: "Deny" }),
    ];
    for (const change of changes) {
      const changed = await documentOf((resources) => change(statementsOf(resources, "KeepFilm").at(-1)));
      expect(changed).not.toBe(page);
    }
  });

  it("says of a route without authorizer that anyone is let in", async () => {
    const changed = await documentOf((resources) => {
      delete resources.HttpApiRouteGetFilms.Properties.AuthorizationType;
    });

    expect(changed).toMatch(/\[GET \/films\]\([^)]*\) \| \*\*anyone\*\* \|/);
  });
});
