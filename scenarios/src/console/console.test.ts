import { execFile } from "node:child_process";
import { once } from "node:events";
import { readdir, readFile } from "node:fs/promises";
import { request } from "node:http";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type {
  DecisionDetail,
  DecisionMessage,
  ExplanationMessage,
  ServiceMessage,
  WhatIfMessage,
} from "../../../rolecall/src/console/messages.ts";
import type { RecordingMessage } from "./messages.ts";
import { type Answer, type LocalConsole, root, send, startLocalConsole } from "./testing/local-console.ts";

/** The console's own files, and the service's beside them. */
const page = fileURLToPath(new URL("../../../rolecall/src/console/page", import.meta.url));
const ownPage = fileURLToPath(new URL("page", import.meta.url));

let local: LocalConsole;
beforeAll(async () => {
  local = await startLocalConsole();
}, 120_000);
afterAll(() => local?.close());

/** As the page itself asks. */
async function ask(method: string, path: string, body?: unknown): Promise<Answer> {
  const isBytes = body instanceof Uint8Array;
  return send(local.url + path, {
    method,
    headers: {
      origin: local.url,
      ...(body !== undefined && !isBytes && { "content-type": "application/json" }),
    },
    ...(body !== undefined && { body: isBytes ? body : JSON.stringify(body) }),
  });
}

async function get<Content>(path: string): Promise<Content> {
  const { status, text } = await ask("GET", path);
  expect(status, text).toBe(200);
  return JSON.parse(text);
}

/** Sends a sample, and waits until all that follows from it is done. */
async function sendSample(way = "body"): Promise<string> {
  const { status, text } = await ask("POST", `/api/recordings?sample=function-without-keys.wav&way=${way}`);
  expect(status, text).toBe(201);
  await local.aws.idle();
  return JSON.parse(text).id;
}

/** Reads a stream of events until one satisfies, and closes it. */
async function events(
  until: (name: string, data: unknown) => boolean,
  lastEventId?: string,
): Promise<{ name: string; id?: string; data: unknown }[]> {
  const headers = lastEventId === undefined ? {} : { "last-event-id": lastEventId };
  const asked = request(`${local.url}/api/events`, { headers }).end();
  const [response] = await once(asked, "response");
  const found: { name: string; id?: string; data: unknown }[] = [];
  let text = "";
  for await (const chunk of response) {
    text += chunk;
    const blocks = text.split("\n\n");
    text = blocks.pop() ?? "";
    for (const block of blocks) {
      const fields = Object.fromEntries(block.split("\n").map((line) => line.split(/: (.*)/s).slice(0, 2)));
      if (!fields.event) continue;
      const event = {
        name: fields.event,
        ...(fields.id && { id: fields.id }),
        data: JSON.parse(fields.data),
      };
      found.push(event);
      if (until(event.name, event.data)) return found;
    }
  }
  return found;
}

function decisionsIn(found: Awaited<ReturnType<typeof events>>): readonly DecisionMessage[] {
  return found.flatMap(({ name, data }) => (name === "decisions" ? (data as DecisionMessage[]) : []));
}

async function allDecisions(): Promise<readonly DecisionMessage[]> {
  return decisionsIn(await events((name) => name === "decisions"));
}

async function filesOfPage(): Promise<string[]> {
  const names = await Promise.all(
    [page, ownPage].map(async (folder) => (await readdir(folder)).map((name) => join(folder, name))),
  );
  return names.flat();
}

describe("the page", () => {
  it("is served with a policy that lets nothing run but its own files", async () => {
    const { status, headers, text } = await ask("GET", "/");

    expect(status).toBe(200);
    expect(text).toContain("<!doctype html>");
    expect(headers).toMatchObject({
      "content-type": "text/html; charset=utf-8",
      "x-content-type-options": "nosniff",
      "referrer-policy": "no-referrer",
      "cross-origin-resource-policy": "same-origin",
    });
    const policy = String(headers["content-security-policy"]);
    for (const part of [
      "default-src 'none'",
      "script-src 'self'",
      "frame-ancestors 'none'",
      "trusted-types 'none'",
    ])
      expect(policy.split("; ")).toContain(part);
    expect(policy).not.toContain("unsafe");
  });

  it("weighs less than 100 KB compressed, and names no other host", async () => {
    let weight = 0;
    for (const name of await filesOfPage()) {
      const content = await readFile(name);
      weight += gzipSync(content).length;
      const addresses = content.toString().match(/https?:\/\/[^\s"'`)]+/g) ?? [];
      expect(
        addresses.filter((address) => !address.startsWith("http://www.w3.org/")),
        name,
      ).toEqual([]);
    }
    expect(weight).toBeLessThan(100 * 1024);
  });

  it("has modules whose types are right", async () => {
    const tsc = join(root, "node_modules", "typescript", "bin", "tsc");
    for (const folder of [page, ownPage]) {
      const { stdout } = await promisify(execFile)(process.execPath, [tsc, "--noEmit", "-p", folder]);
      expect(stdout).toBe("");
    }
  });

  it("makes no markup of text, anywhere", async () => {
    for (const name of await filesOfPage()) {
      if (!name.endsWith(".js")) continue;
      const source = await readFile(name, "utf8");
      expect(source, name).not.toMatch(
        /innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(|new Function/,
      );
    }
  });

  it("is not sent again while it is the same", async () => {
    const { headers } = await ask("GET", "/main.js");
    const again = await send(`${local.url}/main.js`, { headers: { "if-none-match": String(headers.etag) } });

    expect(again).toMatchObject({ status: 304, text: "" });
  });

  it.each([
    ["GET", "/../package.json", 404],
    ["GET", "/tsconfig.json", 404],
    ["GET", "/%2e%2e/console.ts", 404],
    ["GET", "/api/nothing", 404],
    ["POST", "/", 405],
    ["PUT", "/api/what-if", 405],
  ])("%s %s answers %i", async (method, path, status) => {
    expect((await ask(method, path)).status).toBe(status);
  });
});

describe("a request that the page did not make", () => {
  it("is refused by its Host, which a rebound name gives away", async () => {
    const { status, text } = await send(`${local.url}/api/service`, { headers: { host: "evil.example" } });

    expect(status).toBe(421);
    for (const bucket of local.aws.buckets.values()) expect(text).not.toContain(bucket);
  });

  it.each([
    "/api/what-if",
    "/api/recordings?sample=function-without-keys.wav&way=body",
    "/api/credentials",
    "/api/explain",
  ])("is refused by its Origin at POST %s, and does nothing", async (path) => {
    const before = local.aws.decisions.length;
    for (const origin of ["http://evil.example", "null", undefined]) {
      const { status } = await send(local.url + path, {
        method: "POST",
        headers: { "content-type": "application/json", ...(origin && { origin }) },
        body: "{}",
      });
      expect(status).toBe(403);
    }
    expect(local.aws.decisions.length).toBe(before);
  });
});

describe("the service", () => {
  it("is told with every function, its statements' Sids, why, and lines, and no credentials", async () => {
    const message = await get<ServiceMessage>("/api/service");

    const receiveAudio = message.holders.find(({ id }) => id === "receiveAudio");
    const [statement] = receiveAudio?.statements ?? [];
    expect(statement).toMatchObject({ sid: "StoreAudio", actions: ["s3:PutObject"], isAdded: false });
    expect(statement?.why).toContain("audio/{id}");
    const lines = (await readFile(join(root, "serverless.yml"), "utf8")).split("\n");
    expect(lines[(statement?.place?.line ?? 0) - 1]).toContain("Sid: StoreAudio");
    expect(receiveAudio?.callers[0]?.who).toEqual(["apigateway.amazonaws.com"]);
    expect(receiveAudio?.byResource.map(({ service }) => service)).toEqual([
      "Amazon S3",
      "Amazon CloudWatch Logs",
    ]);
    expect(message.holders.map(({ name }) => name)).toEqual(
      expect.arrayContaining(["RecordingsBucket", "UploadsQueue", "developer"]),
    );
    for (const { secretAccessKey, sessionToken } of Object.values(local.aws.principals)) {
      expect(JSON.stringify(message)).not.toContain(secretAccessKey);
      expect(JSON.stringify(message)).not.toContain(sessionToken);
    }
  });

  it("names each statement so that What if finds it", async () => {
    const { holders } = await get<ServiceMessage>("/api/service");
    for (const { statements, callers } of holders) {
      for (const { holder, policy, index, sid } of [...statements, ...callers]) {
        const policies = local.aws.policies.identity.get(holder) ?? local.aws.policies.resource.get(holder);
        const found = policies?.find(({ name }) => name === policy)?.document.statements[index];
        expect(found?.sid, `${holder} ${policy} ${index}`).toBe(sid);
      }
    }
  });

  it("gives the developer's credentials when it is asked for them", async () => {
    const { text } = await ask("POST", "/api/credentials", {});

    const { expiration: _, ...credentials } = local.aws.principals.developer ?? {};
    expect(JSON.parse(text)).toEqual({ region: "us-east-1", ...credentials });
  });
});

describe("explain", () => {
  const question = {
    principal: "listRecordings",
    action: "s3:GetObject",
    resource: "audio/x.wav",
    context: [],
  };

  it("says why, what comes nearest, and what would allow it", async () => {
    const { text } = await ask("POST", "/api/explain", question);

    const explanation: ExplanationMessage = JSON.parse(text);
    expect(explanation).toMatchObject({
      outcome: "implicitly denied",
      why: "no identity-based policy allows it",
    });
    expect(explanation.nearest?.statement.name).toBe("ListAudio");
    expect(explanation.changes[0]?.place?.file).toBe("serverless.yml");
    expect(explanation.steps.map(({ asks, answer }) => `${asks} ${answer}`)).toEqual([
      "Does a statement deny it? No.",
      "Does a statement of an identity-based policy allow it? No.",
    ]);
  });

  it("goes by the condition keys of the question: a Deny decides, and no Allow is asked", async () => {
    const { text } = await ask("POST", "/api/explain", {
      ...question,
      principal: "readRecording",
      context: ["aws:SecureTransport=false"],
    });

    const { outcome, by, steps } = JSON.parse(text) as ExplanationMessage;
    expect(outcome).toBe("explicitly denied");
    expect(by?.name).toBe("RefuseWithoutTls");
    expect(steps).toHaveLength(1);
    expect(steps[0]?.statements.find(({ decides }) => decides)?.name).toBe("RefuseWithoutTls");
  });

  it("knows the developer, who is not in the template", async () => {
    const about = { ...question, principal: "developer" };
    const denied = JSON.parse((await ask("POST", "/api/explain", about)).text);
    const allowed = JSON.parse(
      (
        await ask("POST", "/api/explain", {
          ...about,
          action: "execute-api:Invoke",
          resource: "GET /recordings",
        })
      ).text,
    );

    expect(denied).toMatchObject({ outcome: "implicitly denied", changes: [] });
    expect(allowed).toMatchObject({ outcome: "allowed", by: { name: "InvokeApi" } });
  });

  it.each([
    [{ ...question, action: "s3:GetObjekt" }, 422, "s3:GetObjekt"],
    [{ ...question, principal: "nobody" }, 422, "nobody"],
    [{ ...question, context: ["oops"] }, 422, "KEY=VALUE"],
    [{ ...question, extra: 1 }, 400, "extra"],
    [{ principal: 1 }, 400, "principal"],
    ["text", 400, "expected"],
  ])("answers %j with %i and what is wrong", async (body, status, says) => {
    const answer = await ask("POST", "/api/explain", body);

    expect(answer.status).toBe(status);
    expect(JSON.parse(answer.text).error.toLowerCase()).toContain(says.toLowerCase());
  });

  it("takes JSON alone, and no more of it than a question has", async () => {
    const headers = { origin: local.url };
    const post = (more: object, body: string) =>
      send(`${local.url}/api/explain`, { method: "POST", headers: { ...headers, ...more }, body });

    expect((await post({}, JSON.stringify(question))).status).toBe(415);
    expect((await post({ "content-type": "text/plain" }, JSON.stringify(question))).status).toBe(415);
    expect((await post({ "content-type": "application/json" }, "{")).status).toBe(400);
    expect((await post({ "content-type": "application/json" }, " ".repeat(70_000))).status).toBe(413);
  });
});

describe("the stream of decisions", () => {
  it("begins with all that was decided, goes on live, and takes up where it was left", async () => {
    const seen = await events((name) => name === "decisions");
    expect(seen.map(({ name }) => name)).toEqual(["hello", "what-if", "decisions"]);
    const before = decisionsIn(seen);
    expect(before.map(({ number }) => number)).toEqual(before.map((_, index) => index + 1));

    const live = events(
      (name, data) =>
        name === "decisions" && (data as DecisionMessage[]).some(({ who }) => who === "reportOutcome"),
    );
    const id = await sendSample();
    const told = decisionsIn(await live);
    expect(told.map(({ number }) => number)).toEqual(told.map((_, index) => index + 1));
    expect(told.find(({ by }) => by === "StoreAudio")).toMatchObject({
      who: "receiveAudio",
      action: "s3:PutObject",
      resource: { short: `RecordingsBucket/audio/${id}` },
      outcome: "allowed",
      about: id,
    });
    expect(told.find(({ by }) => by === "StartJobsIntoOurBucket")?.about).toBe(id);

    const missed = await events((name) => name === "decisions", seen.at(-1)?.id);
    expect(decisionsIn(missed)[0]?.number).toBe(before.length + 1);
  });

  it("begins anew for a page that saw another run", async () => {
    const found = await events((name) => name === "decisions", "another-run/7");

    expect(decisionsIn(found)[0]?.number).toBe(1);
  });

  it("explains every decision as it was taken", async () => {
    await sendSample("form");
    await get("/api/recordings");
    for (const decision of await allDecisions()) {
      const { explanation } = await get<DecisionDetail>(`/api/decisions/${decision.number}`);
      expect(explanation.outcome, decision.action).toBe(decision.outcome);
      expect(explanation.by?.name, decision.action).toBe(decision.by);
      expect(
        explanation.steps.flatMap(({ statements }) => statements).filter(({ decides }) => decides),
      ).toHaveLength(1);
    }
  });

  it("says of a decision that never was that it is not kept", async () => {
    expect((await ask("GET", "/api/decisions/999999")).status).toBe(404);
  });

  it("has no more than 32 pages", async () => {
    const open = await Promise.all(
      Array.from({ length: 33 }, async () => {
        const asked = request(`${local.url}/api/events`).end();
        const [response] = await once(asked, "response");
        return { asked, status: response.statusCode };
      }),
    );
    for (const { asked } of open) asked.destroy();

    expect(open.filter(({ status }) => status === 200)).toHaveLength(32);
    expect(open.filter(({ status }) => status === 503)).toHaveLength(1);
  });
});

describe("a recording", () => {
  it("is sent as the body, read with its transcript, listed, and deleted", async () => {
    const id = await sendSample();

    const recording = await get<RecordingMessage>(`/api/recordings/${id}`);
    expect(recording.status).toBe("completed");
    expect(recording.transcript?.text).toContain("A function carries no keys.");
    expect((await fetch(recording.audio.href)).status).toBe(200);
    const { recordings } = await get<{ recordings: { id: string }[] }>("/api/recordings");
    expect(recordings[0]?.id).toBe(id);

    expect((await ask("DELETE", `/api/recordings/${id}`)).status).toBe(200);
    const gone = await ask("GET", `/api/recordings/${id}`);
    expect(gone.status).toBe(404);
    expect(JSON.parse(gone.text).error).toContain("There is no such recording");
  });

  it("is a file of the developer's own, sent by an upload form too", async () => {
    const audio = await readFile(join(root, "samples", "function-without-keys.wav"));
    const { text } = await ask("POST", "/api/recordings?name=my.wav&language=auto&way=form", audio);
    await local.aws.idle();

    const { id } = JSON.parse(text);
    expect(id).toMatch(/\.auto\.wav$/);
    const decisions = await allDecisions();
    expect(decisions.some(({ by, about }) => by === "LetFormsStoreAudio" && about === id)).toBe(true);
  });

  it.each([
    ["?name=x.wav", 400, "way=body or form"],
    ["?name=x.txt&way=body", 400, "Transcribe takes"],
    ["?way=body", 400, "Transcribe takes"],
    ["?sample=..%2fpackage.json&way=body", 404, "no sample"],
    ["?name=x.wav&way=body&language=tlh", 400, "language"],
  ])("that is sent as %s is refused with %i", async (query, status, says) => {
    const answer = await ask("POST", `/api/recordings${query}`, new Uint8Array([1, 2, 3]));

    expect(answer.status).toBe(status);
    expect(JSON.parse(answer.text).error).toContain(says);
  });

  it("that is larger than the console takes is refused before it is read, whether it says so or not", async () => {
    const path = `${local.url}/api/recordings?name=x.wav&way=form`;
    const headers = { origin: local.url, "content-length": String(33 * 1024 * 1024) };
    const asked = request(path, { method: "POST", headers });
    asked.on("error", () => {}); // The answer comes first, and then nobody reads on.
    asked.write("x");
    const [response] = await once(asked, "response");
    asked.destroy();
    expect(response.statusCode).toBe(413);

    const chunked = request(path, { method: "POST", headers: { origin: local.url } });
    chunked.on("error", () => {});
    const answered = once(chunked, "response");
    const part = Buffer.alloc(1024 * 1024);
    for (let sent = 0; sent <= 33 && !chunked.destroyed; sent += 1) chunked.write(part);
    const [second] = await answered;
    chunked.destroy();
    expect(second.statusCode).toBe(413);
  });
});

describe("What if", () => {
  const change = {
    holder: "receiveAudio",
    policy: "voice-notes-local-lambda",
    index: 1,
    action: "s3:PutObject",
  };

  it("holds from the next decision on, is told to every page, and is put back", async () => {
    const told = events((name, data) => name === "what-if" && (data as WhatIfMessage).taken.length > 0);
    const { text } = await ask("POST", "/api/what-if", { ...change, isAllowed: false });
    expect(JSON.parse(text).taken).toEqual([{ ...change, name: "receiveAudio", sid: "StoreAudio" }]);
    expect((await told).at(-1)?.data).toEqual(JSON.parse(text));

    const denied = await ask("POST", "/api/recordings?sample=function-without-keys.wav&way=body");
    expect(denied.status).toBe(500);
    const refused = (await allDecisions()).findLast(({ outcome }) => outcome !== "allowed");
    expect(refused).toMatchObject({
      who: "receiveAudio",
      action: "s3:PutObject",
      outcome: "implicitly denied",
    });
    const detail = await get<DecisionDetail>(`/api/decisions/${refused?.number}`);
    expect(detail.isWhatIf).toBe(true);
    expect(detail.explanation.nearest).toMatchObject({
      statement: { name: "StoreAudio" },
      differences: ["What if took s3:PutObject out of it"],
    });

    expect((await ask("DELETE", "/api/what-if")).status).toBe(200);
    await sendSample();
    const later = await get<DecisionDetail>(`/api/decisions/${refused?.number}`);
    expect(later.explanation.outcome, "it is explained by the policy that was in force").toBe(
      "implicitly denied",
    );
  });

  it("is what explain goes by", async () => {
    const question = {
      principal: "receiveAudio",
      action: "s3:PutObject",
      resource: "audio/x.wav",
      context: [],
    };
    const outcome = async () => JSON.parse((await ask("POST", "/api/explain", question)).text).outcome;

    await ask("POST", "/api/what-if", { ...change, isAllowed: false });
    expect(await outcome()).toBe("implicitly denied");
    await ask("POST", "/api/what-if", { ...change, isAllowed: true });
    expect(await outcome()).toBe("allowed");
  });

  it("refuses a statement that is not there", async () => {
    expect((await ask("POST", "/api/what-if", { ...change, index: 9, isAllowed: false })).status).toBe(404);
    expect((await ask("POST", "/api/what-if", { ...change, isAllowed: "no" })).status).toBe(400);
  });
});

it("had no fault of its own in all of this", () => {
  expect(local.complaints).toEqual([]);
});

it("ends its streams when the local run ends, and lets its port go", async () => {
  const other = await startLocalConsole();
  const asked = request(`${other.url}/api/events`).end();
  const [response] = await once(asked, "response");
  response.resume();
  const ended = once(response, "close");

  await other.close();

  await ended;
  await expect(send(other.url)).rejects.toThrow("ECONNREFUSED");
});
