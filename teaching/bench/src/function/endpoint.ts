import { once } from "node:events";
import { writeFile } from "node:fs/promises";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { functionVariables, recordingId } from "./functions.ts";
import { selfSignedCertificate } from "./self-signed.ts";

/** What stands in for S3 and Transcribe: it says yes to everything, over TLS, as fast as it can. */
export interface Endpoint {
  /** What Lambda and serverless.yml set for a function, with credentials that are none; its calls go to the endpoint. */
  readonly environment: Readonly<Record<string, string>>;
  /** What came since the last reset. */
  readonly seen: { connections: number; requests: number };
  reset(): void;
  close(): Promise<void>;
}

const job = {
  TranscriptionJob: { TranscriptionJobStatus: "COMPLETED", LanguageCode: "en-US", CreationTime: 1795521600 },
};
const transcript = { results: { transcripts: [{ transcript: "" }], items: [] } };
const listing = `<ListBucketResult><Contents><Key>audio/${recordingId}</Key><LastModified>2026-11-24T12:00:00.000Z</LastModified><Size>4</Size></Contents></ListBucketResult>`;

/** @param home of the functions: a folder without a .aws in it. The certificate that they are to trust is put there. */
export async function startEndpoint(home: string): Promise<Endpoint> {
  const { key, cert } = selfSignedCertificate();
  const seen = { connections: 0, requests: 0 };
  const server = createServer({ key, cert, keepAliveTimeout: 60_000 }, (request, response) => {
    seen.requests += 1;
    // Answered when the whole body is there, as S3 does.
    request.resume().once("end", () => {
      if (request.headers["x-amz-target"]) {
        response.writeHead(200, { "content-type": "application/x-amz-json-1.1" }).end(JSON.stringify(job));
      } else if (request.method === "GET" && request.url?.includes("list-type=2")) {
        response.writeHead(200, { "content-type": "application/xml" }).end(listing);
      } else if (request.method === "GET") {
        response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(transcript));
      } else {
        response.writeHead(200).end();
      }
    });
  });
  server.on("secureConnection", () => {
    seen.connections += 1;
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const certificateFile = join(home, "certificate.pem");
  await writeFile(certificateFile, cert);
  return {
    environment: {
      ...functionVariables,
      AWS_ACCESS_KEY_ID: "placeholder",
      AWS_SECRET_ACCESS_KEY: "placeholder",
      AWS_SESSION_TOKEN: "placeholder",
      AWS_REGION: "us-east-1",
      AWS_ENDPOINT_URL: `https://127.0.0.1:${(server.address() as AddressInfo).port}`,
      NODE_EXTRA_CA_CERTS: certificateFile,
      HOME: home,
      USERPROFILE: home,
    },
    seen,
    reset: () => Object.assign(seen, { connections: 0, requests: 0 }),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
