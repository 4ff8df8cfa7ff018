import type { Readable } from "node:stream";
import type { Gate, Principal } from "../../gate/types.ts";
import { type XmlElement, type XmlNode, xmlDocument } from "../../gate/xml.ts";
import type { AccessRequest } from "../../iam/types.ts";
import { absenceNeed, denial } from "./access.ts";
import type { ChecksumAlgorithm } from "./checksums.ts";
import { accessDenied, noSuchKey, type S3Error } from "./errors.ts";
import type { EventName } from "./notifications.ts";
import type { Received } from "./receive.ts";
import type { S3Request } from "./request.ts";
import type { Bucket, S3Object, Store } from "./store.ts";

/** A request that was verified and allowed, with what its operation works on. */
export interface Call {
  readonly request: S3Request;
  readonly principal: Principal;
  /** Condition keys that say how the request was signed. */
  readonly authentication: AccessRequest["context"];
  readonly now: Date;
  readonly store: Store;
  readonly gate: Gate;
  readonly region: string;
  readonly partition: string;
  readonly accountId: string;
  /**
   * Takes the request's body into the store once it proved to be what the signature and every checksum say.
   *
   * @param wanted the algorithm of the checksum that is computed where none is sent
   */
  receive(wanted?: ChecksumAlgorithm): Promise<Received>;
  /**
   * Reads the XML document that the request consists of, verified likewise.
   *
   * @param checksumOf what the request's checksum header covers: the document (the default), or the object that the
   *   document only describes, whose checksum is then left to the caller
   */
  document(checksumOf?: "document" | "object"): Promise<XmlNode>;
  /**
   * Tells those who want to know of the bucket.
   *
   * @param versionId the object's by default
   */
  publish(name: EventName, bucket: Bucket, key: string, object?: S3Object, versionId?: string): void;
}

export interface BucketCall extends Call {
  readonly bucket: Bucket;
}

export interface ObjectCall extends BucketCall {
  readonly key: string;
}

export interface Answer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** A stream's length stands in the headers. */
  readonly body?: string | Buffer | Readable;
}

export function xmlAnswer(element: XmlElement, headers: Readonly<Record<string, string>> = {}): Answer {
  return {
    status: 200,
    headers: { "content-type": "application/xml", ...headers },
    body: xmlDocument(element),
  };
}

/**
 * What is said of an object that is not there: that it is not, to those who may list the bucket; to others no more
 * than of an object that they may not read.
 */
export function absent(
  { gate, principal, partition, authentication }: Call,
  bucket: string,
  key: string,
): S3Error {
  const reason = denial(gate, principal, absenceNeed(partition, bucket, authentication));
  return reason === undefined ? noSuchKey(key) : accessDenied(reason);
}
