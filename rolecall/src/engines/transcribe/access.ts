import type { Gate, Principal, Question } from "../../gate/types.ts";
import { denialMessage } from "../../iam/denial.ts";
import { ServiceError } from "./errors.ts";

/** Where the service stands: what its ARNs and answers are made of. */
export interface Place {
  /** "aws", "aws-cn" or "aws-us-gov". */
  readonly partition: string;
  readonly region: string;
  readonly accountId: string;
}

export interface ObjectLocation {
  readonly bucket: string;
  readonly key: string;
}

/** https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazontranscribe.html */
export function jobArn({ partition, region, accountId }: Place, jobName: string): string {
  return `arn:${partition}:transcribe:${region}:${accountId}:transcription-job/${jobName}`;
}

/**
 * Asks whether the caller may do what it asks of Transcribe.
 *
 * @param named the resource that a denial names: the job even where the question itself is about `*`
 * @throws {ServiceError} AccessDeniedException
 */
export function requireAllowed(
  gate: Gate,
  principal: Principal,
  question: Omit<Question, "onBehalfBy">,
  named: string = question.resource,
): void {
  const decision = gate.authorize(principal, question);
  if (decision.outcome === "allowed") return;
  const { caller } = principal;
  // Transcribe writes the ARN without the quotes that S3 puts around it.
  const message = denialMessage({ caller, action: question.action, resource: named }, decision, {
    quoteResource: false,
  });
  throw new ServiceError("AccessDeniedException", message);
}

/**
 * Without a data-access role Transcribe reaches S3 with the caller's own permissions, so the caller must be
 * allowed both actions: the job in Transcribe, and the object in S3.
 * https://docs.aws.amazon.com/transcribe/latest/dg/security_iam_service-with-iam.html
 */
export function mayAsCaller(
  { gate, place }: { readonly gate: Gate; readonly place: Place },
  principal: Principal,
  action: "s3:GetObject" | "s3:PutObject",
  { bucket, key }: ObjectLocation,
): boolean {
  const resource = `arn:${place.partition}:s3:::${bucket}/${key}`;
  const decision = gate.authorize(principal, { action, resource, context: {}, onBehalfBy: "transcribe" });
  return decision.outcome === "allowed";
}
