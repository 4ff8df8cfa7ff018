import type { Lab } from "../lab.ts";

export const queueRefusesTheBucket: Lab = {
  name: "queue-refuses-the-bucket",
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
      // biome-ignore lint/suspicious/noTemplateCurlyInString: the framework's
      to: '{ aws:SourceArn: !Sub "arn:${AWS::Partition}:s3:::${self:custom.bucketName}/*" }',
    },
  ],
  shows: { at: "deployment", refusal: /Unable to validate the following destination configurations/ },
  rule: "notification-rights",
};
