import { spawn } from "node:child_process";
import { once } from "node:events";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { root, name as service, template } from "../testing/film-archive/film-archive.ts";

const command = fileURLToPath(new URL("main.ts", import.meta.url));

async function run(args: readonly string[], input = "") {
  const child = spawn(process.execPath, [command, "explain", "--template", template, ...args], {
    cwd: root,
    stdio: "pipe",
  });
  child.stdin.end(input);
  const [output, errors, [code]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, "exit"),
  ]);
  return { output, errors, code };
}

describe("rolecall explain", () => {
  it("exits 0 for what is allowed, and names the statement", async () => {
    const { output, code } = await run(["keepFilm", "s3:PutObject", "films/x.wav"]);

    expect(output).toMatch(/^✔ allowed: keepFilm may s3:PutObject there, KeepFilm/);
    expect(code).toBe(0);
  });

  it("exits 1 for what is denied, and names the condition", async () => {
    const { output, code } = await run([
      "startCaptions",
      "transcribe:StartTranscriptionJob",
      "*",
      "--context",
      "transcribe:OutputBucketName=other",
    ]);

    expect(output).toMatch(/^✘ denied/);
    expect(output).toMatch(/condition StringEquals transcribe:OutputBucketName: .*the request has other/);
    expect(code).toBe(1);
  });

  it("exits 2 for a question that makes no sense, and says why on standard error", async () => {
    const { output, errors, code } = await run(["keepFilm", "s3:HeadObject", "films/x.wav"]);

    expect(output).toBe("");
    expect(errors).toMatch(/s3:HeadObject is an operation of the API/);
    expect(code).toBe(2);
  });

  it("--json prints the whole explanation", async () => {
    const { output, code } = await run(["listFilms", "s3:GetObject", "films/x.wav", "--json"]);

    expect(JSON.parse(output)).toMatchObject({
      asked: { principal: { name: "listFilms" }, action: "s3:GetObject" },
      decision: { outcome: "implicitly denied", missing: "identity-based" },
      nearest: { statement: { sid: "ListFilms" } },
      changes: [{ edit: "statement" }],
    });
    expect(code).toBe(1);
  });

  it("takes a denial from standard input", async () => {
    const name = `${service}-dev-keepFilm`;
    const denial = `User: arn:aws:sts::111122223333:assumed-role/${name}-us-east-1-lambdaRole/${name} is not authorized to perform: s3:DeleteObject on resource: "arn:aws:s3:::${service}-dev-111122223333-us-east-1/films/x" because no identity-based policy allows the s3:DeleteObject action`;
    const { output, code } = await run(
      ["--message", "-"],
      JSON.stringify({ level: "ERROR", message: denial }),
    );

    expect(output).toMatch(/what +s3:DeleteObject/);
    expect(output).toMatch(/nearest +KeepFilm/);
    expect(code).toBe(1);
  });

  it.each<[readonly string[], RegExp]>([
    [["keepFilm", "s3:PutObject"], /Missing arguments: PRINCIPAL ACTION RESOURCE/],
    [["keepFilm", "s3:ListAllMyBuckets", "README.md", "docs"], /write '\*'/],
    [["--message", "x", "keepFilm"], /leave PRINCIPAL, ACTION and RESOURCE out/],
    [["--nonsense"], /nonsense/],
  ])("refuses %j with its usage, and ends with 2", async (args, says) => {
    const { errors, code } = await run(args);

    expect(errors).toMatch(says);
    expect(errors).toContain("rolecall explain PRINCIPAL ACTION RESOURCE");
    expect(code).toBe(2);
  });
});
