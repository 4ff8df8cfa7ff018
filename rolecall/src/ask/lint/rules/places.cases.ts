import { name } from "../../../testing/film-archive/film-archive.ts";
import { add, arn, type Cases, films, job, read, store } from "../testing/changes.ts";

export const cases: Cases = {
  "other-place": {
    found: [
      {
        when: "the partition is written out",
        change: read({ Resource: job(`${name}_dev_*`).replace("aws", "aws-cn") }),
        says: /partition aws-cn.*\$\{AWS::Partition\}/s,
      },
      {
        when: "the region is a wildcard",
        change: read({ Resource: job(`${name}_dev_*`).replace("us-east-1", "*") }),
        says: /every region.*\$\{AWS::Region\}/s,
      },
      {
        when: "the account is a wildcard",
        change: read({ Resource: job(`${name}_dev_*`).replace(/\d{12}/, "*") }),
        says: /every account/,
      },
      {
        when: "the stack's own queue is meant in another region",
        change: add({
          Action: "sqs:SendMessage",
          Resource: arn("sqs", `${name}-dev-reels`).replace("us-east-1", "us-west-2"),
        }),
        says: /the region us-west-2, and the stack's own is arn:aws:sqs:us-east-1/,
        severity: "warning",
      },
    ],
    notFound: [
      {
        when: "somebody else's queue is in another region",
        change: add({
          Action: "sqs:SendMessage",
          Resource: arn("sqs", "theirs-dev").replace("us-east-1", "us-west-2"),
        }),
      },
      { when: "an ARN has neither region nor account", change: store({ Resource: films }) },
    ],
  },
};
