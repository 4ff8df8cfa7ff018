import { HeadObjectCommand } from "@aws-sdk/client-s3";
import { createPresignedPost, type PresignedPostOptions } from "@aws-sdk/s3-presigned-post";
import { describe, expect, it } from "vitest";
import { session, startTestEndpoint, type TestEndpoint } from "../../gate/endpoint/fixtures.ts";

const Bucket = "photos";

async function issue(endpoint: TestEndpoint, options: Partial<PresignedPostOptions> = {}) {
  const client = endpoint.client();
  return createPresignedPost(client, {
    Bucket,
    Key: "originals/1.wav",
    Conditions: [["content-length-range", 3, 10]],
    Fields: { "Content-Type": "audio/wav" },
    ...options,
  });
}

interface Upload {
  readonly change?: Readonly<Record<string, string | undefined>>;
  readonly body?: string;
  readonly filename?: string;
}

/** Posts a form as a browser would, with some fields changed, added or (undefined) left out. */
async function post(
  { url, fields }: { readonly url: string; readonly fields: Readonly<Record<string, string>> },
  { change = {}, body = "sound", filename = "note.wav" }: Upload = {},
) {
  const form = new FormData();
  for (const [name, value] of Object.entries({ ...fields, ...change })) {
    if (value !== undefined) form.append(name, value);
  }
  form.append("file", new Blob([body]), filename);
  const response = await fetch(url, { method: "POST", body: form, redirect: "manual" });
  const text = await response.text();
  return {
    status: response.status,
    code: /<Code>(.*)<\/Code>/.exec(text)?.[1],
    message: /<Message>(.*)<\/Message>/.exec(text)?.[1]?.replaceAll("&quot;", '"'),
    headers: response.headers,
    text,
  };
}

describe("an upload form", () => {
  it("is refused before a large file has arrived, and the client that still sends it is told", async () => {
    await using endpoint = await startTestEndpoint();
    const form = await issue(endpoint);
    const body = "x".repeat(10 * 1024 * 1024);
    const answer = await post(form, { change: { key: "originals/other.wav" }, body });
    expect(answer).toMatchObject({ status: 403, code: "AccessDenied" });
  });

  it("stores the file as its signer, who is asked for s3:PutObject", async () => {
    await using endpoint = await startTestEndpoint();
    const answer = await post(await issue(endpoint));
    expect(answer.status).toBe(204);
    expect(answer.headers.get("etag")).toMatch(/^"[0-9a-f]{32}"$/);
    expect(await endpoint.s3.objects.get(Bucket, "originals/1.wav")).toEqual(Buffer.from("sound"));
    expect(await endpoint.s3.objects.head(Bucket, "originals/1.wav")).toMatchObject({
      contentType: "audio/wav",
    });
    expect(endpoint.asked).toEqual([
      {
        action: "s3:PutObject",
        resource: "arn:aws:s3:::photos/originals/1.wav",
        context: { "s3:authType": "POST", "s3:signatureversion": "AWS4-HMAC-SHA256" },
      },
    ]);
  });

  it("is denied when its signer may not write", async () => {
    await using endpoint = await startTestEndpoint({ allow: () => false });
    const answer = await post(await issue(endpoint));
    expect(answer).toMatchObject({ status: 403, code: "AccessDenied" });
    expect(answer.message).toContain("is not authorized to perform: s3:PutObject");
    expect(await endpoint.s3.objects.head(Bucket, "originals/1.wav")).toBeUndefined();
  });

  it("fills the file's own name into the key, without its folders", async () => {
    await using endpoint = await startTestEndpoint();
    // biome-ignore lint/suspicious/noTemplateCurlyInString: S3's own placeholder
    const form = await issue(endpoint, { Key: "originals/é +/${filename}" });
    const answer = await post(form, { filename: "C:\\sounds\\my note.wav" });
    expect(answer.status).toBe(204);
    expect(await endpoint.s3.objects.head(Bucket, "originals/é +/my note.wav")).toBeDefined();
  });

  it.each([
    [
      "a file above the range",
      { body: "much too long" },
      400,
      "EntityTooLarge",
      "Your proposed upload exceeds the maximum allowed size",
    ],
    [
      "a file below the range",
      { body: "a" },
      400,
      "EntityTooSmall",
      "Your proposed upload is smaller than the minimum allowed size",
    ],
    [
      "another key",
      { change: { key: "results/1.json" } },
      403,
      "AccessDenied",
      'Invalid according to Policy: Policy Condition failed: ["eq", "$key", "originals/1.wav"]',
    ],
    [
      "another content type",
      { change: { "Content-Type": "text/html" } },
      403,
      "AccessDenied",
      'Invalid according to Policy: Policy Condition failed: ["eq", "$Content-Type", "audio/wav"]',
    ],
    [
      "a field that the policy does not name",
      { change: { "x-amz-meta-extra": "1" } },
      403,
      "AccessDenied",
      "Invalid according to Policy: Extra input fields: x-amz-meta-extra",
    ],
    ["no key", { change: { key: undefined } }, 400, "InvalidArgument", undefined],
    ["no policy", { change: { Policy: undefined } }, 403, "AccessDenied", "Access Denied"],
    ["no signature", { change: { "X-Amz-Signature": undefined } }, 400, "InvalidArgument", undefined],
    [
      "another signature",
      { change: { "X-Amz-Signature": "0".repeat(64) } },
      403,
      "SignatureDoesNotMatch",
      undefined,
    ],
    [
      "another policy",
      {
        change: {
          Policy: Buffer.from('{"expiration":"2999-01-01T00:00:00Z","conditions":[]}').toString("base64"),
        },
      },
      403,
      "SignatureDoesNotMatch",
      undefined,
    ],
    [
      "another's session token",
      { change: { "X-Amz-Security-Token": "other" } },
      400,
      "InvalidToken",
      undefined,
    ],
    [
      "no session token",
      { change: { "X-Amz-Security-Token": undefined } },
      403,
      "InvalidAccessKeyId",
      undefined,
    ],
    [
      "another region",
      {
        change: {
          "X-Amz-Credential": "placeholder-access-key-id/20260101/eu-west-1/s3/aws4_request",
          "X-Amz-Date": "20260101T000000Z",
        },
      },
      400,
      "AuthorizationQueryParametersError",
      "Error parsing the X-Amz-Credential parameter; the region 'eu-west-1' is wrong; expecting 'us-east-1'",
    ],
  ] as const)("refuses %s", async (_, upload: Upload, status, code, message) => {
    await using endpoint = await startTestEndpoint();
    const answer = await post(await issue(endpoint), upload);
    expect(answer).toMatchObject({ status, code, ...(message === undefined ? {} : { message }) });
    expect(await endpoint.s3.objects.head(Bucket, "originals/1.wav")).toBeUndefined();
    expect(endpoint.logged).toEqual([]);
  });

  it("expires", async () => {
    let now = new Date();
    await using endpoint = await startTestEndpoint({ clock: () => now });
    const form = await issue(endpoint, { Expires: 60 });
    now = new Date(Date.now() + 61_000);
    expect(await post(form)).toMatchObject({
      status: 403,
      code: "AccessDenied",
      message: "Invalid according to Policy: Policy expired.",
    });
  });

  it("ends with its signer's session, whatever its own expiry", async () => {
    const credentials = { ...session, expiration: new Date(Date.now() + 1000) };
    let now = new Date();
    await using endpoint = await startTestEndpoint({ credentials, clock: () => now });
    const form = await issue(endpoint, { Expires: 3600 });
    now = new Date(Date.now() + 2000);
    expect(await post(form)).toMatchObject({ status: 400, code: "ExpiredToken" });
  });

  it("answers with the status or the redirect that its signer chose", async () => {
    await using endpoint = await startTestEndpoint();
    const created = await post(
      await issue(endpoint, { Fields: { "Content-Type": "audio/wav", success_action_status: "201" } }),
    );
    expect(created.status).toBe(201);
    expect(created.text).toContain("<Bucket>photos</Bucket><Key>originals/1.wav</Key>");
    const okay = await post(
      await issue(endpoint, { Fields: { "Content-Type": "audio/wav", success_action_status: "200" } }),
    );
    expect(okay.status).toBe(200);
    const redirected = await post(
      await issue(endpoint, {
        Fields: { "Content-Type": "audio/wav", success_action_redirect: "https://example.com/done?a=1" },
      }),
    );
    expect(redirected.status).toBe(303);
    expect(redirected.headers.get("location")).toMatch(
      /^https:\/\/example\.com\/done\?a=1&bucket=photos&key=originals%2F1\.wav&etag=%22[0-9a-f]{32}%22$/,
    );
  });

  it("ignores what stands behind the file", async () => {
    await using endpoint = await startTestEndpoint();
    const { url, fields } = await issue(endpoint);
    const form = new FormData();
    for (const [name, value] of Object.entries(fields)) if (name !== "key") form.append(name, value);
    form.append("file", new Blob(["sound"]), "note.wav");
    form.append("key", fields.key ?? "");
    const response = await fetch(url, { method: "POST", body: form });
    expect(response.status).toBe(400);
    expect(await response.text()).toContain(
      "Bucket POST must contain a field named &apos;key&apos;".replaceAll("&apos;", "'"),
    );
  });

  it("keeps metadata that only a form can bring, and stays answerable", async () => {
    await using endpoint = await startTestEndpoint();
    const form = await issue(endpoint, {
      Fields: { "Content-Type": "audio/wav", "x-amz-meta-title": "日本\r\nnote" },
    });
    expect((await post(form)).status).toBe(204);
    const { Metadata } = await endpoint
      .client()
      .send(new HeadObjectCommand({ Bucket, Key: "originals/1.wav" }));
    expect(Metadata?.title).toMatch(/^=\?UTF-8\?B\?/);
  });

  it.each([
    ["no boundary", "multipart/form-data", "", 400, "MalformedPOSTRequest"],
    [
      "an end that never comes",
      "multipart/form-data; boundary=b",
      '--b\r\nContent-Disposition: form-data; name="key"\r\n\r\nk',
      400,
      "MalformedPOSTRequest",
    ],
    [
      "a field without a name",
      "multipart/form-data; boundary=b",
      "--b\r\nContent-Disposition: form-data\r\n\r\nk\r\n--b--\r\n",
      400,
      "MalformedPOSTRequest",
    ],
    [
      "no file",
      "multipart/form-data; boundary=b",
      '--b\r\nContent-Disposition: form-data; name="key"\r\n\r\nk\r\n--b--\r\n',
      400,
      "InvalidArgument",
    ],
    [
      "fields without end",
      "multipart/form-data; boundary=b",
      `--b\r\nContent-Disposition: form-data; name="key"\r\n\r\n${"k".repeat(30_000)}\r\n--b--\r\n`,
      400,
      "MaxPostPreDataLengthExceeded",
    ],
  ])("with %s is malformed", async (_, type, body, status, code) => {
    await using endpoint = await startTestEndpoint();
    const response = await fetch(`${endpoint.url}/${Bucket}`, {
      method: "POST",
      headers: { "content-type": type },
      body,
    });
    expect(response.status).toBe(status);
    expect(await response.text()).toContain(`<Code>${code}</Code>`);
    expect(endpoint.logged).toEqual([]);
  });
});
