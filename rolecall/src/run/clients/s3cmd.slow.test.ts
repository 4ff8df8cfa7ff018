import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import { describeClient, run, temporaryFolder } from "./client.ts";
import { bucket, startClientEndpoint } from "./fixtures.ts";

describeClient("s3cmd", "s3cmd", (s3cmd) => {
  async function start() {
    const endpoint = await startClientEndpoint();
    const folder = await temporaryFolder();
    const { accessKeyId, secretAccessKey, sessionToken } = endpoint.credentials;
    const { host } = new URL(endpoint.url);
    const config = {
      access_key: accessKeyId,
      secret_key: secretAccessKey,
      access_token: sessionToken,
      host_base: host,
      // Without %(bucket)s in it, buckets stand in the path.
      host_bucket: host,
      use_https: "False",
      bucket_location: "us-east-1",
    };
    const lines = Object.entries(config).map(([name, value]) => `${name} = ${value}`);
    await writeFile(join(folder.path, "config"), `[default]\n${lines.join("\n")}\n`);
    return {
      endpoint,
      folder: folder.path,
      run: (...args: string[]) => run(s3cmd, ["--config", "config", "--no-progress", ...args], folder.path),
      async [Symbol.asyncDispose]() {
        await endpoint[Symbol.asyncDispose]();
        await folder[Symbol.asyncDispose]();
      },
    };
  }

  it("puts, lists, gets, copies and deletes, whatever the key", async () => {
    await using client = await start();
    const key = "originals/ü b+c%.wav";
    await writeFile(join(client.folder, "file"), "sound");
    expect(await client.run("put", "file", `s3://${bucket}/${key}`)).toMatchObject({ code: 0 });
    expect(await client.endpoint.objects.get(bucket, key)).toEqual(Buffer.from("sound"));
    expect((await client.run("ls", `s3://${bucket}/originals/`)).stdout).toContain(`s3://${bucket}/${key}`);
    expect((await client.run("ls")).stdout).toContain("s3://archive");
    expect(await client.run("get", `s3://${bucket}/${key}`, "back")).toMatchObject({ code: 0 });
    expect(await readFile(join(client.folder, "back"), "utf8")).toBe("sound");
    expect(await client.run("cp", `s3://${bucket}/${key}`, "s3://archive/copy")).toMatchObject({ code: 0 });
    expect(await client.endpoint.objects.get("archive", "copy")).toEqual(Buffer.from("sound"));
    expect(await client.run("del", `s3://${bucket}/${key}`)).toMatchObject({ code: 0 });
    expect(await client.run("del", "--recursive", "--force", "s3://archive")).toMatchObject({ code: 0 });
    expect(await client.endpoint.objects.head(bucket, key)).toBeUndefined();
    expect(await client.endpoint.objects.head("archive", "copy")).toBeUndefined();
  });

  it("uploads in parts", async () => {
    await using client = await start();
    const body = Buffer.alloc(12 * 1024 ** 2, "voice");
    await writeFile(join(client.folder, "file"), body);
    const put = await client.run("put", "--multipart-chunk-size-mb=5", "file", `s3://${bucket}/long`);
    expect(put.code).toBe(0);
    expect((await client.endpoint.objects.get(bucket, "long"))?.equals(body)).toBe(true);
    expect((await client.endpoint.objects.head(bucket, "long"))?.etag).toMatch(/-3"$/);
  });

  it("says why IAM denied", async () => {
    await using client = await start();
    await writeFile(join(client.folder, "file"), "sound");
    const { code, stderr } = await client.run("put", "file", `s3://${bucket}/denied/k`);
    expect(code).not.toBe(0);
    expect(stderr).toContain(
      "403 (AccessDenied): User: arn:aws:sts::123456789012:assumed-role/client-role/client",
    );
  });
});
