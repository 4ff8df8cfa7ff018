import type { APIGatewayProxyEventV2, Context, EventBridgeEvent, SQSEvent } from "aws-lambda";

/** What Lambda tells of an invocation, as far as a handler may read it. */
export const context: Context = {
  awsRequestId: "11111111-2222-4333-8444-555555555555",
  callbackWaitsForEmptyEventLoop: false,
  functionName: "voice-notes-test-function",
  functionVersion: "$LATEST",
  invokedFunctionArn: "arn:aws:lambda:us-east-1:123456789012:function:voice-notes-test-function",
  logGroupName: "/aws/lambda/voice-notes-test-function",
  logStreamName: "2026/11/24/[$LATEST]0",
  memoryLimitInMB: "256",
  getRemainingTimeInMillis: () => 10_000,
  done: () => {},
  fail: () => {},
  succeed: () => {},
};

/** The parts of a request that a handler reads. Bytes arrive in base64 and text as it is, as at a real HTTP API. */
export interface HttpRequest {
  headers?: Record<string, string>;
  query?: Record<string, string>;
  path?: Record<string, string>;
  body?: string | Uint8Array;
}

/** https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html */
export function httpEvent({ headers = {}, query, path, body }: HttpRequest = {}): APIGatewayProxyEventV2 {
  const isBase64Encoded = body instanceof Uint8Array;
  return {
    version: "2.0",
    routeKey: "$default",
    rawPath: "/",
    rawQueryString: new URLSearchParams(query).toString(),
    headers,
    requestContext: {
      accountId: "123456789012",
      apiId: "api",
      domainName: "api.example.com",
      domainPrefix: "api",
      http: { method: "POST", path: "/", protocol: "HTTP/1.1", sourceIp: "192.0.2.1", userAgent: "test" },
      requestId: "request",
      routeKey: "$default",
      stage: "$default",
      time: "24/Nov/2026:12:00:00 +0000",
      timeEpoch: Date.UTC(2026, 10, 24, 12),
    },
    isBase64Encoded,
    ...(query && { queryStringParameters: query }),
    ...(path && { pathParameters: path }),
    ...(body !== undefined && {
      body: isBase64Encoded ? Buffer.from(body).toString("base64") : body,
    }),
  };
}

/** A batch from the uploads queue: a message for each body, with the ids `message-1`, `message-2` and so on. */
export function uploadsEvent(...bodies: string[]): SQSEvent {
  return {
    Records: bodies.map((body, index) => ({
      messageId: `message-${index + 1}`,
      receiptHandle: `receipt-${index + 1}`,
      body,
      attributes: {
        ApproximateReceiveCount: "1",
        SentTimestamp: "1795521600000",
        SenderId: "s3",
        ApproximateFirstReceiveTimestamp: "1795521600001",
      },
      messageAttributes: {},
      md5OfBody: "",
      eventSource: "aws:sqs",
      eventSourceARN: "arn:aws:sqs:us-east-1:123456789012:voice-notes-test-uploads",
      awsRegion: "us-east-1",
    })),
  };
}

/**
 * The message that S3 sends for uploaded objects.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html
 */
export function uploadNotification(...keys: string[]): string {
  return JSON.stringify({
    Records: keys.map((key) => ({
      eventVersion: "2.1",
      eventSource: "aws:s3",
      awsRegion: "us-east-1",
      eventTime: "2026-11-24T12:00:00.000Z",
      eventName: "ObjectCreated:Put",
      s3: {
        s3SchemaVersion: "1.0",
        bucket: { name: "recordings-bucket", arn: "arn:aws:s3:::recordings-bucket" },
        object: { key: encodeKey(key), size: 4, sequencer: "0055AED6DCD90281E5" },
      },
    })),
  });
}

/** A key as S3 writes it in a notification: as a form would, but for the slashes. */
function encodeKey(key: string): string {
  return encodeURIComponent(key).replaceAll("%2F", "/").replaceAll("%20", "+");
}

/** The message that S3 sends when the notification is set up. */
export const notificationTest = JSON.stringify({
  Service: "Amazon S3",
  Event: "s3:TestEvent",
  Time: "2026-11-24T12:00:00.000Z",
  Bucket: "recordings-bucket",
  RequestId: "request",
  HostId: "host",
});

/** https://docs.aws.amazon.com/transcribe/latest/dg/monitoring-events.html */
export function jobStateChange(detail: unknown): EventBridgeEvent<string, unknown> {
  return {
    version: "0",
    id: "11111111-2222-4333-8444-555555555555",
    "detail-type": "Transcribe Job State Change",
    source: "aws.transcribe",
    account: "123456789012",
    time: "2026-11-24T12:00:00Z",
    region: "us-east-1",
    resources: [],
    detail,
  };
}
