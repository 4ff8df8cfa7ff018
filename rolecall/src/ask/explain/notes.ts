import { policyHolder } from "../../iam/global-context.ts";
import type { AccessRequest, Decision } from "../../iam/types.ts";
import type { Service } from "../../stack/source/service.ts";
import type { Stack } from "../../stack/template.ts";

/** Services whose resources carry policies of their own. */
const policyCarriers: ReadonlySet<string> = new Set([
  "dynamodb",
  "lambda",
  "s3",
  "secretsmanager",
  "sns",
  "sqs",
]);

/**
 * Whether a resource can carry a policy of its own, as far as is known. An HTTP API cannot, a REST API can.
 *
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_aws-services-that-work-with-iam.html
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-vs-rest.html
 */
export function carriesPolicy(resource: string, { resources }: Stack): boolean {
  const [, , service, , , name = ""] = resource.split(":");
  const [apiId] = name.split("/");
  const isHttpApi =
    service === "execute-api" &&
    [...resources.values()].some(
      ({ type, physicalId }) => type === "AWS::ApiGatewayV2::Api" && physicalId === apiId,
    );
  return service !== "transcribe" && !isHttpApi;
}

/** What the decision alone does not say. */
export function notesOn(
  request: AccessRequest,
  decision: Decision,
  { stack, roles, resourcePolicies }: Service,
): readonly string[] {
  const { action, resource, context, caller, resourceAccountId } = request;
  const notes: string[] = [];
  const holder = policyHolder(resource);
  const isOurs = [...stack.resources.values()].some(
    ({ arn }) => arn !== undefined && (holder === arn || holder.startsWith(`${arn}/`)),
  );
  if (policyCarriers.has(resource.split(":")[2] ?? "") && !isOurs) {
    notes.push(
      `${holder} is not in this stack: a resource-based policy of its own is not known here, and was left out.`,
    );
  }
  if (action.startsWith("kms:") && !resourcePolicies.has(holder)) {
    notes.push(
      "A key's own policy has to allow it as well. It is not looked at here: by the one that KMS gives a key, the account's identity-based policies decide.",
    );
  }
  if (action.startsWith("sts:AssumeRole") && !roles.some(({ arn }) => arn === resource)) {
    notes.push("The role's trust policy has to allow it as well, and is not known here.");
  }
  const isDenied = decision.outcome !== "allowed";
  const isFromOutside = caller.type !== "principal" || caller.accountId !== resourceAccountId;
  if (isDenied && isFromOutside && !carriesPolicy(resource, stack)) {
    notes.push(
      `${resource} cannot carry a policy, so nobody from outside the account ${resourceAccountId} can be let in: the call has to be signed as a principal of that account, say a role there that the caller may assume (sts:AssumeRole).`,
    );
  }
  const keys = new Set(Object.keys(context).map((key) => key.toLowerCase()));
  if (isDenied && action === "s3:ListBucket" && !keys.has("s3:prefix")) {
    notes.push(
      "S3 also asks for s3:ListBucket, without a prefix, before it says that an object is not there: who reads a key that does not exist may get this denial in place of a 404.",
    );
  }
  if (
    caller.type === "service" &&
    caller.service === "transcribe.amazonaws.com" &&
    action.startsWith("s3:")
  ) {
    notes.push(
      "Transcribe does not ask in its own name: it reads and writes with the rights of whoever starts the job. Ask about that function.",
    );
  }
  if (!isDenied && action === "transcribe:StartTranscriptionJob") {
    notes.push(
      "Transcribe then reads the audio and writes the transcript with the rights of this caller: ask about s3:GetObject and s3:PutObject too.",
    );
  }
  return notes;
}
