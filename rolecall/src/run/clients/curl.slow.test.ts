import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import { describeClient, run, temporaryFolder } from "./client.ts";
import { bucket, startClientEndpoint } from "./fixtures.ts";

describeClient("curl --aws-sigv4", "curl", (curl) => {
  async function start() {
    const endpoint = await startClientEndpoint();
    const folder = await temporaryFolder();
    const { accessKeyId, secretAccessKey, sessionToken } = endpoint.credentials;
    return {
      endpoint,
      folder: folder.path,
      /** The answer's status and body. */
      async request(service: string, path: string, ...args: string[]) {
        const { stdout, stderr } = await run(
          curl,
          [
            ...["--silent", "--show-error", "--max-time", "20", "--write-out", "\n%{http_code}"],
            ...["--aws-sigv4", `aws:amz:us-east-1:${service}`, "--user", `${accessKeyId}:${secretAccessKey}`],
            ...["--header", `x-amz-security-token: ${sessionToken}`],
            ...args,
            endpoint.url + path,
          ],
          folder.path,
        );
        const end = stdout.lastIndexOf("\n");
        return { status: Number(stdout.slice(end + 1)), body: stdout.slice(0, end), stderr };
      },
      async [Symbol.asyncDispose]() {
        await endpoint[Symbol.asyncDispose]();
        await folder[Symbol.asyncDispose]();
      },
    };
  }

  // Older curls do not send the hash that S3 asks for.
  const unsignedPayload = ["--header", "x-amz-content-sha256: UNSIGNED-PAYLOAD"];

  it("puts, gets, lists and deletes", async () => {
    await using client = await start();
    await writeFile(join(client.folder, "file"), "sound");
    const path = `/${bucket}/curl`;
    const put = await client.request("s3", path, ...unsignedPayload, "--upload-file", "file");
    expect(put).toMatchObject({ status: 200 });
    expect(await client.request("s3", path, ...unsignedPayload)).toMatchObject({
      status: 200,
      body: "sound",
    });
    const list = await client.request("s3", `/${bucket}?list-type=2&prefix=c`, ...unsignedPayload);
    expect(list.body).toContain("<Key>curl</Key>");
    const removed = await client.request("s3", path, ...unsignedPayload, "--request", "DELETE");
    expect(removed.status).toBe(204);
    expect(await client.endpoint.objects.head(bucket, "curl")).toBeUndefined();
  });

  it("is refused with a changed key or for another service, and denied by IAM", async () => {
    await using client = await start();
    const wrong = ["--user", "placeholder-access-key-id:other"];
    const refused = await client.request("s3", `/${bucket}/k`, ...unsignedPayload, ...wrong);
    expect(refused).toMatchObject({ status: 403, body: expect.stringContaining("SignatureDoesNotMatch") });
    const foreign = await client.request("ec2", `/${bucket}/k`, ...unsignedPayload);
    expect(foreign).toMatchObject({
      status: 400,
      body: expect.stringContaining(
        "incorrect service &quot;ec2&quot;. This endpoint belongs to &quot;s3&quot;.",
      ),
    });
    const denied = await client.request("s3", `/${bucket}/denied/k`, ...unsignedPayload);
    expect(denied).toMatchObject({ status: 403, body: expect.stringContaining("with an explicit deny") });
  });

  it("asks STS who it is, by POST and by GET", async () => {
    await using client = await start();
    const query = "Action=GetCallerIdentity&Version=2011-06-15";
    const posted = await client.request("sts", "/", "--data", query);
    const got = await client.request("sts", `/?${query}`);
    for (const { status, body } of [posted, got]) {
      expect(status).toBe(200);
      expect(body).toContain(`<Arn>${client.endpoint.principal.caller.arn}</Arn>`);
    }
  });

  it("calls Transcribe", async () => {
    await using client = await start();
    const answer = await client.request(
      "transcribe",
      "/",
      ...["--header", "content-type: application/x-amz-json-1.1"],
      ...["--header", "x-amz-target: Transcribe.ListTranscriptionJobs", "--data", "{}"],
    );
    expect(answer).toMatchObject({ status: 200, body: expect.stringContaining("TranscriptionJobSummaries") });
  });
});
