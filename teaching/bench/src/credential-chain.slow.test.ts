import { createHash, generateKeyPairSync } from "node:crypto";
import { once } from "node:events";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, it } from "vitest";
import { measureInFreshProcess } from "./function/fresh-process.ts";
import { functionVariables } from "./function/functions.ts";
import { type PackagedFunction, packagedReceiveAudio } from "./function/packaged.ts";

/*
 * Whatever is left out of a bundle, no source of the SDK's default credential chain may be. So the packaged
 * receiveAudio, in a process of its own, gets each source in turn and no other; what hands out credentials is a server
 * on loopback; and the request that reaches S3 tells which credentials were found.
 * https://docs.aws.amazon.com/sdkref/latest/guide/standardized-credentials.html
 */

const root = fileURLToPath(new URL("../../..", import.meta.url));

/** Nobody's keys. */
const placeholder = (source: string) => ({
  accessKeyId: `placeholder-${source}`,
  secretAccessKey: "placeholder",
  sessionToken: `placeholder-${source}-token`,
});

interface Source {
  /** In the home directory, by path. */
  readonly files?: Readonly<Record<string, string>>;
  /** @param url of the server that has the answers. */
  readonly environment?: (url: string, home: string) => Record<string, string>;
  /** By method and path. Each must be asked for, and nothing else is. */
  readonly answers?: Readonly<Record<string, string | object>>;
}

const found = placeholder("found");
const expiration = new Date(Date.now() + 60 * 60 * 1000).toISOString();
const expired = new Date(0).toISOString();

/** As instance and container metadata, and a credential process, write them. */
const metadata = {
  AccessKeyId: found.accessKeyId,
  SecretAccessKey: found.secretAccessKey,
  SessionToken: found.sessionToken,
  Token: found.sessionToken,
  Expiration: expiration,
};

const asIni = ({ accessKeyId, secretAccessKey, sessionToken }: typeof found) =>
  `aws_access_key_id = ${accessKeyId}\naws_secret_access_key = ${secretAccessKey}\naws_session_token = ${sessionToken}\n`;

const asEnvironment = ({ accessKeyId, secretAccessKey, sessionToken }: typeof found) => ({
  AWS_ACCESS_KEY_ID: accessKeyId,
  AWS_SECRET_ACCESS_KEY: secretAccessKey,
  AWS_SESSION_TOKEN: sessionToken,
});

const assumedBy = (action: string) =>
  `<${action}Response xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><${action}Result><Credentials><AccessKeyId>${found.accessKeyId}</AccessKeyId><SecretAccessKey>${found.secretAccessKey}</SecretAccessKey><SessionToken>${found.sessionToken}</SessionToken><Expiration>${expiration}</Expiration></Credentials></${action}Result></${action}Response>`;

const roleArn = "arn:aws:iam::123456789012:role/somebody";
const hash = (algorithm: string, name: string) => createHash(algorithm).update(name).digest("hex");

const ssoConfig = `[default]
sso_session = work
sso_account_id = 123456789012
sso_role_name = somebody
[sso-session work]
sso_region = us-east-1
sso_start_url = https://example.com/start
`;
const ssoCache = (token: object) => ({
  ".aws/config": ssoConfig,
  [`.aws/sso/cache/${hash("sha1", "work")}.json`]: JSON.stringify({ accessToken: "token", ...token }),
});
const roleCredentials = { roleCredentials: { ...found, expiration: Date.parse(expiration) } };

const loginSession = "arn:aws:iam::123456789012:user/somebody";
const loginCache = (accessToken: object) => ({
  ".aws/config": `[default]\nlogin_session = ${loginSession}\n`,
  [`.aws/login/cache/${hash("sha256", loginSession)}.json`]: JSON.stringify({
    accessToken: { ...accessToken, accountId: "123456789012" },
    clientId: "client",
    refreshToken: "token",
    dpopKey: generateKeyPairSync("ec", { namedCurve: "P-256" })
      .privateKey.export({ type: "sec1", format: "pem" })
      .toString(),
  }),
});

const sources: Readonly<Record<string, Source>> = {
  "the environment": { environment: () => asEnvironment(found) },
  "the credentials file": { files: { ".aws/credentials": `[default]\n${asIni(found)}` } },
  "a profile of the config file": {
    files: { ".aws/config": `[profile work]\n${asIni(found)}` },
    environment: () => ({ AWS_PROFILE: "work" }),
  },
  "a role that a profile assumes": {
    files: {
      ".aws/config": `[default]\nrole_arn = ${roleArn}\nsource_profile = work\n[profile work]\n${asIni(placeholder("work"))}`,
    },
    answers: { "POST /": assumedBy("AssumeRole") },
  },
  "a role that the environment's credentials assume": {
    files: { ".aws/config": `[profile work]\nrole_arn = ${roleArn}\ncredential_source = Environment\n` },
    environment: () => ({ ...asEnvironment(placeholder("environment")), AWS_PROFILE: "work" }),
    answers: { "POST /": assumedBy("AssumeRole") },
  },
  "a credential process": {
    files: {
      "process.cjs": `console.log(${JSON.stringify(JSON.stringify({ Version: 1, ...metadata }))})`,
      ".aws/config": `[default]\ncredential_process = "${process.execPath}" "HOME/process.cjs"\n`,
    },
  },
  "the SSO cache": {
    files: ssoCache({ expiresAt: expiration }),
    answers: { "GET /federation/credentials": roleCredentials },
  },
  "the SSO cache, its token renewed": {
    files: ssoCache({
      expiresAt: expired,
      clientId: "client",
      clientSecret: "secret",
      refreshToken: "token",
    }),
    answers: {
      "POST /token": { accessToken: "renewed", expiresIn: 3600, refreshToken: "token" },
      "GET /federation/credentials": roleCredentials,
    },
  },
  "a login session": { files: loginCache({ ...found, expiresAt: expiration }) },
  "a login session, renewed": {
    files: loginCache({ ...placeholder("old"), expiresAt: expired }),
    answers: {
      "POST /v1/token": { accessToken: found, tokenType: "aws_sigv4", expiresIn: 900, refreshToken: "token" },
    },
  },
  "a web identity": {
    files: { token: "token" },
    environment: (_, home) => ({
      AWS_WEB_IDENTITY_TOKEN_FILE: join(home, "token"),
      AWS_ROLE_ARN: roleArn,
      AWS_ROLE_SESSION_NAME: "session",
    }),
    answers: { "POST /": assumedBy("AssumeRoleWithWebIdentity") },
  },
  "the container": {
    environment: (url) => ({ AWS_CONTAINER_CREDENTIALS_FULL_URI: `${url}/container` }),
    answers: { "GET /container": metadata },
  },
  "instance metadata": {
    environment: (url) => ({ AWS_EC2_METADATA_SERVICE_ENDPOINT: url }),
    answers: {
      "PUT /latest/api/token": "token",
      "GET /latest/meta-data/iam/security-credentials/": "somebody",
      "GET /latest/meta-data/iam/security-credentials/somebody": { Code: "Success", ...metadata },
    },
  },
};

let folder: string;
let receiveAudio: PackagedFunction;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "credential-chain-test-"));
  receiveAudio = await packagedReceiveAudio(root, join(folder, "packaged"));
});

afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

it.each(Object.entries(sources))("the packaged function finds the credentials of %s", async (_, source) => {
  const { files = {}, environment = () => ({}), answers = {} } = source;
  const home = await mkdtemp(join(folder, "home-"));
  for (const [path, content] of Object.entries(files)) {
    await mkdir(dirname(join(home, path)), { recursive: true });
    await writeFile(join(home, path), content.replace("HOME", home));
  }
  const asked: string[] = [];
  const stored: unknown[] = [];
  const server = createServer((request, response) => {
    const call = `${request.method} ${request.url?.replace(/\?.*/, "")}`;
    const answer = answers[call];
    request.resume();
    if (call.startsWith(`PUT /${functionVariables.RECORDINGS_BUCKET}/`)) {
      stored.push([request.headers.authorization?.split("/")[0], request.headers["x-amz-security-token"]]);
      response.end();
    } else {
      asked.push(call);
      response.statusCode = answer === undefined ? 404 : 200;
      response.end(typeof answer === "object" ? JSON.stringify(answer) : answer);
    }
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  try {
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const { file, handlerName, event } = receiveAudio;

    const { answer } = await measureInFreshProcess({
      bundle: file,
      handlerName,
      event,
      environment: {
        ...functionVariables,
        AWS_REGION: "us-east-1",
        AWS_ENDPOINT_URL: url,
        HOME: home,
        USERPROFILE: home,
        ...environment(url, home),
      },
    });

    expect(answer).toMatchObject({ statusCode: 201 });
    expect(stored).toEqual([[`AWS4-HMAC-SHA256 Credential=${found.accessKeyId}`, found.sessionToken]]);
    expect(asked).toEqual(Object.keys(answers));
  } finally {
    server.closeAllConnections();
    server.close();
  }
});
