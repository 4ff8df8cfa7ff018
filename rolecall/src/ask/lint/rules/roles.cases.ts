import { variablesOf } from "../../../testing/film-archive/film-archive.ts";
import { type Cases, edit, manyStatements, policy, role, set, trust } from "../testing/changes.ts";

export const cases: Cases = {
  "role-not-assumable": {
    found: [
      {
        when: "another service may",
        change: trust({ Principal: { Service: "ec2.amazonaws.com" } }),
        says: /does not let lambda\.amazonaws\.com assume it/,
        severity: "error",
      },
    ],
    notFound: [
      {
        when: "Lambda may on a condition",
        change: trust({ Condition: { StringEquals: { "aws:SourceAccount": "123456789012" } } }),
      },
      {
        when: "the role is not in the template",
        change: set("KeepFilmLambdaFunction", { Role: "arn:aws:iam::123456789012:role/any" }),
      },
    ],
  },
  "shared-role": {
    found: [
      {
        when: "two functions have one",
        change: set("ShowFilmLambdaFunction", {
          Role: { "Fn::GetAtt": ["KeepFilmIamRoleLambdaExecution", "Arn"] },
        }),
        says: /keepFilm and showFilm share the role/,
      },
    ],
    notFound: [
      {
        when: "two roles say the same",
        change: edit("ShowFilm", "FindFilm", { Sid: "KeepFilm" }),
      },
    ],
  },
  "spare-principal": {
    found: [
      {
        when: "nothing uses a role",
        change: (resources) => {
          resources.Spare = role();
        },
        says: /Spare is a role that nothing/,
        severity: "error",
      },
      {
        when: "a function uses another's role",
        change: set("ShowFilmLambdaFunction", {
          Role: { "Fn::GetAtt": ["KeepFilmIamRoleLambdaExecution", "Arn"] },
        }),
        says: /ShowFilmIamRoleLambdaExecution is a role that nothing/,
      },
      {
        when: "something else uses a role",
        change: (resources) => {
          resources.Data = role();
          variablesOf(resources, "KeepFilm").DATA_ROLE = { "Fn::GetAtt": ["Data", "Arn"] };
        },
        says: /KeepFilmLambdaFunction refers to it, and nothing here checks/,
        severity: "warning",
      },
      {
        when: "no role has a policy",
        change: (resources) => {
          resources.More = policy({ Roles: [] });
        },
        says: /More is a policy that no role, user or group of the template has/,
      },
    ],
    notFound: [
      {
        when: "a function's role has a policy",
        change: (resources) => {
          resources.More = policy({ Roles: [{ Ref: "KeepFilmIamRoleLambdaExecution" }] });
        },
      },
    ],
  },
  "trust-others": {
    found: [
      {
        when: "another service may assume it",
        change: trust({ Principal: { Service: ["lambda.amazonaws.com", "ec2.amazonaws.com"] } }),
        says: /ec2\.amazonaws\.com may assume/,
      },
      {
        when: "the whole account may",
        change: trust({ Principal: { Service: "lambda.amazonaws.com", AWS: "123456789012" } }),
        says: /123456789012 may assume/,
      },
      {
        when: "another action is allowed",
        change: trust({ Action: ["sts:AssumeRole", "sts:TagSession"] }),
        says: /also allows sts:TagSession/,
      },
    ],
    notFound: [{ when: "the action is in another case", change: trust({ Action: "sts:assumerole" }) }],
  },
  "role-name-length": {
    found: [
      {
        when: "it has 65 characters",
        change: set("KeepFilmIamRoleLambdaExecution", { RoleName: "a".repeat(65) }),
        says: /has 65 characters of at most 64/,
        at: ["serverless.yml", "keepFilm:"],
      },
    ],
    notFound: [
      { when: "it has 64", change: set("KeepFilmIamRoleLambdaExecution", { RoleName: "a".repeat(64) }) },
    ],
  },
  "policy-size": {
    found: [
      {
        when: "the inline policies are too large",
        change: set("KeepFilmIamRoleLambdaExecution", {
          Policies: [manyStatements(60), manyStatements(60)],
        }),
        says: /inline policies have \d+ characters of at most 10240/,
      },
      {
        when: "the managed policy is too large",
        change: (resources) => {
          const { PolicyDocument } = manyStatements(60);
          resources.Large = { Type: "AWS::IAM::ManagedPolicy", Properties: { PolicyDocument } };
          resources.KeepFilmIamRoleLambdaExecution.Properties.ManagedPolicyArns = [{ Ref: "Large" }];
        },
        says: /managed policy has \d+ characters of at most 6144/,
      },
      {
        when: "the trust policy is too large",
        change: trust({ Sid: "a".repeat(2000) }),
        says: /trust policy has \d+ characters of at most 2048/,
      },
    ],
    notFound: [
      {
        when: "they just fit",
        change: set("KeepFilmIamRoleLambdaExecution", { Policies: [manyStatements(60)] }),
      },
    ],
  },
};
