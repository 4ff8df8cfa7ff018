import { once } from "node:events";
import { request } from "node:http";
import { ListObjectsV2Command, S3Client } from "@aws-sdk/client-s3";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { recordedTranscripts } from "../engines/speech/recorded.ts";
import { readProject } from "../project/open.ts";
import type { LocalAws, TracedDecision } from "../run/index.ts";
import { startLocalAws } from "../run/start.ts";
import { lineAt, packagedFolder, root, template } from "../testing/film-archive/film-archive.ts";
import { type PermissionsConsole, startConsole } from "./console.ts";
import type {
  DecisionDetail,
  DecisionMessage,
  ExplanationMessage,
  ServiceMessage,
  WhatIfMessage,
} from "./messages.ts";

let aws: LocalAws;
let page: PermissionsConsole;
beforeAll(async () => {
  const listeners: ((decision: TracedDecision) => void)[] = [];
  aws = await startLocalAws({
    packaged: packagedFolder,
    stage: "dev",
    region: "us-east-1",
    recogniser: recordedTranscripts(),
    onDecision: (decision) => {
      for (const listener of listeners) listener(decision);
    },
  });
  page = await startConsole({
    aws,
    project: await readProject({ root, template }),
    port: 0,
    onDecision: (listener) => listeners.push(listener),
  });
});
afterAll(async () => {
  await page?.close();
  await aws?.close();
});
beforeEach(() => ask("DELETE", "/api/what-if"));

/** As the page itself asks. @returns the status, and what is answered in JSON. */
async function ask<Content>(method: string, path: string, body?: unknown) {
  const response = await fetch(page.url + path, {
    method,
    headers: { origin: page.url, ...(body !== undefined && { "content-type": "application/json" }) },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  return { status: response.status, content: (await response.json()) as Content };
}

/** Lists the bucket as a function. @returns the error's name, if there is one. */
async function listAs(functionKey: string, prefix = "films/"): Promise<string | undefined> {
  const credentials = aws.principals[functionKey];
  if (credentials === undefined) throw new Error(`${functionKey} is not there.`);
  const { endpoint, region } = aws;
  const client = new S3Client({ endpoint, region, forcePathStyle: true, credentials });
  try {
    await client.send(new ListObjectsV2Command({ Bucket: aws.buckets.get("FilmsBucket"), Prefix: prefix }));
    return undefined;
  } catch (error) {
    return (error as Error).name;
  } finally {
    client.destroy();
  }
}

/** The decisions that a page is told when it opens. */
async function decisions(): Promise<readonly DecisionMessage[]> {
  const asked = request(`${page.url}/api/events`).end();
  const [response] = await once(asked, "response");
  let text = "";
  for await (const chunk of response) {
    text += chunk;
    const [, data] = /^event: decisions\n(?:id: .*\n)?data: (.*)\n\n/m.exec(text) ?? [];
    if (data !== undefined) return JSON.parse(data);
  }
  throw new Error(`The stream ended early: ${text}`);
}

describe("the console of any service", () => {
  it("tells each function's statements, with their lines, and who may call it", async () => {
    const { holders, views, service } = (await ask<ServiceMessage>("GET", "/api/service")).content;

    expect([service, views]).toEqual(["film-archive", []]);
    const functions = holders.filter(({ kind }) => kind === "function");
    expect(functions.map(({ id }) => id)).toEqual([
      "keepFilm",
      "startCaptions",
      "reportCaptions",
      "listFilms",
      "showFilm",
    ]);
    const [keepFilm] = functions;
    expect(keepFilm?.statements.map(({ sid, isAdded }) => [sid, isAdded])).toEqual([
      ["KeepFilm", false],
      ["WriteOwnLogs", true],
    ]);
    expect(await lineAt(keepFilm?.statements[0]?.place ?? { file: "serverless.yml", line: 0 })).toContain(
      "Sid: KeepFilm",
    );
    expect(keepFilm?.callers[0]?.who).toEqual(["apigateway.amazonaws.com"]);
  });

  it("tells each decision, and explains it", async () => {
    expect(await listAs("listFilms")).toBeUndefined();
    expect(await listAs("listFilms", "captions/")).toBe("AccessDenied");

    const [allowed, denied] = (await decisions()).slice(-2);
    expect(allowed).toMatchObject({ who: "listFilms", outcome: "allowed", by: "ListFilms" });
    expect(denied).toMatchObject({ who: "listFilms", outcome: "implicitly denied" });
    const { content } = await ask<DecisionDetail>("GET", `/api/decisions/${denied?.number}`);
    expect(content.isWhatIf).toBe(false);
    expect(content.explanation.nearest?.differences.join()).toMatch(/s3:prefix.*captions\//);
  });

  it("answers a question, and says what is wrong with one that makes no sense", async () => {
    const question = { principal: "keepFilm", action: "s3:PutObject", resource: "films/x", context: [] };
    const answered = await ask<ExplanationMessage>("POST", "/api/explain", question);
    expect(answered).toMatchObject({ status: 200, content: { outcome: "allowed" } });

    expect(await ask("POST", "/api/explain", { ...question, principal: "nobody" })).toMatchObject({
      status: 422,
      content: { error: expect.stringMatching(/nobody that the stage "dev" knows/) },
    });
  });

  it("takes an action away from a function, which is denied it until it is put back", async () => {
    const { holders } = (await ask<ServiceMessage>("GET", "/api/service")).content;
    const statement = holders.find(({ id }) => id === "listFilms")?.statements[0];
    expect(statement?.sid).toBe("ListFilms");
    const { holder, policy, index } = statement ?? {};
    const change = { holder, policy, index, action: "s3:ListBucket", isAllowed: false };

    const { content } = await ask<WhatIfMessage>("POST", "/api/what-if", change);
    expect(content.taken).toMatchObject([{ name: "listFilms", sid: "ListFilms", action: "s3:ListBucket" }]);
    expect(await listAs("listFilms")).toBe("AccessDenied");
    expect(await listAs("showFilm")).toBeUndefined();
    const denied = (await decisions()).findLast(({ who }) => who === "listFilms");
    const detail = await ask<DecisionDetail>("GET", `/api/decisions/${denied?.number}`);
    expect(detail.content.isWhatIf).toBe(true);

    await ask("DELETE", "/api/what-if");
    expect(await listAs("listFilms")).toBeUndefined();
  });
});
