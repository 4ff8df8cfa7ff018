import assert from "node:assert/strict";
import { uploadFile } from "../transcribe.ts";
import { changedSample, sampleAudio, sampleFile, spokenInSample } from "./samples.ts";
import type { LocalScenario, Scenario } from "./scenario.ts";

/** From an upload to what was said, on any stage. */
export const transcribing: readonly Scenario[] = [
  ...(["body", "form"] as const).map(
    (way): Scenario => ({
      name: `a recording that came as a ${way} is transcribed`,
      async steps({ api, ended }) {
        const recording = await ended(await uploadFile(api, sampleFile, { way }));

        assert.partialDeepStrictEqual(recording, {
          status: "completed",
          language: "en-US",
          format: "wav",
          audioIsNewer: false,
        });
        assertHeard(recording.transcript?.text, await spokenInSample());
      },
    }),
  ),
  {
    name: "a recording links to the very audio that was uploaded",
    async steps({ api, ended }) {
      // Two recordings: one key would do with a right for that key alone.
      for (let count = 0; count < 2; count += 1) {
        const { audio } = await ended(await uploadFile(api, sampleFile));

        const response = await fetch(audio.href);

        assert.equal(response.status, 200);
        assert.equal(response.headers.get("content-type"), "audio/wav");
        assert.deepEqual(Buffer.from(await response.arrayBuffer()), await sampleAudio());
      }
    },
  },
  {
    name: "a recording that is no audio fails and says why",
    async steps({ api, ended }) {
      const { id } = await api.receiveAudio({ audio: Buffer.from("no audio"), mediaType: "audio/wav" });

      const recording = await ended(id);

      assert.equal(recording.status, "failed");
      assert.match(recording.failureReason ?? "", /\w+ \w+/);
    },
  },
  {
    name: "a recording tells when its form was posted again after its transcript was made",
    async steps({ api, ended }) {
      const { id, form } = await api.issueUploadForm("audio/wav");
      await api.postForm(form, await sampleAudio());
      assert.partialDeepStrictEqual(await ended(id), { status: "completed", audioIsNewer: false });
      // S3 counts in seconds, so the second upload has to come in a later one than the job.
      await new Promise((resolve) => setTimeout(resolve, 1100));

      await api.postForm(form, await sampleAudio());

      assert.partialDeepStrictEqual(await ended(id), { status: "completed", audioIsNewer: true });
    },
  },
];

/** What it takes a look behind the API to see. */
export const transcribingLocally: readonly LocalScenario[] = [
  {
    name: "a transcript's segments are what was said, sentence by sentence",
    async steps({ api, ended }) {
      const { transcript } = await ended(await uploadFile(api, sampleFile));

      const segments = transcript?.segments.map(({ text }) => text);
      assert.deepEqual(segments, await spokenInSample());
    },
  },
  {
    name: "a transcription that was completed shows in the log and the metrics",
    async steps({ api, ended, logOf }) {
      const { id } = await ended(await uploadFile(api, sampleFile));

      assertLogged(logOf("reportOutcome"), id, "transcription completed");
      assertLogged(logOf("reportOutcome"), '"TranscriptionCompleted":1');
    },
  },
  {
    name: "a transcription that failed shows in the log and the metrics, and says why",
    async steps({ api, ended, logOf }) {
      const { id } = await api.receiveAudio({ audio: await changedSample(), mediaType: "audio/wav" });

      const recording = await ended(id);

      assert.equal(recording.status, "failed");
      assert.match(recording.failureReason ?? "", /transcripts recorded beforehand/);
      assertLogged(logOf("reportOutcome"), id, "transcription failed");
      assertLogged(logOf("reportOutcome"), '"TranscriptionFailed":1');
    },
  },
];

/** Engines differ in punctuation and capitals, and mishear a word now and then. */
function assertHeard(heard = "", said: readonly string[]): void {
  const known = words(heard);
  const missed = words(said.join(" ")).filter((word) => !known.includes(word));
  assert.ok(missed.length <= 3, `"${said.join(" ")}" was heard as "${heard}", without ${missed.join(", ")}`);
}

const words = (text: string): readonly string[] => text.toLowerCase().match(/[\p{L}\p{N}']+/gu) ?? [];

function assertLogged(lines: readonly string[], ...parts: readonly string[]): void {
  const fitting = lines.filter((line) => parts.every((part) => line.includes(part)));
  assert.equal(
    fitting.length,
    1,
    `one line of the log has ${parts.join(" and ")}; it says:\n${lines.join("\n")}`,
  );
}
