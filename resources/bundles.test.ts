import { spawn } from "node:child_process";
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { text } from "node:stream/consumers";
import { unzipSync } from "fflate";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  httpEvent,
  jobStateChange,
  notificationTest,
  uploadNotification,
  uploadsEvent,
} from "../packages/core/src/testing/index.ts";
import { packaged, readTemplate } from "./testing/packaged.ts";

/*
 * A mistake in bundling shows only in the packaged file, so each one is loaded as Lambda loads it, by a fresh process,
 * and invoked. Its AWS calls go to a server on this machine, which notes them and answers that nothing is there.
 */

const id = "01900000-0000-7000-8000-000000000000.en-US.wav";
const path = { id };

interface Request {
  readonly call: string;
  readonly authorization: string;
  readonly sessionToken: string | undefined;
}

let folder: string;
let server: Server;
let requests: Request[] = [];
let handlers: Record<string, { readonly file: string; readonly exported: string }>;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "bundles-test-"));
  handlers = await unpackAll(await packaged({ stage: "dev", region: "us-east-1" }));
  server = createServer((request, response) => {
    const target = request.headers["x-amz-target"];
    const { pathname } = new URL(request.url ?? "/", "http://127.0.0.1");
    requests.push({
      call: target ? String(target) : `${request.method} ${pathname.replace(/[0-9a-f-]{36}/, "{uuid}")}`,
      authorization: String(request.headers.authorization),
      sessionToken: request.headers["x-amz-security-token"]?.toString(),
    });
    request.resume();
    if (target?.includes("GetTranscriptionJob") || target?.includes("DeleteTranscriptionJob")) {
      response.writeHead(400, { "content-type": "application/x-amz-json-1.1" });
      response.end(
        JSON.stringify({ __type: "BadRequestException", Message: "The requested job couldn't be found." }),
      );
    } else if (target) {
      response.writeHead(200, { "content-type": "application/x-amz-json-1.1" }).end("{}");
    } else {
      response.writeHead(200, { "content-type": "application/xml" });
      response.end(request.method === "GET" ? "<ListBucketResult></ListBucketResult>" : "");
    }
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
});

afterAll(async () => {
  server.close();
  await rm(folder, { recursive: true, force: true });
});

/** Unzips every function and finds its handler as the template names it. */
async function unpackAll(packages: string): Promise<typeof handlers> {
  const template = await readTemplate(packages);
  const found: typeof handlers = {};
  for (const zip of (await readdir(packages)).filter((name) => name.endsWith(".zip"))) {
    const name = zip.replace(/\.zip$/, "");
    for (const [entry, bytes] of Object.entries(unzipSync(await readFile(join(packages, zip))))) {
      await mkdir(dirname(join(folder, name, entry)), { recursive: true });
      await writeFile(join(folder, name, entry), bytes);
    }
    const logicalId = `${name.charAt(0).toUpperCase()}${name.slice(1)}LambdaFunction`;
    const [module, exported] = template.Resources[logicalId].Properties.Handler.split(".");
    found[name] = { file: join(folder, name, `${module}.cjs`), exported };
  }
  return found;
}

/** Invokes a packaged handler in a process that has Lambda's variables and the function's, and no others of AWS. */
async function invoke(name: string, event: unknown) {
  const handler = handlers[name];
  if (!handler) throw new Error(`The function ${name} was not packaged.`);
  const { port } = server.address() as AddressInfo;
  const program = `
    const { ${handler.exported}: handler } = require(${JSON.stringify(handler.file)});
    const event = JSON.parse(require("node:fs").readFileSync(0, "utf8"));
    handler(event, { awsRequestId: "1" }).then((answer) => process.send({ answer }));
  `;
  const child = spawn(process.execPath, ["-e", program], {
    env: { ...process.env, NODE_OPTIONS: "", AWS_ENDPOINT_URL: `http://127.0.0.1:${port}` },
    stdio: ["pipe", "pipe", "pipe", "ipc"],
  });
  requests = [];
  const message = new Promise<{ answer?: unknown }>((resolve, reject) => {
    child.once("message", (value) => {
      resolve(value as { answer?: unknown });
      child.disconnect();
    });
    child.once("exit", (code) => reject(new Error(`${name} ended with ${code} and answered nothing`)));
  });
  child.stdin?.end(JSON.stringify(event));
  const [output] = await Promise.all([child.stdout ? text(child.stdout) : "", message]);
  return { answer: (await message).answer, output };
}

const audio = Buffer.from("RIFF");
const wav = { "content-type": "audio/wav" };
const queue = { batchItemFailures: [] };

describe("the packaged function", () => {
  it.each([
    [
      "receiveAudio",
      httpEvent({ headers: wav, body: audio }),
      { statusCode: 201 },
      ["PUT /recordings-bucket/audio/{uuid}.en-US.wav"],
    ],
    ["receiveAudio", httpEvent({ headers: wav, body: "text" }), { statusCode: 415 }, []],
    ["issueUploadForm", httpEvent({ body: '{"contentType":"audio/wav"}' }), { statusCode: 201 }, []],
    [
      "startTranscription",
      uploadsEvent(uploadNotification(`audio/${id}`)),
      queue,
      ["Transcribe.StartTranscriptionJob"],
    ],
    ["startTranscription", uploadsEvent(notificationTest), queue, []],
    ["listRecordings", httpEvent(), { statusCode: 200 }, ["GET /recordings-bucket"]],
    [
      "readRecording",
      httpEvent({ path }),
      { statusCode: 404 },
      ["GET /recordings-bucket", "Transcribe.GetTranscriptionJob"],
    ],
    [
      "deleteRecording",
      httpEvent({ path }),
      { statusCode: 204 },
      [
        "Transcribe.DeleteTranscriptionJob",
        "DELETE /recordings-bucket/transcripts/{uuid}.en-US.wav.json",
        "DELETE /recordings-bucket/audio/{uuid}.en-US.wav",
        "Transcribe.DeleteTranscriptionJob",
      ],
    ],
  ] as const)("%s answers and makes its AWS calls and no others", async (name, event, answer, calls) => {
    const invoked = await invoke(name, event);

    expect(invoked.answer).toMatchObject(answer);
    expect(requests.map(({ call }) => call.replace(/\/$/, "")).sort()).toEqual([...calls].sort());
  });

  it("reportOutcome counts an outcome without any AWS call", async () => {
    const detail = { TranscriptionJobName: `voice-notes_test_${id}`, TranscriptionJobStatus: "COMPLETED" };

    const { output } = await invoke("reportOutcome", jobStateChange(detail));

    expect(output).toContain('"TranscriptionCompleted":1');
    expect(requests).toEqual([]);
  });

  it("signs with what Lambda put into its environment, session token included", async () => {
    await invoke("listRecordings", httpEvent());

    expect(requests).toHaveLength(1);
    expect(requests[0]?.authorization).toContain(`Credential=${process.env.AWS_ACCESS_KEY_ID}/`);
    expect(requests[0]?.sessionToken).toBe(process.env.AWS_SESSION_TOKEN);
  });

  it("holds its handler's bundle and nothing else: no .env, no source, no credentials file", async () => {
    for (const [name, { file }] of Object.entries(handlers)) {
      const entries = await readdir(join(folder, name), { recursive: true, withFileTypes: true });
      const files = entries
        .filter((entry) => entry.isFile())
        .map((entry) => join(entry.parentPath, entry.name));

      expect(files).toEqual([file]);
    }
  });
});
