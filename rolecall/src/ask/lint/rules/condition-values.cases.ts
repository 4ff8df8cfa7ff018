import { policyOf } from "../../../run/testing/changed-package.ts";
import {
  both,
  bucket,
  type Cases,
  find,
  literalStar,
  ownTag,
  start,
  store,
  written,
} from "../testing/changes.ts";

export const cases: Cases = {
  "unknown-operator": {
    found: [
      {
        when: "IAM has no such operator",
        change: store({ Condition: { StringLikes: { "aws:PrincipalTag/team": "x" } } }),
        says: /unknown condition operator "StringLikes", did you mean StringLike\?/,
        severity: "error",
        at: written,
      },
    ],
    notFound: [
      {
        when: "a set operator stands before it",
        change: start({ Condition: { "ForAnyValue:StringEquals": { "aws:TagKeys": "team" } } }),
      },
    ],
  },
  "operator-type": {
    found: [
      {
        when: "Bool on text",
        change: find({ Condition: { Bool: { "s3:prefix": "true" } } }),
        says: /Bool is for true or false, and s3:prefix is text.*StringEquals/s,
      },
      {
        when: "text on a number",
        change: find({ Condition: { StringEquals: { "s3:max-keys": "10" } } }),
        says: /NumericEquals/,
      },
      {
        when: "text on true or false",
        change: store({ Condition: { StringEquals: { "aws:SecureTransport": "true" } } }),
        says: /Write Bool/,
      },
      {
        when: "text on an address",
        change: store({ Condition: { StringLike: { "aws:SourceIp": "192.0.2.*" } } }),
        says: /Write IpAddress/,
      },
    ],
    notFound: [
      {
        when: "text on an ARN",
        change: store({
          Condition: { StringLike: { "aws:PrincipalArn": "arn:aws:iam::123456789012:role/x" } },
        }),
      },
      {
        when: "a number on seconds since 1970",
        change: store({ Condition: { NumericLessThan: { "aws:EpochTime": "2000000000" } } }),
      },
      { when: "Null", change: find({ Condition: { Null: { "s3:max-keys": "false" } } }) },
    ],
  },
  "set-operator": {
    found: [
      {
        when: "a list has none",
        change: start({ Condition: { StringEquals: { "aws:TagKeys": "team" } } }),
        says: /ForAnyValue:StringEquals/,
        severity: "error",
      },
      {
        when: "one value has one",
        change: find({ Condition: { "ForAnyValue:StringLike": { "s3:prefix": "films/*" } } }),
        says: /has one value.*Write StringLike\./s,
        severity: "warning",
      },
    ],
    notFound: [
      {
        when: "a list has one",
        change: start({ Condition: { "ForAnyValue:StringEquals": { "aws:TagKeys": "team" } } }),
      },
    ],
  },
  "literal-wildcard": {
    found: [
      {
        when: "StringEquals has a star",
        change: find({ Condition: { StringEquals: { "s3:prefix": "films/*" } } }),
        says: /ordinary character.*Write StringLike\./s,
      },
    ],
    notFound: [
      {
        when: "the star is meant",
        change: find({ Condition: { StringEquals: { "s3:prefix": literalStar } } }),
      },
      { when: "StringLike has it", change: find({ Condition: { StringLike: { "s3:prefix": "films/*" } } }) },
    ],
  },
  contradiction: {
    found: [
      {
        when: "two values have to hold",
        change: find({
          Condition: {
            StringEquals: { "s3:prefix": "captions/a" },
            StringLike: { "S3:prefix": "films/*" },
          },
        }),
        says: /nothing meets both StringEquals s3:prefix: captions\/a and StringLike/,
      },
      {
        when: "the key has to be absent and equal",
        change: find({
          Condition: { Null: { "s3:prefix": "true" }, StringLike: { "s3:prefix": "films/*" } },
        }),
        says: /never applies/,
      },
    ],
    notFound: [
      {
        when: "one narrows the other",
        change: find({
          Condition: { StringEquals: { "s3:prefix": "films/a" }, StringLike: { "s3:prefix": "films/*" } },
        }),
      },
      {
        when: "the key has to be there",
        change: find({
          Condition: { Null: { "s3:prefix": "false" }, StringLike: { "s3:prefix": "films/*" } },
        }),
      },
    ],
  },
  "variable-in-old-version": {
    found: [
      {
        when: "there is no Version",
        change: both(
          store({ Resource: { "Fn::Join": ["", [bucket, `/films/${ownTag}/*`]] } }),
          (resources) => {
            delete policyOf(resources, "KeepFilm").Version;
          },
        ),
        says: /Version: "2012-10-17"/,
      },
    ],
    notFound: [
      {
        when: "there is one",
        change: store({ Resource: { "Fn::Join": ["", [bucket, `/films/${ownTag}/*`]] } }),
      },
    ],
  },
};
