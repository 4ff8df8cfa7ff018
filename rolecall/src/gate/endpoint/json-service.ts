import type { Principal } from "../types.ts";

/** A call of an AWS JSON service whose signature was verified. */
export interface JsonCall {
  readonly principal: Principal;
  /** The `x-amz-target` header, e.g. "Transcribe.StartTranscriptionJob". */
  readonly target: string;
  readonly body: Buffer;
  readonly requestId: string;
}

/** A service that speaks AWS JSON 1.1: https://smithy.io/2.0/aws/protocols/aws-json-1_1-protocol.html */
export interface JsonService {
  /** Answers one call, its own errors included. */
  handle(call: JsonCall): Promise<{
    readonly status: number;
    readonly headers?: Readonly<Record<string, string>>;
    /** To be written as JSON. */
    readonly body: unknown;
  }>;
}
