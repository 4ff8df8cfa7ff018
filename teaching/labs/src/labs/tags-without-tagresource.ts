import type { Lab } from "../lab.ts";
import { call, logged, wav } from "../observing.ts";

export const tagsWithoutTagResource: Lab = {
  name: "tags-without-tagresource",
  changes: [
    {
      file: "packages/transcription/src/start-transcription.ts",
      replace: "        OutputKey: transcriptKey(recording),\n",
      by: '        OutputKey: transcriptKey(recording),\n        Tags: [{ Key: "team", Value: "notes" }],\n',
    },
  ],
  shows: {
    at: "run",
    observe: async (stage) => [
      await call(stage, "POST", "/recordings", wav),
      ...(await logged(stage, "startTranscription", /transcribe:TagResource/)),
    ],
    explain: "message",
  },
};
