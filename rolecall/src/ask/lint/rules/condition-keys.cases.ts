import {
  add,
  arn,
  bucket,
  type Cases,
  films,
  find,
  read,
  start,
  store,
  written,
} from "../testing/changes.ts";

export const cases: Cases = {
  "unknown-condition-key": {
    found: [
      {
        when: "a global key is misspelt",
        change: store({ Condition: { StringEquals: { "aws:SourceVpcee": "vpce-1" } } }),
        says: /no condition key aws:SourceVpcee, so this Allow never applies.*Write aws:SourceVpce/s,
      },
      {
        when: "a service's key is misspelt",
        change: find({ Condition: { StringLike: { "s3:prefixes": "films/*" } } }),
        says: /Write s3:prefix\./,
      },
      {
        when: "nothing is called so",
        change: add({
          Effect: "Deny",
          Action: "s3:PutObject",
          Resource: films,
          Condition: { StringNotEquals: { "our:key": "x" } },
        }),
        says: /this Deny always applies/,
      },
    ],
    notFound: [
      {
        when: "the key is in another case",
        change: find({ Condition: { StringLike: { "S3:Prefix": "films/*" } } }),
      },
      {
        when: "a tag's key is a variable",
        change: store({ Condition: { StringEquals: { "aws:PrincipalTag/team": "voice" } } }),
      },
    ],
  },
  "condition-key-never-carried": {
    found: [
      {
        when: "only listing carries it",
        change: store({ Condition: { StringLike: { "s3:prefix": "films/*" } } }),
        says: /s3:PutObject never carries s3:prefix, so this Allow never applies/,
        at: written,
      },
      {
        when: "one of two actions carries it",
        change: find({ Action: ["s3:ListBucket", "s3:GetObject"], Resource: [bucket, films] }),
        says: /s3:GetObject never carries.*statement of its own for s3:GetObject/s,
      },
      {
        when: "a Deny waits for it",
        change: add({
          Effect: "Deny",
          Action: "s3:DeleteObject",
          Resource: films,
          Condition: { StringLike: { "s3:prefix": "films/*" } },
        }),
        says: /this Deny never applies/,
      },
      {
        when: "a Deny spares only who sends it",
        change: add({
          Effect: "Deny",
          Action: "s3:DeleteObject",
          Resource: films,
          Condition: { StringNotLike: { "s3:prefix": "films/*" } },
        }),
        says: /this Deny always applies/,
      },
      {
        when: "an Allow does not need it",
        change: store({ Condition: { StringNotEquals: { "s3:prefix": "films/" } } }),
        says: /the condition limits nothing/,
      },
      {
        when: "a function's requests have no source",
        change: store({ Condition: { ArnLike: { "aws:SourceArn": "arn:aws:s3:::mine" } } }),
        says: /a function's requests never carry aws:SourceArn/,
      },
      {
        when: "a function has no second factor",
        change: store({ Condition: { Bool: { "aws:MultiFactorAuthPresent": "true" } } }),
        says: /no second factor/,
      },
      {
        when: "objects have no tags of this kind",
        change: read({ Condition: { StringEquals: { "aws:RequestTag/team": "voice" } } }),
        says: /never carries aws:RequestTag\/team/,
      },
    ],
    notFound: [
      {
        when: "IfExists is for the one that carries it",
        change: find({
          Action: ["s3:ListBucket", "s3:GetObject"],
          Resource: [bucket, films],
          Condition: { StringLikeIfExists: { "s3:prefix": "films/*" } },
        }),
      },
      {
        when: "the key is global",
        change: store({ Condition: { IpAddress: { "aws:SourceIp": "192.0.2.0/24" } } }),
      },
      {
        when: "Lambda puts it into the session",
        change: store({
          Condition: { ArnLike: { "lambda:SourceFunctionArn": arn("lambda", "function:one") } },
        }),
      },
      {
        when: "some action of a wildcard carries it",
        change: add({
          Effect: "Deny",
          Action: "s3:List*",
          Resource: bucket,
          Condition: { StringLike: { "s3:prefix": "private/*" } },
        }),
      },
    ],
  },
  "open-when-absent": {
    found: [
      {
        when: "IfExists",
        change: start({ Condition: { StringEqualsIfExists: { "transcribe:OutputBucketName": "ours" } } }),
        says: /StringEqualsIfExists with transcribe:OutputBucketName also allows/,
        severity: "warning",
      },
      {
        when: "a negated operator",
        change: start({ Condition: { StringNotEquals: { "transcribe:OutputBucketName": "theirs" } } }),
        says: /also allows/,
      },
      {
        when: "ForAllValues",
        change: start({ Condition: { "ForAllValues:StringEquals": { "aws:TagKeys": ["team"] } } }),
        says: /Null: \{ aws:TagKeys: "false" \}/,
        severity: "error",
      },
    ],
    notFound: [
      {
        when: "Null asks for the key",
        change: start({
          Condition: {
            StringNotEquals: { "transcribe:OutputBucketName": "theirs" },
            Null: { "transcribe:OutputBucketName": "false" },
          },
        }),
      },
      {
        when: "every request has the key",
        change: store({ Condition: { ArnNotLike: { "aws:PrincipalArn": "arn:aws:iam::*:role/other" } } }),
      },
      {
        when: "it is a Deny",
        change: add({
          Effect: "Deny",
          Action: "s3:ListBucket",
          Resource: bucket,
          Condition: { StringNotLike: { "s3:prefix": "films/*" } },
        }),
      },
    ],
  },
};
