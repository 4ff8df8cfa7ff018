import { request as httpRequest } from "node:http";
import { connect } from "node:net";
import { text } from "node:stream/consumers";
import { GetObjectCommand, HeadObjectCommand, PutObjectCommand } from "@aws-sdk/client-s3";
import { GetTranscriptionJobCommand, TranscribeClient } from "@aws-sdk/client-transcribe";
import { getSignedUrl } from "@aws-sdk/s3-request-presigner";
import { describe, expect, it } from "vitest";
import { canonicalRequest } from "../signature/canonical-request.ts";
import { amzDate, requestStringToSign, scopeText, sha256, sign, signingKey } from "../signature/signing.ts";
import { principal, session, startTestEndpoint, type TestEndpoint } from "./fixtures.ts";
import type { JsonCall, JsonService } from "./json-service.ts";

const Bucket = "photos";

const failure = async (promise: Promise<unknown>) => {
  const error = await promise.then(
    () => undefined,
    (reason) => reason,
  );
  return { name: error?.name, status: error?.$metadata?.httpStatusCode, message: error?.message };
};

/** Changes a request after it was signed. */
const tamper = (
  change: (request: { headers: Record<string, string>; path: string; body: unknown }) => void,
) => ({
  tamper: (next: (args: never) => Promise<never>) => (args: { request: never }) => {
    change(args.request);
    return next(args as never);
  },
});

function tamperingClient(endpoint: TestEndpoint, change: Parameters<typeof tamper>[0], config: object = {}) {
  const client = endpoint.client(config);
  client.middlewareStack.add(tamper(change).tamper as never, {
    step: "finalizeRequest",
    priority: "low",
    name: "tamper",
  });
  return client;
}

const put = (client: ReturnType<TestEndpoint["client"]>, Key = "k") =>
  failure(client.send(new PutObjectCommand({ Bucket, Key, Body: "sound" })));

describe("S3 requests", () => {
  it.each<[string, object, string, number]>([
    ["an unknown access key", { accessKeyId: "other" }, "InvalidAccessKeyId", 403],
    ["another secret", { secretAccessKey: "other" }, "SignatureDoesNotMatch", 403],
    ["no session token", { sessionToken: undefined }, "InvalidAccessKeyId", 403],
    ["another's session token", { sessionToken: "other" }, "InvalidToken", 400],
  ])("are refused with %s", async (_, change, name, status) => {
    await using endpoint = await startTestEndpoint();
    const credentials = {
      accessKeyId: session.accessKeyId,
      secretAccessKey: session.secretAccessKey,
      sessionToken: session.sessionToken,
      ...change,
    };
    expect(await put(endpoint.client({ credentials }))).toMatchObject({ name, status });
    expect(endpoint.asked).toEqual([]);
  });

  it("are refused for another region, in the words of S3", async () => {
    await using endpoint = await startTestEndpoint();
    expect(await put(endpoint.client({ region: "eu-west-1" }))).toMatchObject({
      name: "AuthorizationHeaderMalformed",
      status: 400,
      message:
        "The authorization header is malformed; the region 'eu-west-1' is wrong; expecting 'us-east-1'",
    });
  });

  it("are refused when they were signed for another service, in the words of S3", async () => {
    await using endpoint = await startTestEndpoint();
    const url = await getSignedUrl(endpoint.client(), new GetObjectCommand({ Bucket, Key: "k" }));
    const answer = await fetch(url.replace("%2Fs3%2F", "%2Fec2%2F"));
    expect(answer.status).toBe(400);
    expect(await answer.text()).toContain(
      "<Code>AuthorizationQueryParametersError</Code><Message>Error parsing the X-Amz-Credential parameter; " +
        "incorrect service &quot;ec2&quot;. This endpoint belongs to &quot;s3&quot;.</Message>",
    );
  });

  it("are refused after their session, and a quarter of an hour away from this clock", async () => {
    const expired = { ...session, expiration: new Date(0) };
    await using ended = await startTestEndpoint({ credentials: expired });
    // Node's client would not sign with credentials that it knows to have expired.
    const { expiration: _, ...credentials } = expired;
    expect(await put(ended.client({ credentials }))).toMatchObject({ name: "ExpiredToken", status: 400 });
    await using endpoint = await startTestEndpoint({ clock: () => new Date(Date.now() + 16 * 60_000) });
    expect(await put(endpoint.client())).toMatchObject({ name: "RequestTimeTooSkewed", status: 403 });
  });

  it("too far from this clock are told both times, as S3 writes them", async () => {
    await using endpoint = await startTestEndpoint({ clock: () => new Date("2998-01-01T00:00:00.123Z") });
    const client = endpoint.client({ credentials: session });
    const error = await client.send(new GetObjectCommand({ Bucket, Key: "k" })).catch((thrown) => thrown);
    expect(error).toMatchObject({
      RequestTime: expect.stringMatching(/^\d{8}T\d{6}Z$/),
      ServerTime: "2998-01-01T00:00:00Z",
      MaxAllowedSkewMilliseconds: "900000",
    });
  });

  it.each<[string, Parameters<typeof tamper>[0], string, number]>([
    ["path", (request) => (request.path = "/photos/other"), "SignatureDoesNotMatch", 403],
    ["metadata", (request) => (request.headers["x-amz-meta-a"] = "1"), "AccessDenied", 403],
    ["body", (request) => (request.body = "other"), "XAmzContentSHA256Mismatch", 400],
    [
      "declared hash",
      (request) => (request.headers["x-amz-content-sha256"] = "UNSIGNED-PAYLOAD"),
      "SignatureDoesNotMatch",
      403,
    ],
  ])("are refused when their %s was changed on the way", async (_, change, name, status) => {
    await using endpoint = await startTestEndpoint();
    expect(await put(tamperingClient(endpoint, change))).toMatchObject({ name, status });
    expect(await endpoint.s3.objects.head(Bucket, "k")).toBeUndefined();
  });

  it("under a presigned URL end with it", async () => {
    let now = new Date();
    await using endpoint = await startTestEndpoint({ clock: () => now });
    const url = await getSignedUrl(endpoint.client(), new GetObjectCommand({ Bucket, Key: "k" }), {
      expiresIn: 60,
    });
    now = new Date(Date.now() + 62_000);
    const response = await fetch(url);
    expect(response.status).toBe(403);
    expect(await response.text()).toContain(
      "<Code>AccessDenied</Code><Message>Request has expired</Message><X-Amz-Expires>60</X-Amz-Expires>",
    );
  });

  it("under a presigned PUT bring exactly the size that was signed", async () => {
    await using endpoint = await startTestEndpoint();
    const command = new PutObjectCommand({ Bucket, Key: "k", ContentLength: 5 });
    const url = await getSignedUrl(endpoint.client(), command);
    expect((await fetch(url, { method: "PUT", body: "too long" })).status).toBe(403);
    expect((await fetch(url, { method: "PUT", body: "sound" })).status).toBe(200);
  });

  it("that ask for what is there answer a HEAD without a body, errors included", async () => {
    await using endpoint = await startTestEndpoint();
    const client = endpoint.client();
    await put(client);
    expect((await client.send(new HeadObjectCommand({ Bucket, Key: "k" }))).ContentLength).toBe(5);
    expect(await failure(client.send(new HeadObjectCommand({ Bucket, Key: "absent" })))).toMatchObject({
      status: 404,
    });
    // The connection is good for another request: no body was left on it.
    expect((await client.send(new HeadObjectCommand({ Bucket, Key: "k" }))).ContentLength).toBe(5);
  });
});

describe("JSON services", () => {
  const echo = (calls: JsonCall[]): JsonService => ({
    async handle(call) {
      calls.push(call);
      return { status: 200, body: { TranscriptionJob: { TranscriptionJobName: "job" } } };
    },
  });

  const transcribe = (endpoint: TestEndpoint, config: object = {}) =>
    new TranscribeClient({
      endpoint: endpoint.url,
      region: "us-east-1",
      credentials: endpoint.credentials,
      maxAttempts: 1,
      ...config,
    });

  const getJob = new GetTranscriptionJobCommand({ TranscriptionJobName: "job" });

  it("receive verified calls, with who made them", async () => {
    const calls: JsonCall[] = [];
    await using endpoint = await startTestEndpoint({ json: { transcribe: echo(calls) } });
    const { TranscriptionJob, $metadata } = await transcribe(endpoint).send(getJob);
    expect(TranscriptionJob?.TranscriptionJobName).toBe("job");
    expect($metadata.requestId).toMatch(/^[0-9A-F]{16}$/);
    expect(calls).toMatchObject([{ principal, target: "Transcribe.GetTranscriptionJob" }]);
    expect(JSON.parse(String(calls[0]?.body))).toEqual({ TranscriptionJobName: "job" });
  });

  it.each<[string, object, string]>([
    ["an unknown key", { credentials: { ...session, accessKeyId: "other" } }, "UnrecognizedClientException"],
    [
      "another secret",
      { credentials: { ...session, secretAccessKey: "other" } },
      "InvalidSignatureException",
    ],
    [
      "no session token",
      { credentials: { ...session, sessionToken: undefined } },
      "UnrecognizedClientException",
    ],
    ["another region", { region: "eu-west-1" }, "InvalidSignatureException"],
    ["a signature for another service", { signingName: "s3" }, "InvalidSignatureException"],
    ["a clock that is wrong", { systemClockOffset: 6 * 60_000 }, "InvalidSignatureException"],
  ])("receive nothing with %s", async (_, config, name) => {
    const calls: JsonCall[] = [];
    await using endpoint = await startTestEndpoint({ json: { transcribe: echo(calls) } });
    expect(await failure(transcribe(endpoint, config).send(getJob))).toMatchObject({ name, status: 400 });
    expect(calls).toEqual([]);
  });

  it("receive nothing of an expired session, nor a body that was changed", async () => {
    const calls: JsonCall[] = [];
    const json = { transcribe: echo(calls) };
    const { expiration: _, ...credentials } = session;
    await using ended = await startTestEndpoint({
      json,
      credentials: { ...session, expiration: new Date(0) },
    });
    expect(await failure(transcribe(ended, { credentials }).send(getJob))).toMatchObject({
      name: "ExpiredTokenException",
    });
    await using endpoint = await startTestEndpoint({ json });
    const client = transcribe(endpoint);
    client.middlewareStack.add(
      tamper((request) => (request.body = String(request.body).replace("job", "bob"))).tamper as never,
      { step: "finalizeRequest", priority: "low", name: "tamper" },
    );
    expect(await failure(client.send(getJob))).toMatchObject({ name: "InvalidSignatureException" });
    expect(calls).toEqual([]);
  });

  it("that are not there are refused by name, with the operation", async () => {
    await using endpoint = await startTestEndpoint();
    expect(await failure(transcribe(endpoint).send(getJob))).toEqual({
      name: "NotImplemented",
      status: 501,
      message:
        "The local run does not imitate GetTranscriptionJob of the service transcribe. It serves s3, sts (GetCallerIdentity): make this request in an AWS account.",
    });
  });

  it("that are not there are refused in JSON where they speak REST with JSON, and in XML where with XML", async () => {
    await using endpoint = await startTestEndpoint();
    const call = (service: string) => {
      const credential = `${session.accessKeyId}/20261128/us-east-1/${service}/aws4_request`;
      const authorization = `AWS4-HMAC-SHA256 Credential=${credential}, SignedHeaders=host, Signature=0`;
      return fetch(`${endpoint.url}/2015-03-31/functions`, { headers: { authorization } });
    };
    const message = expect.stringContaining(
      "does not imitate GET /2015-03-31/functions of the service lambda.",
    );

    const lambda = await call("lambda");
    expect([lambda.status, lambda.headers.get("x-amzn-errortype")]).toEqual([501, "NotImplemented"]);
    expect(await lambda.json()).toEqual({ message });
    expect(await (await call("route53")).text()).toContain("<Code>NotImplemented</Code>");
  });

  it("that fail are logged and answer 500", async () => {
    const broken: JsonService = { handle: () => Promise.reject(new Error("broken")) };
    await using endpoint = await startTestEndpoint({ json: { transcribe: broken } });
    expect(await failure(transcribe(endpoint).send(getJob))).toMatchObject({
      name: "InternalFailure",
      status: 500,
    });
    expect(endpoint.logged[0]).toContain("broken");
  });

  it("refuse unsigned calls", async () => {
    await using endpoint = await startTestEndpoint({ json: { transcribe: echo([]) } });
    const headers = {
      "content-type": "application/x-amz-json-1.1",
      "x-amz-target": "Transcribe.GetTranscriptionJob",
    };
    const response = await fetch(endpoint.url, { method: "POST", headers, body: "{}" });
    expect(response.status).toBe(400);
    expect(await response.json()).toEqual({
      __type: "MissingAuthenticationTokenException",
      message: "Missing Authentication Token",
    });
  });
});

/** A call of STS, signed here because its client is no dependency. */
async function callSts(endpoint: TestEndpoint, action: string) {
  const body = `Action=${action}&Version=2011-06-15`;
  const { accessKeyId, secretAccessKey, sessionToken } = session;
  const date = amzDate(new Date());
  const scope = { accessKeyId, date: date.slice(0, 8), region: "us-east-1", service: "sts" };
  const headers = {
    "content-type": "application/x-www-form-urlencoded",
    host: new URL(endpoint.url).host,
    "x-amz-date": date,
    "x-amz-security-token": sessionToken,
  };
  const signedHeaders = Object.keys(headers);
  const request = { method: "POST", target: "/", rawHeaders: Object.entries(headers).flat() };
  const canonical = canonicalRequest(request, { service: "sts", signedHeaders, payloadHash: sha256(body) });
  const context = { key: signingKey(secretAccessKey, scope), date, scope };
  const signature = sign(context.key, requestStringToSign(context, canonical));
  const authorization = `AWS4-HMAC-SHA256 Credential=${accessKeyId}/${scopeText(scope)}, SignedHeaders=${signedHeaders.join(";")}, Signature=${signature}`;
  return fetch(endpoint.url, { method: "POST", headers: { ...headers, authorization }, body });
}

describe("whatever is sent", () => {
  it("gets an answer", async () => {
    await using endpoint = await startTestEndpoint();
    for (const [method, path, status] of [
      ["GET", "/%zz", 400],
      ["GET", "/photos/%ff", 400],
      ["GET", `/photos/${"k".repeat(1025)}`, 400],
      ["GET", "/nowhere/k", 404],
      ["PATCH", "/photos/k", 403],
      ["OPTIONS", "/photos/k", 400],
      ["POST", "/", 403],
      ["GET", "/photos/k?X-Amz-Signature=%zz", 400],
    ] as const) {
      const response = await fetch(endpoint.url + path, { method });
      expect([path, response.status]).toEqual([path, status]);
      expect(response.headers.get("x-amz-request-id")).toMatch(/^[0-9A-F]{16}$/);
    }
    expect(endpoint.logged).toEqual([]);
  });

  it("is given up when it stands still before its end, and leaves nothing", async () => {
    await using endpoint = await startTestEndpoint({ idleTimeout: 50 });
    const command = new PutObjectCommand({ Bucket, Key: "k", ContentLength: 1000 });
    const url = new URL(await getSignedUrl(endpoint.client(), command));
    const requests = [
      `PUT ${url.pathname}${url.search} HTTP/1.1\r\nHost: ${url.host}\r\nContent-Length: 1000\r\n\r\nhalf`,
      "POST /photos HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\nContent-Type: multipart/form-data; boundary=b\r\n\r\n--b\r\n",
    ];
    for (const request of requests) {
      const socket = connect(Number(url.port), "127.0.0.1");
      socket.write(request);
      // Ends only because the endpoint closes the connection.
      expect(await text(socket)).toMatch(/^HTTP\/1\.1 400 [\s\S]*<Code>RequestTimeout<\/Code>/);
    }
    expect(await endpoint.s3.objects.head(Bucket, "k")).toBeUndefined();
    expect(endpoint.logged).toEqual([]);
  });

  it("and is signed with version 2 is told to use version 4", async () => {
    await using endpoint = await startTestEndpoint();
    const query = `AWSAccessKeyId=${session.accessKeyId}&Signature=a&Expires=2000000000`;
    const response = await fetch(`${endpoint.url}/photos/k?${query}`);
    expect(response.status).toBe(400);
    expect(await response.text()).toContain("Please use AWS4-HMAC-SHA256.");
  });

  it("leaves nothing when it breaks off", async () => {
    await using endpoint = await startTestEndpoint();
    const command = new PutObjectCommand({ Bucket, Key: "k", ContentLength: 1000 });
    const url = new URL(await getSignedUrl(endpoint.client(), command));
    const request = httpRequest(url, { method: "PUT", headers: { "content-length": 1000 } });
    request.on("error", () => {});
    request.write("half of the sound");
    await expect.poll(() => endpoint.asked.length).toBe(1);
    request.destroy();
    const form = connect(Number(url.port), "127.0.0.1");
    form.write(
      "POST /photos HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\nContent-Type: multipart/form-data; boundary=b\r\n\r\n--b\r\n",
      () => form.destroy(),
    );
    // The endpoint goes on, and has nothing to say of either.
    const response = await fetch(`${endpoint.url}/nowhere`);
    expect(response.status).toBe(404);
    expect(await endpoint.s3.objects.head(Bucket, "k")).toBeUndefined();
    expect(endpoint.logged).toEqual([]);
  });

  it("asks STS who it is from, and needs no permission for that", async () => {
    await using endpoint = await startTestEndpoint({ allow: () => false });
    const response = await fetch(endpoint.url, {
      method: "POST",
      headers: { "content-type": "application/x-www-form-urlencoded" },
      body: "Action=GetCallerIdentity&Version=2011-06-15",
    });
    expect(response.status).toBe(403);
    expect(await response.text()).toContain("<Code>MissingAuthenticationToken</Code>");
    const signed = await callSts(endpoint, "GetCallerIdentity");
    expect(signed.status).toBe(200);
    expect(await signed.text()).toContain(
      `<GetCallerIdentityResult><Arn>${principal.caller.arn}</Arn><UserId>storePhoto-role:storePhoto</UserId><Account>123456789012</Account></GetCallerIdentityResult>`,
    );
    const other = await callSts(endpoint, "AssumeRole");
    expect(other.status).toBe(501);
    expect(await other.text()).toContain("AssumeRole of the service sts");
  });
});
