import type { Lab } from "../lab.ts";

export const circularNotification: Lab = {
  name: "circular-notification",
  changes: [
    {
      file: "resources/uploads-queue.yml",
      at: [
        "Resources",
        "UploadsQueuePolicy",
        "Properties",
        "PolicyDocument",
        "Statement",
        { Sid: "LetOurBucketSend" },
        "Condition",
        "ArnEquals",
      ],
      to: "{ aws:SourceArn: !GetAtt RecordingsBucket.Arn }",
    },
  ],
  shows: { at: "deployment", refusal: /Circular dependency between resources/ },
};
