import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import { wav } from "../../engines/speech/testing/wav.ts";
import { describeClient, run, temporaryFolder } from "./client.ts";
import { bucket, type ClientEndpoint, startClientEndpoint } from "./fixtures.ts";

const MiB = 1024 ** 2;

/** Unlike any other part of itself, so that parts which change places are noticed. */
const long = Buffer.from(
  Array.from({ length: 2.5 * MiB }, (_, index) => index.toString(16).padStart(8, "0")).join(""),
);

describeClient("the AWS CLI", "aws", (aws) => {
  async function start() {
    const endpoint = await startClientEndpoint();
    const folder = await temporaryFolder();
    const { accessKeyId, secretAccessKey, sessionToken } = endpoint.credentials;
    // Version 1 presigns with Signature Version 2 in us-east-1 until it is told otherwise; version 2 does not.
    const config = join(folder.path, "config");
    await writeFile(config, "[default]\nregion = us-east-1\ns3 =\n  signature_version = s3v4\n");
    const variables = {
      AWS_CONFIG_FILE: config,
      AWS_SHARED_CREDENTIALS_FILE: join(folder.path, "absent"),
      AWS_EC2_METADATA_DISABLED: "true",
      AWS_PAGER: "",
      AWS_ACCESS_KEY_ID: accessKeyId,
      AWS_SECRET_ACCESS_KEY: secretAccessKey,
      AWS_SESSION_TOKEN: sessionToken,
    };
    const pipe = (input: string, ...args: string[]) =>
      run(aws, ["--endpoint-url", endpoint.url, ...args], folder.path, variables, input);
    const attempt = (...args: string[]) => pipe("", ...args);
    return {
      endpoint,
      folder: folder.path,
      pipe,
      attempt,
      /** The command's output; an error when it fails. */
      async output(...args: string[]): Promise<string> {
        const { code, stdout, stderr } = await attempt(...args);
        if (code !== 0) throw new Error(`aws ${args.join(" ")}: ${stderr}`);
        return stdout.trim();
      },
      async json(...args: string[]) {
        const text = await this.output(...args, "--output", "json");
        return text === "" ? undefined : JSON.parse(text);
      },
      async [Symbol.asyncDispose]() {
        await endpoint[Symbol.asyncDispose]();
        await folder[Symbol.asyncDispose]();
      },
    };
  }

  const stored = async ({ objects }: ClientEndpoint, key: string, from = bucket) =>
    (await objects.get(from, key))?.toString();

  it("copies files up, down and across, in one piece and in parts", async () => {
    await using cli = await start();
    await writeFile(join(cli.folder, "short"), "sound");
    await writeFile(join(cli.folder, "long"), long);
    await cli.output("s3", "cp", "short", `s3://${bucket}/short`, "--content-type", "audio/wav");
    expect(await stored(cli.endpoint, "short")).toBe("sound");
    await cli.output("s3", "cp", "long", `s3://${bucket}/long`);
    const head = await cli.endpoint.objects.head(bucket, "long");
    expect(head).toMatchObject({ size: long.length, etag: expect.stringMatching(/-3"$/) });
    await cli.output("s3", "cp", `s3://${bucket}/long`, "back");
    expect((await readFile(join(cli.folder, "back"))).equals(long)).toBe(true);
    await cli.output("s3", "cp", `s3://${bucket}/long`, "s3://archive/long");
    expect((await cli.endpoint.objects.get("archive", "long"))?.equals(long)).toBe(true);
    await cli.output("s3", "mv", `s3://${bucket}/short`, "s3://archive/moved");
    expect(await stored(cli.endpoint, "moved", "archive")).toBe("sound");
    expect(await stored(cli.endpoint, "short")).toBeUndefined();
  });

  it("copies from standard input, and to standard output", async () => {
    await using cli = await start();
    expect(await cli.pipe("sound", "s3", "cp", "-", `s3://${bucket}/k`)).toMatchObject({ code: 0 });
    expect(await stored(cli.endpoint, "k")).toBe("sound");
    expect(await cli.output("s3", "cp", `s3://${bucket}/k`, "-")).toBe("sound");
  });

  it("copies, lists, synchronises and removes folders, whatever their files' names", async () => {
    await using cli = await start();
    const names = ["1", "a/b/2", "a/ü b+c%.txt"];
    await mkdir(join(cli.folder, "tree/a/b"), { recursive: true });
    for (const name of names) await writeFile(join(cli.folder, "tree", name), name);
    await cli.output("s3", "cp", "--recursive", "tree", `s3://${bucket}/tree`);
    const listed = await cli.output("s3", "ls", "--recursive", `s3://${bucket}/tree/`);
    expect(listed.split("\n").map((line) => line.replace(/^\S+ \S+ +\d+ /, ""))).toEqual(
      names.map((name) => `tree/${name}`),
    );
    expect(await cli.output("s3", "ls", `s3://${bucket}/tree/`)).toMatch(/PRE a\/\n.* 1$/);
    expect(await cli.output("s3", "ls")).toMatch(/ archive\n.* recordings$/);
    await cli.output("s3", "sync", `s3://${bucket}/tree`, "back");
    for (const name of names) expect(await readFile(join(cli.folder, "back", name), "utf8")).toBe(name);
    expect(await cli.output("s3", "sync", "back", `s3://${bucket}/tree`)).toBe("");
    await cli.endpoint.objects.put(bucket, "tree/stale", Buffer.from("old"));
    await cli.output("s3", "sync", "tree", `s3://${bucket}/tree`, "--delete");
    expect(await stored(cli.endpoint, "tree/stale")).toBeUndefined();
    await cli.output("s3", "rm", "--recursive", `s3://${bucket}/tree`);
    for (const name of names) expect(await stored(cli.endpoint, `tree/${name}`)).toBeUndefined();
  });

  it("pages through listings, reads ranges, copies, and deletes many", async () => {
    await using cli = await start();
    const keys = ["a", "b", "c", "d", "e"];
    for (const key of keys) await cli.endpoint.objects.put(bucket, key, Buffer.from("0123456789"));
    for (const operation of ["list-objects-v2", "list-objects"]) {
      const page = ["--bucket", bucket, "--page-size", "2", "--query", "Contents[].Key"];
      expect(await cli.json("s3api", operation, ...page)).toEqual(keys);
    }
    const at = ["--bucket", bucket, "--key", "a"];
    expect(await cli.json("s3api", "head-object", ...at)).toMatchObject({ ContentLength: 10 });
    expect(await cli.json("s3api", "get-object", ...at, "--range", "bytes=2-4", "part")).toMatchObject({
      ContentRange: "bytes 2-4/10",
    });
    expect(await readFile(join(cli.folder, "part"), "utf8")).toBe("234");
    const copy = ["--bucket", "archive", "--key", "copy", "--copy-source", `${bucket}/a`];
    expect(await cli.json("s3api", "copy-object", ...copy)).toHaveProperty("CopyObjectResult.ETag");
    const document = JSON.stringify({ Objects: [{ Key: "a" }, { Key: "denied/b" }] });
    expect(await cli.json("s3api", "delete-objects", "--bucket", bucket, "--delete", document)).toMatchObject(
      {
        Deleted: [{ Key: "a" }],
        Errors: [{ Key: "denied/b", Code: "AccessDenied" }],
      },
    );
  });

  it("puts with each checksum that it can compute, and on conditions", async () => {
    await using cli = await start();
    await writeFile(join(cli.folder, "file"), "sound");
    const put = (...more: string[]) =>
      cli.attempt("s3api", "put-object", "--bucket", bucket, "--key", "k", "--body", "file", ...more);
    for (const algorithm of ["CRC32", "SHA1", "SHA256", "CRC32C", "CRC64NVME"]) {
      const { code, stdout, stderr } = await put("--checksum-algorithm", algorithm);
      // The last two need the CLI's native library, which version 1 has as an option only; an old one knows fewer.
      if (code === 0) expect(JSON.parse(stdout)).toHaveProperty(`Checksum${algorithm}`);
      else
        expect(stderr).toMatch(
          new RegExp(
            `Using ${algorithm} requires an additional|Unsupported checksum algorithm: ${algorithm}`,
            "i",
          ),
        );
    }
    const { stderr } = await put("--if-none-match", "*");
    if (!stderr.includes("Unknown options: --if-none-match"))
      expect(stderr).toContain("(PreconditionFailed)");
  });

  it("lists and aborts multipart uploads", async () => {
    await using cli = await start();
    await writeFile(join(cli.folder, "file"), "sound");
    const at = ["--bucket", bucket, "--key", "k"];
    const { UploadId } = await cli.json("s3api", "create-multipart-upload", ...at);
    const upload = [...at, "--upload-id", UploadId];
    await cli.json("s3api", "upload-part", ...upload, "--part-number", "1", "--body", "file");
    expect(await cli.json("s3api", "list-parts", ...upload)).toMatchObject({
      Parts: [{ PartNumber: 1, Size: 5 }],
    });
    const list = ["s3api", "list-multipart-uploads", "--bucket", bucket];
    expect(await cli.json(...list)).toMatchObject({ Uploads: [{ Key: "k", UploadId }] });
    await cli.json("s3api", "abort-multipart-upload", ...upload);
    expect((await cli.json(...list))?.Uploads).toBeUndefined();
  });

  it("presigns URLs that anybody can read from", async () => {
    await using cli = await start();
    await cli.endpoint.objects.put(bucket, "a +é", Buffer.from("sound"));
    const response = await fetch(await cli.output("s3", "presign", `s3://${bucket}/a +é`));
    expect(await response.text()).toBe("sound");
  });

  it("says why IAM denied, and names what the local run does not serve", async () => {
    await using cli = await start();
    const denied = await cli.attempt("s3", "cp", "config", `s3://${bucket}/denied/k`);
    expect(denied).toMatchObject({
      code: 1,
      stderr: expect.stringContaining(
        `is not authorized to perform: s3:PutObject on resource: "arn:aws:s3:::${bucket}/denied/k" with an explicit deny in an identity-based policy`,
      ),
    });
    const unserved = await cli.attempt("s3api", "get-bucket-policy", "--bucket", bucket);
    expect(unserved.stderr).toMatch(/\(NotImplemented\).*GetBucketPolicy/);
    const created = await cli.attempt("s3", "mb", "s3://another");
    expect(created.stderr).toMatch(/\(NotImplemented\).*CreateBucket/);
  });

  it("starts, reads, lists and deletes transcription jobs", async () => {
    await using cli = await start();
    await cli.endpoint.objects.put(bucket, "originals/1.wav", wav({ seconds: 1 }));
    const job = ["--transcription-job-name", "job"];
    const where = ["--output-bucket-name", bucket, "--output-key", "results/1.json"];
    const media = ["--language-code", "en-US", "--media", `MediaFileUri=s3://${bucket}/originals/1.wav`];
    const started = await cli.json("transcribe", "start-transcription-job", ...job, ...media, ...where);
    expect(started).toMatchObject({ TranscriptionJob: { TranscriptionJobName: "job" } });
    await cli.endpoint.transcribe.idle();
    expect(await cli.json("transcribe", "get-transcription-job", ...job)).toMatchObject({
      TranscriptionJob: { TranscriptionJobStatus: "COMPLETED" },
    });
    expect(await stored(cli.endpoint, "results/1.json")).toContain("Hello.");
    expect(await cli.json("transcribe", "list-transcription-jobs")).toMatchObject({
      TranscriptionJobSummaries: [{ TranscriptionJobName: "job" }],
    });
    await cli.json("transcribe", "delete-transcription-job", ...job);
    expect(await cli.json("transcribe", "list-transcription-jobs")).toMatchObject({
      TranscriptionJobSummaries: [],
    });
  });

  it("asks who it is", async () => {
    await using cli = await start();
    expect(await cli.json("sts", "get-caller-identity")).toMatchObject({
      Account: "123456789012",
      Arn: cli.endpoint.principal.caller.arn,
    });
  });
});
