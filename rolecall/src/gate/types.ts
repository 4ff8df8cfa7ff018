import type { Readable } from "node:stream";
import type { AccessRequest, Caller, Decision, NamedPolicy } from "../iam/types.ts";

/** Who a signature belongs to: a function's execution role in a session, or the local developer. */
export interface Principal {
  /** The function's name, or "developer". */
  readonly name: string;
  readonly caller: Extract<Caller, { type: "principal" }>;
  readonly policies: readonly NamedPolicy[];
  /** The permissions boundary, where there is one. */
  readonly boundary?: NamedPolicy;
}

export interface Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken: string;
  /** When the session ends; every signature made with it ends then too. */
  readonly expiration: Date;
}

/** Asks IAM, and keeps the answer in the trace. Every module asks here and nowhere else. */
export interface Gate {
  /** A call that a principal makes itself. */
  authorize(principal: Principal, question: Question): Decision;
  /** A call that an AWS service makes for itself, decided by resource-based policies alone. */
  authorizeService(service: string, question: Question): Decision;
}

export type Question = Pick<AccessRequest, "action" | "resource" | "context"> & {
  /** Set when a service asks on the principal's behalf, e.g. "transcribe": shown in the trace. */
  readonly onBehalfBy?: string;
};

/** What IAM decides by. What is put into either map holds from the next decision on. */
export interface PoliciesInForce {
  /** The identity-based ones, by the principal's name. */
  readonly identity: Map<string, readonly NamedPolicy[]>;
  /** The resource-based ones, by the ARN of the resource that carries them. */
  readonly resource: Map<string, readonly NamedPolicy[]>;
}

/** One line of the trace. */
export interface TracedDecision extends Question {
  readonly time: Date;
  /** The principal's name, or the service's, e.g. "s3.amazonaws.com". */
  readonly who: string;
  readonly caller: Caller;
  readonly decision: Decision;
}

/** The bucket's content, not gated: for the services behind the gate. */
export interface ObjectStore {
  head(bucket: string, key: string): Promise<StoredObject | undefined>;
  /** Whole in memory: for what is known to be small. */
  get(bucket: string, key: string): Promise<Buffer | undefined>;
  /** Of any size. It is kept, whatever becomes of the object, until it is disposed of. */
  open(bucket: string, key: string): Promise<ObjectContent | undefined>;
  put(bucket: string, key: string, body: Buffer, contentType?: string): Promise<void>;
}

/** An object's bytes as they were when it was opened. */
export interface ObjectContent extends Disposable {
  /** Bytes. */
  readonly size: number;
  /**
   * @param start of the first byte, 0 by default
   * @param end behind the last byte, the size by default
   * @returns to be read to its end or destroyed
   */
  stream(start?: number, end?: number): Readable;
}

export interface StoredObject {
  /** Bytes. */
  readonly size: number;
  readonly etag: string;
  readonly lastModified: Date;
  readonly contentType: string | undefined;
}

/** Where a service says what happened, one line each; the command decides whether and how to show it. */
export type Log = (line: string) => void;
