import type { Lab } from "../lab.ts";
import { expectText } from "../observing.ts";

export const putOnlyNotification: Lab = {
  name: "put-only-notification",
  changes: [
    {
      file: "resources/recordings-bucket.yml",
      at: [
        "Resources",
        "RecordingsBucket",
        "Properties",
        "NotificationConfiguration",
        "QueueConfigurations",
        { Event: "s3:ObjectCreated:*" },
        "Event",
      ],
      to: "s3:ObjectCreated:Put",
    },
  ],
  shows: {
    at: "run",
    async observe({ api, ended, logOf }) {
      const { id, form } = await api.issueUploadForm("audio/wav");
      await api.postForm(form, Buffer.from("RIFF"));
      const { status } = await ended(id);
      expectText(status, /^uploaded$/);
      return [
        "The form is posted.",
        `GET /recordings/${id} answers "status": "${status}", however long one waits`,
        `startTranscription logs ${logOf("startTranscription").length || "nothing"}`,
      ];
    },
  },
};
