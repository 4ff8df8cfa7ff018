import { name } from "../../../testing/film-archive/film-archive.ts";
import { arn, type Cases, send, set } from "../testing/changes.ts";

export const cases: Cases = {
  "caller-without-source": {
    found: [
      {
        when: "a permission names no source",
        change: set("KeepFilmLambdaPermissionHttpApi", { SourceArn: undefined }),
        says: /apigateway\.amazonaws\.com may call for anybody.*Set SourceArn/s,
        at: ["serverless.yml", "path: /films,"],
      },
      {
        when: "the source is everything",
        change: set("KeepFilmLambdaPermissionHttpApi", { SourceArn: "arn:*:*:*:*:*" }),
        says: /no source is named/,
      },
      {
        when: "a bucket's ARN comes without its account",
        change: send({
          Condition: { ArnEquals: { "aws:SourceArn": `arn:aws:s3:::${name}-dev-123456789012-us-east-1` } },
        }),
        says: /names no account.*aws:SourceAccount/s,
        at: ["resources/reels-queue.yml", "Sid: LetFilmsBucketSend"],
      },
      {
        when: "the source may be absent",
        change: send({
          Condition: {
            ArnEqualsIfExists: { "aws:SourceArn": "arn:aws:s3:::one" },
            StringEqualsIfExists: { "aws:SourceAccount": "123456789012" },
          },
        }),
        says: /no source is named/,
      },
    ],
    notFound: [
      {
        when: "a rule's ARN holds its account",
        change: set("KeepFilmLambdaPermissionHttpApi", { SourceArn: arn("events", `rule/${name}-dev`) }),
      },
    ],
  },
  "open-to-everyone": {
    found: [
      {
        when: "anybody may send",
        change: send({ Principal: "*", Condition: undefined }),
        says: /anybody, in any account or none, may sqs:SendMessage/,
      },
      {
        when: "the condition says only how",
        change: send({ Principal: "*", Condition: { Bool: { "aws:SecureTransport": "true" } } }),
        says: /anybody/,
      },
      {
        when: "every address is meant",
        change: send({ Principal: { AWS: "*" }, Condition: { IpAddress: { "aws:SourceIp": "0.0.0.0/0" } } }),
        says: /anybody/,
      },
      {
        when: "a permission is for everybody",
        change: set("KeepFilmLambdaPermissionHttpApi", { Principal: "*", SourceArn: undefined }),
        says: /anybody/,
      },
    ],
    notFound: [
      {
        when: "a condition says who",
        change: send({ Principal: "*", Condition: { StringEquals: { "aws:PrincipalOrgID": "o-example" } } }),
      },
      {
        when: "it is a Deny",
        change: send({
          Effect: "Deny",
          Principal: "*",
          Condition: { Bool: { "aws:SecureTransport": "false" } },
        }),
      },
    ],
  },
  "other-account": {
    found: [
      {
        when: "another account may send",
        change: send({ Principal: { AWS: "arn:aws:iam::210987654321:root" }, Condition: undefined }),
        says: /210987654321:root is of another account/,
        severity: "warning",
      },
    ],
    notFound: [
      {
        when: "a role of this account may",
        change: send({ Principal: { AWS: "arn:aws:iam::123456789012:role/sender" }, Condition: undefined }),
      },
    ],
  },
};
