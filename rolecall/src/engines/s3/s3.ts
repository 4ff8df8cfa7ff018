import type { IncomingMessage } from "node:http";
import type { Identities } from "../../gate/signature/identities.ts";
import { SignatureError } from "../../gate/signature/refusal.ts";
import { requireKnownHash } from "../../gate/signature/verify-payload.ts";
import { type VerifiedRequest, verifyRequest } from "../../gate/signature/verify-request.ts";
import type { Message } from "../../gate/targets/targets.ts";
import type { Gate, Log, ObjectStore } from "../../gate/types.ts";
import type { AccessRequest } from "../../iam/types.ts";
import type { BusEvent } from "../events/bus.ts";
import { needs, requireAllowed } from "./access.ts";
import { collect, createBodyStore, held, slice, stream } from "./bodies.ts";
import { getBucketLocation, headBucket, listBuckets } from "./buckets.ts";
import type { Answer, Call, ObjectCall } from "./call.ts";
import { checkBody } from "./checksums.ts";
import { copyObject } from "./copy-object.ts";
import { type CorsRule, corsHeaders, preflightHeaders } from "./cors.ts";
import { deleteObjects } from "./delete-objects.ts";
import {
  accessDenied,
  errorDocument,
  HOST_ID,
  noSuchBucket,
  preconditionFailed,
  refusedSignature,
  S3Error,
} from "./errors.ts";
import { listObjects, listObjectsV2 } from "./list-objects.ts";
import {
  abortMultipartUpload,
  completeMultipartUpload,
  createMultipartUpload,
  listMultipartUploads,
  listParts,
  uploadPart,
  uploadPartCopy,
} from "./multipart.ts";
import { createNotifications, type NotifyingBucket } from "./notifications.ts";
import { getObjectAttributes } from "./object-attributes.ts";
import { headerValue } from "./object-headers.ts";
import { deleteObject, getObject, getObjectTagging, putObject } from "./objects.ts";
import { nameOperation, type OperationName, requireServedHeaders } from "./operations.ts";
import { postObject } from "./post-object.ts";
import { createIntake, receiveBody, receiveDocument } from "./receive.ts";
import { parseRequest, type S3Request } from "./request.ts";
import { createStore, etagOf, wholeSeconds } from "./store.ts";
import { getBucketVersioning, listObjectVersions } from "./versions.ts";

export interface S3Options {
  readonly buckets: readonly (NotifyingBucket & {
    readonly cors?: readonly CorsRule[];
    /** Whether the versions of its objects are kept. */
    readonly versioned?: boolean;
  })[];
  readonly identities: Identities;
  readonly gate: Gate;
  /** Takes a bucket's notification to a queue, a topic or a function, once its policy has let it. */
  readonly send: (targetArn: string, message: Message) => void;
  /** Takes a bucket's event to Amazon EventBridge. */
  readonly putEvent: (event: BusEvent) => void;
  readonly accountId: string;
  readonly region: string;
  readonly partition: string;
  readonly clock?: () => Date;
  readonly log: Log;
  /** Where the folder for large bodies is made; the system's own place for temporary files by default. */
  readonly temporaryFolder?: string;
}

export interface S3 {
  /** Whether a request names one of the buckets, whoever signed it and for which service. */
  addresses(request: IncomingMessage): boolean;
  /** Answers one request, errors included. Never throws. */
  handle(request: IncomingMessage, requestId: string): Promise<Answer>;
  /** The buckets' content for the services behind the gate. Whoever is told of what is put there is told of this, too. */
  readonly objects: ObjectStore;
  /**
   * Sends every configured queue and topic the message that S3 sends when a notification is set up.
   *
   * @throws Error when a target's policy does not let the bucket send to it
   */
  sendTestEvent(): void;
  /** Removes what is kept in files. */
  close(): Promise<void>;
}

const HANDLERS: Readonly<
  Record<Exclude<OperationName, "PostObject">, (call: ObjectCall) => Answer | Promise<Answer>>
> = {
  ListBuckets: listBuckets,
  GetBucketLocation: getBucketLocation,
  HeadBucket: headBucket,
  ListObjects: listObjects,
  ListObjectsV2: listObjectsV2,
  ListObjectVersions: listObjectVersions,
  GetBucketVersioning: getBucketVersioning,
  ListMultipartUploads: listMultipartUploads,
  DeleteObjects: deleteObjects,
  GetObject: getObject,
  HeadObject: getObject,
  GetObjectAttributes: getObjectAttributes,
  GetObjectTagging: getObjectTagging,
  PutObject: putObject,
  CopyObject: copyObject,
  DeleteObject: deleteObject,
  CreateMultipartUpload: createMultipartUpload,
  UploadPart: uploadPart,
  UploadPartCopy: uploadPartCopy,
  CompleteMultipartUpload: completeMultipartUpload,
  AbortMultipartUpload: abortMultipartUpload,
  ListParts: listParts,
};

/**
 * Amazon S3 over the buckets of a template: every request is verified, decided by IAM, and only then served.
 *
 * @throws Error for notifications that S3 refuses
 */
export function createS3(options: S3Options): S3 {
  const { buckets, identities, gate, accountId, region, partition, log, clock = () => new Date() } = options;
  const store = createStore(buckets, clock());
  const bodies = createBodyStore(options.temporaryFolder);
  const notifications = createNotifications({ ...options, clock });
  const surroundings = { store, gate, accountId, region, partition };

  const corsRules = ({ bucket }: S3Request) => buckets.find(({ name }) => name === bucket)?.cors ?? [];

  /** What a page of another origin may read of the answer, be it an error. */
  function corsOf(incoming: IncomingMessage): Record<string, string> {
    if (incoming.headers.origin === undefined || incoming.method === "OPTIONS") return {};
    try {
      const request = parseRequest(incoming, (name) => store.has(name));
      return corsHeaders(corsRules(request), request);
    } catch {
      return {};
    }
  }

  async function serve(incoming: IncomingMessage, requestId: string): Promise<Answer> {
    const request = parseRequest(incoming, (name) => store.has(name));
    const bucket = request.bucket === undefined ? undefined : store.get(request.bucket);
    const mayCreate = request.method === "PUT" && request.key === undefined;
    if (request.bucket !== undefined && bucket === undefined && !mayCreate)
      throw noSuchBucket(request.bucket);
    if (request.method === "OPTIONS") {
      return { status: 200, headers: preflightHeaders(corsRules(request), request) };
    }
    const now = clock();
    const verification = { identities, region, service: "s3", now };

    if (bucket !== undefined && isForm(request)) {
      const operation = nameOperation(request);
      return postObject(incoming, {
        operation,
        bucket,
        bodies,
        verification,
        gate,
        partition,
        publish: ({ name }, object) =>
          notifications.publish({
            name: "ObjectCreated:Post",
            bucket: bucket.name,
            key: object.key,
            object,
            versionId: object.versionId,
            principalId: name,
            requestId,
          }),
      });
    }

    const wire = { method: request.method, target: incoming.url ?? "", rawHeaders: incoming.rawHeaders };
    const verified = verifyRequest(wire, verification);
    requireKnownHash(verified.payload);
    const operation = nameOperation(request);
    const { principal } = verified;
    const authentication = authenticationContext(verified, now);
    for (const need of needs(operation, request, partition, authentication))
      requireAllowed(gate, principal, need);
    requireServedHeaders(operation, request.headers);
    requireOwner(request, accountId);
    if (operation.name === "PostObject") {
      throw preconditionFailed("Bucket POST must be of the enclosure-type multipart/form-data");
    }
    const unread = { incoming, headers: request.headers, payload: verified.payload };
    const call: Call = {
      ...surroundings,
      request,
      principal,
      authentication,
      now,
      receive: (wanted) => receiveBody(unread, bodies, checkBody(request.headers, wanted)),
      document: (checksumOf = "document") =>
        receiveDocument(unread, checksumOf === "document" ? checkBody(request.headers) : undefined),
      publish: (name, { name: bucketName }, key, object, versionId = object?.versionId) =>
        notifications.publish({
          name,
          bucket: bucketName,
          key,
          ...(object && { object }),
          versionId,
          principalId: principal.name,
          requestId,
        }),
    };
    // An operation finds here what its row in the table says that it works on: a bucket, an object, or neither.
    return HANDLERS[operation.name]({ ...call, bucket, key: request.key } as ObjectCall);
  }

  return {
    addresses(request) {
      try {
        const { bucket } = parseRequest(request, (name) => store.has(name));
        return bucket !== undefined && store.has(bucket);
      } catch {
        return false;
      }
    },
    async handle(request, requestId) {
      const answer = await serve(request, requestId).catch((error) => failure(error, requestId, log));
      const headers = {
        "x-amz-request-id": requestId,
        "x-amz-id-2": HOST_ID,
        ...corsOf(request),
        ...answer.headers,
      };
      return {
        ...answer,
        headers: Object.fromEntries(
          Object.entries(headers).map(([name, value]) => [name, headerValue(value)]),
        ),
      };
    },
    objects: {
      head: async (bucket, key) => store.get(bucket)?.objects.get(key),
      async get(bucket, key) {
        const object = store.get(bucket)?.objects.get(key);
        return object && collect(object.body);
      },
      async open(bucket, key) {
        const body = store.get(bucket)?.objects.get(key)?.body;
        if (body === undefined) return undefined;
        return {
          ...held(body),
          size: body.size,
          stream: (start = 0, end = body.size) => stream(slice(body, { start, end: end - 1 })),
        };
      },
      async put(bucketName, key, body, contentType) {
        const bucket = store.get(bucketName);
        if (bucket === undefined) throw noSuchBucket(bucketName);
        const intake = createIntake(bodies, checkBody(new Map()));
        await intake.write(body);
        using received = await intake.finish(new Map());
        const object = bucket.put({
          key,
          body: received.body,
          size: body.length,
          etag: etagOf(received.md5),
          lastModified: wholeSeconds(clock()),
          contentType,
          headers: {},
        });
        notifications.publish({
          name: "ObjectCreated:Put",
          bucket: bucketName,
          key,
          object,
          versionId: object.versionId,
          principalId: "service",
          requestId: "LOCALRUN",
        });
      },
    },
    sendTestEvent: notifications.sendTestEvent,
    close: bodies.close,
  };
}

/** A form is signed by one of its fields, everything else in its headers or its query. */
function isForm({ method, key, query, headers }: S3Request): boolean {
  const isMultipart = /^multipart\/form-data\b/i.test(headers.get("content-type") ?? "");
  return method === "POST" && key === undefined && !query.has("delete") && isMultipart;
}

/** https://docs.aws.amazon.com/AmazonS3/latest/API/bucket-policy-s3-sigv4-conditions.html */
function authenticationContext({ place, signedAt }: VerifiedRequest, now: Date): AccessRequest["context"] {
  const version = { "s3:signatureversion": "AWS4-HMAC-SHA256" };
  if (place === "header") return { ...version, "s3:authType": "REST-HEADER" };
  const age = String(Math.max(now.getTime() - signedAt.getTime(), 0));
  return { ...version, "s3:authType": "REST-QUERY-STRING", "s3:signatureAge": age };
}

/** https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucket-owner-condition.html */
function requireOwner({ headers }: S3Request, accountId: string): void {
  const expected = headers.get("x-amz-expected-bucket-owner");
  if (expected !== undefined && expected !== accountId) throw accessDenied();
}

function failure(error: unknown, requestId: string, log: Log): Answer {
  const refused = error instanceof SignatureError ? refusedSignature(error.refusal) : error;
  if (refused instanceof S3Error) {
    // The caller may take it for a passing error and say nothing.
    if (refused.status === 501) log(`s3: ${refused.message}`);
    return errorAnswer(refused, requestId);
  }
  log(
    `S3 failed on request ${requestId}: ${refused instanceof Error ? (refused.stack ?? refused.message) : refused}`,
  );
  return errorAnswer(
    new S3Error("InternalError", "We encountered an internal error. Please try again.", 500),
    requestId,
  );
}

function errorAnswer(error: S3Error, requestId: string): Answer {
  return {
    status: error.status,
    headers: { "content-type": "application/xml", ...error.headers },
    body: errorDocument(error, requestId),
  };
}
