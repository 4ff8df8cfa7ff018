/**
 * Operations of the API that no action is called after, and the actions that stand for them.
 *
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/using-with-s3-policy-actions.html
 */
const operations: ReadonlyMap<string, readonly string[]> = new Map([
  ["lambda:invoke", ["lambda:InvokeFunction"]],
  ["s3:completemultipartupload", ["s3:PutObject"]],
  ["s3:copyobject", ["s3:GetObject", "s3:PutObject"]],
  ["s3:createmultipartupload", ["s3:PutObject"]],
  ["s3:deleteobjects", ["s3:DeleteObject"]],
  ["s3:headbucket", ["s3:ListBucket"]],
  ["s3:headobject", ["s3:GetObject"]],
  ["s3:listbuckets", ["s3:ListAllMyBuckets"]],
  ["s3:listobjects", ["s3:ListBucket"]],
  ["s3:listobjectsv2", ["s3:ListBucket"]],
  ["s3:listparts", ["s3:ListMultipartUploadParts"]],
  ["s3:postobject", ["s3:PutObject"]],
  ["s3:uploadpart", ["s3:PutObject"]],
  ["s3:uploadpartcopy", ["s3:GetObject", "s3:PutObject"]],
  ["sns:publishbatch", ["sns:Publish"]],
  ["sqs:changemessagevisibilitybatch", ["sqs:ChangeMessageVisibility"]],
  ["sqs:deletemessagebatch", ["sqs:DeleteMessage"]],
  ["sqs:sendmessagebatch", ["sqs:SendMessage"]],
]);

/** The actions that IAM asks for when an operation of this name is called; none when it has no special case. */
export function actionsOfOperation(operation: string): readonly string[] {
  return operations.get(operation.toLowerCase()) ?? [];
}
