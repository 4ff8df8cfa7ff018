import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { S3Client, type S3ClientConfig } from "@aws-sdk/client-s3";
import type { BusEvent } from "../../engines/events/bus.ts";
import { createS3, type S3Options } from "../../engines/s3/s3.ts";
import type { Decision } from "../../iam/types.ts";
import { placeholderCredentials } from "../../run/testing/credentials.ts";
import { accountId, region, testPrincipal } from "../../run/testing/gate.ts";
import type { Credentials, Gate, Question } from "../types.ts";
import { createEndpoint } from "./endpoint.ts";
import type { JsonService } from "./json-service.ts";

export const principal = testPrincipal("storePhoto");

export const session: Credentials = {
  ...placeholderCredentials,
  expiration: new Date("2999-01-01T00:00:00Z"),
};

const by = { kind: "identity-based", policy: "test", index: 0 } as const;
export const allowed: Decision = { outcome: "allowed", by };
export const denied: Decision = { outcome: "implicitly denied", missing: "identity-based" };

export interface TestEndpointOptions {
  /** Says whether a question is allowed; everything is when this is not given. */
  readonly allow?: (question: Question) => boolean;
  readonly allowService?: (service: string, question: Question) => boolean;
  readonly buckets?: S3Options["buckets"];
  readonly clock?: () => Date;
  readonly credentials?: Credentials;
  readonly region?: string;
  readonly json?: Readonly<Record<string, JsonService>>;
  /** Milliseconds */
  readonly idleTimeout?: number;
  readonly temporaryFolder?: string;
}

/** A whole endpoint on a free port, with IAM played by a function. */
export async function startTestEndpoint(options: TestEndpointOptions = {}) {
  const { allow = () => true, allowService = () => true, clock = () => new Date(), json = {} } = options;
  const place = { region: options.region ?? region, accountId, partition: "aws" };
  const credentials = options.credentials ?? session;
  const asked: Question[] = [];
  const sent: { readonly targetArn: string; readonly message: Record<string, unknown> }[] = [];
  const events: BusEvent[] = [];
  const logged: string[] = [];
  const gate: Gate = {
    authorize: (_, question) => {
      asked.push(question);
      return allow(question) ? allowed : denied;
    },
    authorizeService: (service, question) => (allowService(service, question) ? allowed : denied),
  };
  const identities = {
    find: (accessKeyId: string) =>
      accessKeyId === credentials.accessKeyId ? { credentials, principal } : undefined,
  };
  const log = (line: string) => void logged.push(line);
  const s3 = createS3({
    buckets: options.buckets ?? [{ name: "photos" }, { name: "archive" }],
    identities,
    gate,
    send: (targetArn, { body }) => void sent.push({ targetArn, message: JSON.parse(body) }),
    putEvent: (event) => void events.push(event),
    ...place,
    clock,
    log,
    ...(options.temporaryFolder !== undefined && { temporaryFolder: options.temporaryFolder }),
  });
  const server = createServer(
    createEndpoint({
      identities,
      region: place.region,
      clock,
      services: { s3, json },
      log,
      ...(options.idleTimeout !== undefined && { idleTimeout: options.idleTimeout }),
    }),
  );
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const clients: S3Client[] = [];
  return {
    url,
    s3,
    asked,
    sent,
    events,
    logged,
    credentials,
    client(config: S3ClientConfig = {}) {
      const client = new S3Client({
        endpoint: url,
        region: place.region,
        credentials,
        maxAttempts: 1,
        forcePathStyle: true,
        ...config,
      });
      clients.push(client);
      return client;
    },
    async [Symbol.asyncDispose]() {
      for (const client of clients) client.destroy();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      await s3.close();
    },
  };
}

export type TestEndpoint = Awaited<ReturnType<typeof startTestEndpoint>>;
