import { name } from "../../../testing/film-archive/film-archive.ts";
import { add, bucket, type Cases, films, send, start, store, written } from "../testing/changes.ts";

export const cases: Cases = {
  "unknown-action": {
    found: [
      {
        when: "one is misspelt",
        change: store({ Action: "s3:PutObjekt" }),
        says: /no action s3:PutObjekt.*Write s3:PutObject\./s,
        at: written,
      },
      {
        when: "it is called after an operation",
        change: store({ Action: "s3:HeadObject" }),
        says: /Write s3:GetObject\./,
      },
      {
        when: "there is no such service",
        change: store({ Action: "s4:PutObject" }),
        says: /no action s4:PutObject/,
      },
      {
        when: "a wildcard matches nothing",
        change: store({ Action: "s3:Putt*" }),
        says: /no action s3:Putt\*/,
      },
      {
        when: "a Deny denies nothing",
        change: add({ Effect: "Deny", Action: "s3:Destroy", Resource: films }),
        says: /denies nothing/,
      },
    ],
    notFound: [{ when: "one is in another case", change: store({ Action: "S3:putobject" }) }],
  },
  "wildcard-action": {
    found: [
      {
        when: "a statement allows s3:Put*",
        change: store({ Action: "s3:Put*" }),
        says: /s3:Put\* allows \d+ actions.*Name the actions that are called, e\.g\. s3:PutObject\./s,
        at: written,
      },
      {
        when: "a statement allows everything",
        change: store({ Action: "*" }),
        says: /every action of every service/,
      },
    ],
    notFound: [{ when: "a Deny has one", change: add({ Effect: "Deny", Action: "s3:*", Resource: films }) }],
  },
  "unlimited-action": {
    found: [
      {
        when: "a job may write anywhere",
        change: start({ Condition: undefined }),
        says: /StartTranscriptionJob takes no resource.*transcribe:OutputBucketName/s,
        severity: "warning",
        at: ["serverless.yml", "Sid: StartJobsForOurBucket"],
      },
    ],
    notFound: [
      {
        when: "no key could limit the action",
        change: add({ Action: "xray:PutTraceSegments", Resource: "*" }),
      },
    ],
  },
  "inverted-allow": {
    found: [
      {
        when: "NotAction",
        change: store({ Action: undefined, NotAction: "s3:DeleteObject" }),
        says: /NotAction with Allow.*Write Action/s,
        at: written,
      },
      {
        when: "NotResource",
        change: store({ Resource: undefined, NotResource: bucket }),
        says: /NotResource with Allow/,
      },
      {
        when: "NotPrincipal",
        change: send({ Principal: undefined, NotPrincipal: { Service: "s3.amazonaws.com" } }),
        says: /NotPrincipal with Allow/,
      },
    ],
    notFound: [
      { when: "it is a Deny", change: add({ Effect: "Deny", NotAction: "s3:PutObject", Resource: bucket }) },
    ],
  },
  "pass-role": {
    found: [
      {
        when: "any role may be passed",
        change: add({
          Action: "iam:PassRole",
          Resource: "*",
          Condition: { StringEquals: { "iam:PassedToService": "transcribe.amazonaws.com" } },
        }),
        says: /iam:PassRole on \*/,
        severity: "error",
      },
      {
        when: "to any service",
        change: add({
          Action: "iam:PassRole",
          Resource: `arn:aws:iam::123456789012:role/${name}-dev-reader`,
        }),
        says: /to any service/,
        severity: "warning",
      },
    ],
    notFound: [
      {
        when: "one role to one service",
        change: add({
          Action: "iam:PassRole",
          Resource: `arn:aws:iam::123456789012:role/${name}-dev-reader`,
          Condition: { StringEquals: { "iam:PassedToService": "transcribe.amazonaws.com" } },
        }),
      },
    ],
  },
};
