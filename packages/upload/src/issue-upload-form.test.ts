import { S3Client } from "@aws-sdk/client-s3";
import { bodyOf, context, type HttpRequest, httpEvent, problemOf } from "@voice-notes/core/testing";
import { mockClient } from "aws-sdk-client-mock";
import fc from "fast-check";
import { beforeEach, describe, expect, it, vi } from "vitest";
import { handler } from "./issue-upload-form.ts";

const s3 = mockClient(S3Client);

const issue = (body: object) => send({ body: JSON.stringify(body) });
const send = (request: HttpRequest) => handler(httpEvent(request), context);

/** What S3 will hold an upload to. https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-HTTPPOSTConstructPolicy.html */
function policyOf({ form }: { form: { fields: { Policy: string } } }): {
  expiration: string;
  conditions: (Record<string, string> | [operator: string, field: string | number, value: string | number])[];
} {
  return JSON.parse(Buffer.from(form.fields.Policy, "base64").toString());
}

beforeEach(() => {
  s3.reset();
});

describe("issueUploadForm", () => {
  it("answers 201 with the Location of the recording that the form will make", async () => {
    const answer = await issue({ contentType: "audio/wav", language: "de-DE" });

    const { id } = bodyOf(answer);
    expect(answer).toMatchObject({ statusCode: 201, headers: { location: `/recordings/${id}` } });
    expect(bodyOf(answer)).toMatchObject({
      id: expect.stringMatching(/\.de-DE\.wav$/),
      language: "de-DE",
      format: "wav",
      maxBytes: 2_000_000_000,
    });
  });

  it("binds the form to the bucket, one key, the media type and 1 byte to 2 GB", async () => {
    const { id, form } = bodyOf(await issue({ contentType: "audio/ogg; codecs=opus" }));

    expect(policyOf({ form }).conditions).toEqual(
      expect.arrayContaining([
        { bucket: "recordings-bucket" },
        { key: `audio/${id}` },
        { "Content-Type": "audio/ogg" },
        ["content-length-range", 1, 2_000_000_000],
      ]),
    );
  });

  it("fills in every field that the conditions ask for", async () => {
    const { id, form } = bodyOf(await issue({ contentType: "audio/wav" }));

    expect(form.url).toBe("https://recordings-bucket.s3.us-east-1.amazonaws.com/");
    expect(form.fields).toMatchObject({ key: `audio/${id}`, "Content-Type": "audio/wav" });
    for (const condition of policyOf({ form }).conditions.filter((one) => !Array.isArray(one))) {
      expect(form.fields).toMatchObject(condition);
    }
  });

  it("ends the form after 15 minutes and says so", async () => {
    vi.setSystemTime("2026-11-24T12:00:00Z");

    const answer = bodyOf(await issue({ contentType: "audio/wav" }));

    expect(policyOf(answer).expiration).toBe("2026-11-24T12:15:00Z");
    expect(answer.expiresAt).toBe("2026-11-24T12:15:00.000Z");
  });

  it("signs as its role: the form carries the role's session token, in the fields and in the policy", async () => {
    const { form } = bodyOf(await issue({ contentType: "audio/wav" }));

    const token = { "X-Amz-Security-Token": "no-session-token" };
    expect(form.fields).toMatchObject(token);
    expect(policyOf({ form }).conditions).toContainEqual(token);
  });

  it("signs without a call: the form's right to write is asked for when it is posted", async () => {
    await issue({ contentType: "audio/wav" });

    expect(s3).not.toHaveReceivedAnyCommand();
  });

  it("issues no form that can write outside audio/, whatever the request says", async () => {
    const hostile = fc.oneof(
      fc.string(),
      fc.constantFrom("../transcripts/", "/$" + "{filename}", '"},{"key":"transcripts/'),
    );
    await fc.assert(
      fc.asyncProperty(hostile, fc.dictionary(fc.string(), hostile), async (key, others) => {
        const answer = bodyOf(
          await issue({ key, ...others, contentType: "audio/wav;a=b", language: "auto" }),
        );

        const aboutTheKey = policyOf(answer).conditions.filter((one) => "key" in one || one[1] === "$key");
        expect(aboutTheKey).toEqual([{ key: `audio/${answer.id}` }]);
        expect(answer.form.fields.key).toMatch(/^audio\/[\w.-]+$/);
      }),
    );
  });

  it("takes a JSON body in base64, as it arrives without a JSON Content-Type", async () => {
    const answer = await send({ body: Buffer.from('{"contentType":"audio/wav"}') });

    expect(answer.statusCode).toBe(201);
  });

  describe("takes the language", () => {
    it.each([
      [{}, "en-US"],
      [{ language: "fr-FR" }, "fr-FR"],
      [{ language: "auto" }, "auto"],
    ])("of %j: %s", async (body, language) => {
      const answer = await issue({ contentType: "audio/wav", ...body });

      expect(bodyOf(answer)).toMatchObject({ language });
    });
  });

  describe("refuses", () => {
    const refusals: [string, HttpRequest, { status: number; detail: unknown }][] = [
      [
        "a list of media types, of which a browser would take the last",
        { body: JSON.stringify({ contentType: "audio/wav;x, text/html" }) },
        { status: 415, detail: expect.stringContaining("is not accepted") },
      ],
      ["a request without a body", {}, { status: 400, detail: expect.stringContaining("JSON") }],
      ["what is not JSON", { body: "{" }, { status: 400, detail: expect.stringContaining("JSON") }],
      [
        "JSON that is no object",
        { body: "[]" },
        { status: 400, detail: expect.stringContaining("contentType") },
      ],
      [
        "an object without contentType",
        { body: "{}" },
        { status: 400, detail: expect.stringContaining("contentType") },
      ],
      [
        "a contentType that is no text",
        { body: '{"contentType":1}' },
        { status: 400, detail: expect.stringContaining("contentType") },
      ],
      [
        "a language that Transcribe does not know",
        { body: '{"contentType":"audio/wav","language":"xx-XX"}' },
        { status: 400, detail: expect.stringMatching(/^language: /) },
      ],
      [
        "a media type that Transcribe does not take",
        { body: '{"contentType":"image/png"}' },
        { status: 415, detail: expect.stringContaining("image/png is not accepted") },
      ],
    ];

    it.each(refusals)("%s", async (_, request, problem) => {
      const answer = await send(request);

      expect(problemOf(answer)).toMatchObject(problem);
    });
  });

  it.each(["RECORDINGS_BUCKET", "DEFAULT_LANGUAGE"])("does not load without %s", async (variable) => {
    vi.resetModules();
    vi.stubEnv(variable, undefined);

    await expect(import("./issue-upload-form.ts")).rejects.toThrow(variable);
  });
});
