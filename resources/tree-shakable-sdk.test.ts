import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer, type IncomingMessage, type Server } from "node:http";
import { createRequire } from "node:module";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { type BuildOptions, build, type Plugin } from "esbuild";
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { context, httpEvent, uploadNotification, uploadsEvent } from "../packages/core/src/testing/index.ts";
import { treeShakableSdk } from "./tree-shakable-sdk.js";

const root = fileURLToPath(new URL("..", import.meta.url));
const require = createRequire(import.meta.url);
const id = "01900000-0000-7000-8000-000000000000.en-US.wav";

let folder: string;
let server: Server;

/** What AWS answers next to each call, by Transcribe's target or S3's method; when nothing is left, that all is well. */
let answers: Record<string, Answer[]> = {};
let requests: string[] = [];

interface Answer {
  readonly status: number;
  readonly body: string;
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "tree-shakable-sdk-test-"));
  server = createServer(async (request, response) => {
    requests.push(await described(request));
    const call = String(request.headers["x-amz-target"] ?? request.method);
    const { status, body } = answers[call]?.shift() ?? { status: 200, body: "" };
    const type = body.startsWith("<") ? "application/xml" : "application/x-amz-json-1.1";
    response.writeHead(status, { "content-type": type }).end(body);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
});

beforeEach(() => {
  answers = {};
  requests = [];
  const { port } = server.address() as AddressInfo;
  vi.stubEnv("AWS_ENDPOINT_URL", `http://127.0.0.1:${port}`);
});

afterAll(async () => {
  server.close();
  await rm(folder, { recursive: true, force: true });
});

async function described(request: IncomingMessage): Promise<string> {
  const { method, url, headers } = request;
  return steady({ method, url, headers, body: await text(request) });
}

/** As text, without what differs from run to run: ids, times, and the signatures and policies that hold them. */
const steady = (value: unknown) =>
  JSON.stringify(value)
    .replace(/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f-]{22}/g, "{uuid}")
    .replace(/[0-9a-f]{64}/g, "{hash}")
    .replace(/\d{8}T\d{6}Z|\d{8}(?=\/us-east-1)|\d{8}(?=%2F)|\d{4}-\d\d-\d\dT[\d:.]+Z/g, "{time}")
    .replace(/(?<="Policy\\":\\")[^"\\]+/g, "{policy}");

async function bundle(options: BuildOptions) {
  const { outputFiles, metafile } = await build({
    ...options,
    bundle: true,
    minify: true,
    platform: "node",
    target: "node24",
    mainFields: ["module", "main"],
    absWorkingDir: root,
    metafile: true,
    write: false,
  });
  return { code: outputFiles[0]?.text ?? "", output: Object.values(metafile.outputs)[0] };
}

const fromSource = (contents: string, plugins: Plugin[] = []) =>
  bundle({ stdin: { contents, resolveDir: join(root, "packages", "recordings") }, plugins });

let loads = 0;

async function load(code: string) {
  loads += 1;
  const file = join(folder, `${loads}.cjs`);
  await writeFile(file, code);
  return require(file);
}

describe("a bundle with one command of S3", () => {
  const source = 'export { PutObjectCommand, S3Client } from "@aws-sdk/client-s3";';

  it("holds the schemas of that command and of errors, and no other command's", async () => {
    const [plain, shaken] = await Promise.all([fromSource(source), fromSource(source, [treeShakableSdk])]);
    const schemaBytes = ({ output }: typeof plain) =>
      Object.entries(output?.inputs ?? {})
        .filter(([path]) => path.endsWith("client-s3/dist-es/schemas/schemas_0.js"))
        .reduce((sum, [, { bytesInOutput }]) => sum + bytesInOutput, 0);

    expect(schemaBytes(plain)).toBeGreaterThan(60_000);
    expect(schemaBytes(shaken)).toBeLessThan(10_000);
    expect(shaken.code).toContain("PutObjectRequest");
    expect(shaken.code).not.toContain("SelectObjectContent");
    expect(shaken.code.length).toBeLessThan(0.85 * plain.code.length);
  });

  it("holds no SHA-1, SHA-256 or CRC-32 of the SDK's own, as Node has them", async () => {
    const [plain, shaken] = await Promise.all([fromSource(source), fromSource(source, [treeShakableSdk])]);
    const own = ({ output }: typeof plain) =>
      Object.entries(output?.inputs ?? {})
        .filter(([path, { bytesInOutput }]) => /(Sha1|Sha256|Crc32)Js\.js$/.test(path) && bytesInOutput > 0)
        .map(([path]) => basename(path));

    expect(own(plain).sort()).toEqual(["Crc32Js.js", "Sha1Js.js", "Sha256Js.js"]);
    expect(own(shaken)).toEqual([]);
  });

  it("holds the SDK's version, for the User-Agent, and nothing else of its package.json", async () => {
    const { code } = await fromSource(source, [treeShakableSdk]);
    const { version, description } = require(
      require.resolve("@aws-sdk/client-s3/package.json", { paths: [join(root, "packages", "recordings")] }),
    );

    expect(code).toContain(version);
    expect(code).not.toContain(description);
  });
});

const completed = { TranscriptionJob: { TranscriptionJobStatus: "COMPLETED", CreationTime: 1795521600 } };
const json = (body: object): Answer => ({ status: 200, body: JSON.stringify(body) });
const refused = (__type: string, Message = ""): Answer => ({
  status: 400,
  body: JSON.stringify({ __type, Message }),
});
const found = {
  status: 200,
  body: `<ListBucketResult><Contents><Key>audio/${id}</Key><LastModified>2026-11-24T11:00:00.000Z</LastModified><Size>4</Size></Contents><NextContinuationToken>page-2</NextContinuationToken></ListBucketResult>`,
};
const gone = { status: 200, body: "<ListBucketResult></ListBucketResult>" };
const invalid = { status: 400, body: "<Error><Code>InvalidArgument</Code></Error>" };
const noJob = refused("BadRequestException", "The requested job couldn't be found.");

const wav = { "content-type": "audio/wav" };
const stored = uploadsEvent(uploadNotification(`audio/${id}`));
const start = "Transcribe.StartTranscriptionJob";
const read = "Transcribe.GetTranscriptionJob";
const remove = "Transcribe.DeleteTranscriptionJob";

describe("a function bundled with the plugin asks and answers what it does without:", () => {
  it.each<[string, string, object, Record<string, Answer[]>]>([
    ["stores audio", "upload/src/receive-audio", httpEvent({ headers: wav, body: Buffer.from("RIFF") }), {}],
    ["signs a form", "upload/src/issue-upload-form", httpEvent({ body: '{"contentType":"audio/wav"}' }), {}],
    ["starts a job", "transcription/src/start-transcription", stored, { [start]: [json({})] }],
    [
      "finds the job there already",
      "transcription/src/start-transcription",
      stored,
      { [start]: [refused("ConflictException")] },
    ],
    [
      "gives a refused message back",
      "transcription/src/start-transcription",
      stored,
      { [start]: [refused("BadRequestException")], GET: [found] },
    ],
    [
      "finds the audio gone",
      "transcription/src/start-transcription",
      stored,
      { [start]: [refused("BadRequestException")], GET: [gone] },
    ],
    ["lists recordings", "recordings/src/list-recordings", httpEvent(), { GET: [found] }],
    [
      "refuses a page token",
      "recordings/src/list-recordings",
      httpEvent({ query: { next: "x" } }),
      { GET: [invalid] },
    ],
    [
      "reads a recording",
      "recordings/src/read-recording",
      httpEvent({ path: { id } }),
      { GET: [found, json({ results: { transcripts: [], items: [] } })], [read]: [json(completed)] },
    ],
    [
      "deletes a recording",
      "recordings/src/delete-recording",
      httpEvent({ path: { id } }),
      { [remove]: [noJob, noJob] },
    ],
  ])("%s", async (_, handler, event, answered) => {
    const observe = async (plugins: Plugin[]) => {
      const { code } = await bundle({ entryPoints: [`packages/${handler}.ts`], plugins });
      answers = structuredClone(answered);
      requests = [];
      const answer = await (await load(code)).handler(event, context);
      return { answer: steady(answer), requests: requests.sort(), unasked: Object.values(answers).flat() };
    };

    const plain = await observe([]);
    const shaken = await observe([treeShakableSdk]);

    expect(shaken).toEqual(plain);
    expect(plain.unasked).toEqual([]);
  });
});

describe("an error that AWS answers", () => {
  it.each([
    ["NoSuchKey", "S3", "<Error><Code>NoSuchKey</Code><Message>No key.</Message></Error>", {}],
    [
      "InvalidObjectState",
      "S3",
      "<Error><Code>InvalidObjectState</Code><StorageClass>GLACIER</StorageClass></Error>",
      { StorageClass: "GLACIER" },
    ],
    [
      "ConflictException",
      "Transcribe",
      '{"__type":"ConflictException","Message":"Taken."}',
      { message: "Taken." },
    ],
    [
      "BadRequestException",
      "Transcribe",
      '{"__type":"BadRequestException","Message":"No."}',
      { message: "No." },
    ],
  ])("%s is of its own class, with its fields", async (name, service, body, fields) => {
    const call =
      service === "S3"
        ? 'new S3Client().send(new GetObjectCommand({ Bucket: "b", Key: "k" }))'
        : 'new TranscribeClient().send(new GetTranscriptionJobCommand({ TranscriptionJobName: "j" }))';
    const { code } = await fromSource(
      `import { GetObjectCommand, S3Client, ${service === "S3" ? name : ""} } from "@aws-sdk/client-s3";
       import { GetTranscriptionJobCommand, TranscribeClient, ${service === "S3" ? "" : name} } from "@aws-sdk/client-transcribe";
       module.exports = { call: () => ${call}, ErrorClass: ${name} };`,
      [treeShakableSdk],
    );
    const { call: run, ErrorClass } = await load(code);
    answers = { GET: [{ status: 400, body }], [read]: [{ status: 400, body }] };

    const error = await run().catch((caught: unknown) => caught);

    expect(error).toBeInstanceOf(ErrorClass);
    expect(error).toMatchObject({ name, $metadata: { httpStatusCode: 400 }, ...fields });
  });
});

describe("a source that the plugin has nothing to do with bundles to the same file with it as without", () => {
  const pattern = 'const _K = "Key";\nexport const schema = { [_K]: 1 };\n';
  const plain = 'const K = "Key";\nexport const schema = { [K.toLowerCase()]: 1, [K]: [K] };\n';

  it.each([
    ["a module of the SDK without what it looks for", "@aws-sdk/client-fake", plain],
    ["another package's module, whatever it holds", "another", pattern],
  ])("%s", async (_, name, source) => {
    const file = join(folder, "node_modules", name, "index.js");
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, source);

    const [without, with_] = await Promise.all(
      [[], [treeShakableSdk]].map((plugins) => bundle({ entryPoints: [file], plugins })),
    );

    expect(with_?.code).toBe(without?.code);
  });

  it("but the SDK's computed keys are written out", async () => {
    const file = join(folder, "node_modules", "@smithy", "fake", "index.js");
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, pattern);

    const { code } = await bundle({ entryPoints: [file], plugins: [treeShakableSdk], format: "esm" });

    expect(code).toMatch(/\{Key:1\}/);
  });
});
