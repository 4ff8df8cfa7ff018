import { CloudFormationClient } from "@aws-sdk/client-cloudformation";
import { CloudWatchLogsClient } from "@aws-sdk/client-cloudwatch-logs";
import { IAMClient } from "@aws-sdk/client-iam";
import { LambdaClient } from "@aws-sdk/client-lambda";
import { S3Client } from "@aws-sdk/client-s3";
import { SQSClient } from "@aws-sdk/client-sqs";
import { STSClient } from "@aws-sdk/client-sts";
import { TranscribeClient } from "@aws-sdk/client-transcribe";
import type { CredentialProvider } from "../../index.ts";

export interface Clients {
  readonly cloudFormation: CloudFormationClient;
  readonly iam: IAMClient;
  readonly lambda: LambdaClient;
  readonly logs: CloudWatchLogsClient;
  readonly s3: S3Client;
  readonly sqs: SQSClient;
  readonly sts: STSClient;
  readonly transcribe: TranscribeClient;
}

/** Milliseconds: nobody waits for ever in front of a terminal. */
const timeouts = { connectionTimeout: 5_000, requestTimeout: 30_000, throwOnRequestTimeout: true };

/** Clients of one region, all with the same credentials. */
export function createClients(region: string, credentials: CredentialProvider): Clients {
  // Deleting 5 jobs a second is Transcribe's limit, so patience is needed more often than elsewhere.
  const options = { region, credentials, maxAttempts: 6, requestHandler: timeouts };
  return {
    cloudFormation: new CloudFormationClient(options),
    iam: new IAMClient(options),
    lambda: new LambdaClient(options),
    logs: new CloudWatchLogsClient(options),
    s3: new S3Client(options),
    sqs: new SQSClient(options),
    sts: new STSClient(options),
    transcribe: new TranscribeClient(options),
  };
}

export function destroyClients(clients: Clients): void {
  for (const client of Object.values(clients)) client.destroy();
}
