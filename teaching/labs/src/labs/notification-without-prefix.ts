import { sampleAudio } from "@voice-notes/scenarios";
import type { Lab } from "../lab.ts";
import { logged } from "../observing.ts";

export const notificationWithoutPrefix: Lab = {
  name: "notification-without-prefix",
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
        "Filter",
      ],
      to: undefined,
    },
  ],
  shows: {
    at: "run",
    async observe(stage) {
      await stage.api.receiveAudio({ audio: await sampleAudio(), mediaType: "audio/wav" });
      await stage.aws.idle();
      return logged(stage, "startTranscription", /The object transcripts\/\d/);
    },
  },
};
