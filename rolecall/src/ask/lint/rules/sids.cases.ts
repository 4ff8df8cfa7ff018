import { type Cases, policy, send, store } from "../testing/changes.ts";

export const cases: Cases = {
  "nameless-statement": {
    found: [
      {
        when: "it has no Sid",
        change: store({ Sid: undefined }),
        says: /statement 2 has no Sid/,
        at: ["serverless.yml", "iamRoleStatements:"],
      },
      {
        when: "a queue policy's has none",
        change: send({ Sid: undefined }),
        says: /ReelsQueuePolicy, statement 1 has no Sid/,
        at: ["resources/reels-queue.yml", "Sid: LetFilmsBucketSend"],
      },
    ],
    notFound: [{ when: "its Sid is another", change: store({ Sid: "Keep" }) }],
  },
  "repeated-sid": {
    found: [
      {
        when: "two policies of a role have it",
        change: (resources) => {
          resources.More = policy({ Roles: [{ Ref: "KeepFilmIamRoleLambdaExecution" }] });
        },
        says: /has this Sid too/,
        severity: "warning",
      },
    ],
    notFound: [
      {
        when: "two roles have it",
        change: (resources) => {
          resources.More = policy({ Roles: [{ Ref: "ReportCaptionsIamRoleLambdaExecution" }] });
        },
      },
    ],
  },
};
