import { readFile } from "node:fs/promises";
import type { IncomingMessage, ServerResponse } from "node:http";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import {
  type ConsoleExtension,
  type ConsoleRun,
  type ExtensionRoute,
  HttpError,
  readBytes,
  sendJson,
} from "rolecall/console";
import { createApi } from "../api.ts";
import { samples } from "../scenarios/samples.ts";
import type { OwnMessage } from "./messages.ts";
import { createRecordings, largestUpload, type Recordings, readSamples, type Upload } from "./recordings.ts";

/** `{uuid}.{language}.{format}` */
const recordingId = /[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\.[\w-]+\.\w+/;

/** The Recordings view: sends a recording, follows it, and shows which statement allowed each step. */
export const recordingsConsole: ConsoleExtension = {
  views: [{ name: "recordings", title: "Recordings" }],
  files: fileURLToPath(new URL("page", import.meta.url)),
  async open(run) {
    const own: OwnMessage = { samples: await readSamples(samples), largestUpload };
    const [sample] = own.samples;
    return {
      own,
      routes: routesOf(createRecordings(createApi(run.aws.api, run.aws.region, credentialsOf(run))), own),
      about: {
        view: "recordings",
        title: "its recording",
        find: (text) => recordingId.exec(text)?.[0],
      },
      ...(sample && {
        sender: {
          title: "Send a sample through",
          path: `/api/recordings?${new URLSearchParams({ sample: sample.name, way: "body" })}`,
          view: "recordings",
        },
      }),
      showsMedia: true,
    };
  },
};

function credentialsOf({ aws, developer }: ConsoleRun) {
  return async () => {
    const credentials = aws.principals[developer];
    if (!credentials) throw new Error("The local run has no developer.");
    return credentials;
  };
}

function routesOf(recordings: Recordings, own: OwnMessage): readonly ExtensionRoute[] {
  const all = /^\/api\/recordings$/;
  const one = /^\/api\/recordings\/([\w.-]{1,200})$/;
  return [
    {
      method: "GET",
      path: all,
      handle: async (_, response) => sendJson(response, 200, await recordings.list()),
    },
    {
      method: "POST",
      path: all,
      handle: (request, response, { url }) => upload(recordings, own, request, response, url),
    },
    {
      method: "GET",
      path: one,
      handle: async (_, response, { parameter: id }) => sendJson(response, 200, await recordings.read(id)),
    },
    {
      method: "DELETE",
      path: one,
      async handle(_, response, { parameter: id }) {
        await recordings.remove(id);
        sendJson(response, 200, { id });
      },
    },
  ];
}

async function upload(
  recordings: Recordings,
  own: OwnMessage,
  request: IncomingMessage,
  response: ServerResponse,
  { searchParams }: URL,
): Promise<void> {
  const { name, sample, language, way } = readQuery(searchParams);
  if (sample !== undefined && !own.samples.some((one) => one.name === sample)) {
    throw new HttpError(404, `There is no sample ${sample}.`);
  }
  const body = await readBytes(request, largestUpload);
  const audio = sample === undefined ? body : await readFile(join(samples, sample));
  const id = await recordings.upload({ name: sample ?? name ?? "", audio, language, way });
  sendJson(response, 201, { id });
}

function readQuery(query: URLSearchParams): Omit<Upload, "audio" | "name"> & {
  /** A file of this name is the body. */
  readonly name: string | undefined;
  /** Or else one of the samples. */
  readonly sample: string | undefined;
} {
  const way = query.get("way");
  if ((way !== "body" && way !== "form") || query.get("language") === "")
    throw new HttpError(400, "An upload is ?name= or ?sample=, and &way=body or form.");
  const given = (key: string) => query.get(key) ?? undefined;
  return { way, name: given("name"), sample: given("sample"), language: given("language") };
}
