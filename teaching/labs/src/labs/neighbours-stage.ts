import { DeleteTranscriptionJobCommand, StartTranscriptionJobCommand } from "@aws-sdk/client-transcribe";
import { recordingsBucket, root } from "@voice-notes/scenarios";
import { serviceName } from "../../../../rolecall/src/packaging/service-name.ts";
import type { Lab } from "../lab.ts";
import { recordingId } from "../observing.ts";

/** As the stage dev-anna would call it, which parts names with dashes as well. */
const neighboursJob = `${serviceName(root)}-dev-anna-${recordingId}`;

export const neighboursStage: Lab = {
  name: "neighbours-stage",
  changes: [
    {
      file: "serverless.yml",
      at: ["custom", "jobNamePrefix"],
      // biome-ignore lint/suspicious/noTemplateCurlyInString: the framework's
      to: "${self:service}-${sls:stage}-",
    },
  ],
  shows: {
    at: "run",
    async observe({ aws, as }) {
      // The neighbour's stage would start it; its name is all that matters here.
      await aws.objects.put(recordingsBucket(aws), `audio/${recordingId}`, Buffer.from("RIFF"));
      await aws.idle();
      await as("startTranscription").transcribe.send(
        new StartTranscriptionJobCommand({
          TranscriptionJobName: neighboursJob,
          Media: { MediaFileUri: `s3://${recordingsBucket(aws)}/audio/${recordingId}` },
          LanguageCode: "en-US",
          OutputBucketName: recordingsBucket(aws),
          OutputKey: "transcripts/neighbour.json",
        }),
      );
      await aws.idle();
      const { $metadata } = await as("deleteRecording").transcribe.send(
        new DeleteTranscriptionJobCommand({ TranscriptionJobName: neighboursJob }),
      );
      return [
        "The stage dev-anna has the job:",
        neighboursJob,
        `DeleteTranscriptionJob of it, as deleteRecording of the stage dev, answers ${$metadata.httpStatusCode}`,
      ];
    },
    explain: {
      principal: "deleteRecording",
      action: "transcribe:DeleteTranscriptionJob",
      resource: `transcription-job/${neighboursJob}`,
    },
  },
  rule: "other-stage",
};
