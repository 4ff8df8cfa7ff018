import { createS3 } from "../../engines/s3/s3.ts";
import type { Recogniser } from "../../engines/speech/recogniser.ts";
import { createTranscribe } from "../../engines/transcribe/transcribe.ts";
import { createEndpoint } from "../../gate/endpoint/endpoint.ts";
import { createGate } from "../../gate/gate.ts";
import { listen } from "../../gate/listen.ts";
import type { Credentials, Principal } from "../../gate/types.ts";
import { parsePolicy } from "../../iam/policy.ts";
import type { NamedPolicy } from "../../iam/types.ts";
import { placeholderCredentials } from "../testing/credentials.ts";
import { accountId, region, testPrincipal } from "../testing/gate.ts";

export const bucket = "recordings";

/** What the clients may do: their suites fail where they need more, and `denied/` is there to be refused. */
const policy: NamedPolicy = {
  name: "clients",
  document: parsePolicy({
    Version: "2012-10-17",
    Statement: [
      { Sid: "Everything", Effect: "Allow", Action: ["s3:*", "transcribe:*"], Resource: "*" },
      { Sid: "Denied", Effect: "Deny", Action: "s3:*Object", Resource: `arn:aws:s3:::${bucket}/denied/*` },
    ],
  }),
};

const recogniser: Recogniser = {
  name: "one word",
  recognise: async () => ({
    source: "engine",
    language: "en-US",
    segments: [[{ content: "Hello", start: 0.1, end: 0.4, confidence: 0.9, punctuation: "." }]],
  }),
};

/** S3, Transcribe and STS behind the endpoint that `pnpm start` serves, every call decided by the real gate. */
export async function startClientEndpoint() {
  const place = { accountId, region, partition: "aws" };
  const principal: Principal = { ...testPrincipal("client"), policies: [policy] };
  const credentials: Credentials = {
    ...placeholderCredentials,
    expiration: new Date("2999-01-01T00:00:00Z"),
  };
  const identities = {
    find: (accessKeyId: string) =>
      accessKeyId === credentials.accessKeyId ? { credentials, principal } : undefined,
  };
  // What fails in here, the client is told as well.
  const log = () => {};
  const gate = createGate({
    ...place,
    resourcePolicies: new Map(),
    trace: () => {},
  });
  const s3 = createS3({
    ...place,
    identities,
    gate,
    buckets: [{ name: bucket }, { name: "archive" }],
    send: () => {},
    putEvent: () => {},
    log,
  });
  const transcribe = createTranscribe({
    ...place,
    gate,
    objects: s3.objects,
    publish: () => {},
    recogniser,
    durations: { queued: 1, inProgress: 1 },
    log,
  });
  const services = { s3, json: { transcribe } };
  const server = await listen(createEndpoint({ identities, region, services, log }), 0, "AWS endpoint");
  return {
    url: server.url,
    credentials,
    principal,
    objects: s3.objects,
    transcribe,
    async [Symbol.asyncDispose]() {
      await transcribe.close();
      await server.close();
      await s3.close();
    },
  };
}

export type ClientEndpoint = Awaited<ReturnType<typeof startClientEndpoint>>;
