import assert from "node:assert/strict";
import type { Scenario } from "./scenario.ts";

const wrongRequests = [
  [400, "POST", "/recordings?language=xx", "audio/wav", "RIFF"],
  [415, "POST", "/recordings", "text/plain", "hello"],
  [415, "POST", "/recordings", "application/json", "{}"],
  [400, "POST", "/upload-forms", "application/json", "{"],
  [415, "POST", "/upload-forms", "application/json", '{"contentType":"text/plain"}'],
  [400, "GET", "/recordings?limit=0", undefined, undefined],
  [400, "GET", "/recordings/nonsense", undefined, undefined],
  [404, "GET", "/recordings/01900000-0000-7000-8000-000000000000.en-US.wav", undefined, undefined],
] as const;

const routes = [
  ["POST", "/recordings"],
  ["POST", "/upload-forms"],
  ["GET", "/recordings"],
  ["GET", "/recordings/01900000-0000-7000-8000-000000000000.en-US.wav"],
  ["DELETE", "/recordings/01900000-0000-7000-8000-000000000000.en-US.wav"],
] as const;

/** What the API and the forms refuse, on any stage. */
export const requests: readonly Scenario[] = [
  ...wrongRequests.map(
    ([status, method, path, contentType, body]): Scenario => ({
      name: `${method} ${path}${contentType ? ` (${contentType})` : ""} is answered ${status}, with a problem`,
      async steps({ api }) {
        const response = await api.call(method, path, {
          ...(contentType && { headers: { "content-type": contentType } }),
          ...(body && { body }),
        });

        assert.equal(response.status, status);
        assert.equal(response.headers.get("content-type"), "application/problem+json");
        const problem = (await response.json()) as Record<string, unknown>;
        assert.partialDeepStrictEqual(problem, { status, type: "about:blank" });
        assert.equal(typeof problem.title, "string");
      },
    }),
  ),
  {
    name: "4 MiB are taken as a body; whoever brings more is sent to the upload forms",
    async steps({ api }) {
      const audio = Buffer.alloc(4 * 1024 * 1024);

      const { status } = await api.receiveAudio({ audio, mediaType: "audio/wav" });
      const tooMuch = api.receiveAudio({ audio: Buffer.alloc(audio.length + 1), mediaType: "audio/wav" });

      assert.equal(status, "uploaded");
      await assert.rejects(tooMuch, { status: 413, message: /\/upload-forms/ });
    },
  },
  {
    name: "an upload form cannot write outside its one key, nor another media type",
    async steps({ api }) {
      const { form } = await api.issueUploadForm("audio/wav");
      const changes = [
        { key: "audio/another.wav" },
        { key: "transcripts/x.json" },
        { "Content-Type": "text/html" },
      ];
      for (const change of changes) {
        const post = api.postForm({ ...form, fields: { ...form.fields, ...change } }, Buffer.from("RIFF"));

        await assert.rejects(post, { status: 403, message: /Policy Condition failed/ });
      }
    },
  },
  {
    name: "an unsigned request gets no further than the API",
    async steps({ url }) {
      for (const [method, path] of routes) {
        const response = await fetch(new URL(path, url), { method });

        assert.equal(response.status, 403, `${method} ${path}`);
        assert.deepEqual(await response.json(), { message: "Forbidden" });
      }
    },
  },
];
