import type { Lab } from "../lab.ts";

export const queueRefusesTheBucket: Lab = {
  name: "queue-refuses-the-bucket",
  changes: [
    {
      file: "resources/uploads-queue.yml",
      // biome-ignore lint/suspicious/noTemplateCurlyInString: the framework's
      replace: "s3:::${self:custom.bucketName}",
      // biome-ignore lint/suspicious/noTemplateCurlyInString: the framework's
      by: "s3:::${self:custom.bucketName}/*",
    },
  ],
  shows: { at: "deployment", refusal: /Unable to validate the following destination configurations/ },
  rule: "notification-rights",
};
