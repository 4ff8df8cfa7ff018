import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import {
  type Change,
  type FilmArchive,
  filmArchive,
  root,
  statementsOf,
} from "../../testing/film-archive/film-archive.ts";
import { withLine } from "./service.ts";

let archive: FilmArchive;
beforeAll(async () => {
  archive = await filmArchive();
});

/** What a person reads when a policy is refused. */
function refusal(change: Change): string {
  try {
    archive.service(change);
  } catch (error) {
    return (withLine(error, archive.sources) as Error).message;
  }
  return "";
}

/** `file:line` of the first line that has this text. */
async function lineOf(file: string, text: string): Promise<string> {
  const lines = (await readFile(join(root, file), "utf8")).split("\n");
  return `${file}:${lines.findIndex((line) => line.includes(text)) + 1}`;
}

const statement = (role: string, sid: string, changes: object): Change => {
  return (resources) => {
    Object.assign(
      statementsOf(resources, role).find(({ Sid }: { Sid: string }) => Sid === sid),
      changes,
    );
  };
};

describe("a policy that IAM would not take", () => {
  it("is refused with the line of its statement", async () => {
    const says = refusal(statement("ListFilms", "ListFilms", { Resource: "films" }));

    expect(says).toMatch(/\(Sid "ListFilms"\): "films" names no resource/);
    expect(says.startsWith(`${await lineOf("serverless.yml", "Sid: ListFilms")}: `)).toBe(true);
  });

  it("of a resource is refused with its line too", async () => {
    const says = refusal((resources) => {
      resources.ReelsQueuePolicy.Properties.PolicyDocument.Statement[0].Effect = "allow";
    });

    expect(says).toMatch(/policy "ReelsQueuePolicy": statement 1 \(Sid "LetFilmsBucketSend"\): Effect/);
    expect(says.startsWith(`${await lineOf("resources/reels-queue.yml", "Sid: LetFilmsBucketSend")}: `)).toBe(
      true,
    );
  });

  it("whose statement has no Sid is refused with the line of its function", async () => {
    const says = refusal((resources) => {
      statementsOf(resources, "KeepFilm").push({ Effect: "Allow", Action: "s3:GetObject" });
    });

    expect(says).toMatch(/neither Resource nor NotResource/);
    expect(says.startsWith(`${await lineOf("serverless.yml", "  keepFilm:")}: `)).toBe(true);
  });

  it("and any other error stays as it is", () => {
    const error = new Error("no space left");

    expect(withLine(error, archive.sources)).toBe(error);
  });
});
