import { sampleAudio } from "../../index.ts";
import { observation, type Probe } from "./probe.ts";

/** What the API and the addresses that it hands out show by themselves. */
export const apiProbes: readonly Probe[] = [
  {
    id: "body-between-4.5-and-10-mb",
    question:
      "Which status does API Gateway give for a body that is too large for an invocation, and not for itself?",
    assumed: '413 {"message":"Request Entity Too Large"}',
    async ask({ stage: { api } }) {
      const response = await api.call("POST", "/recordings", {
        headers: { "content-type": "audio/wav" },
        body: new Uint8Array(5 * 1024 * 1024),
      });
      const observed = `${response.status} ${await response.text()}`;
      return observation(observed, observed === this.assumed);
    },
  },
  {
    id: "delete-absent-without-list",
    question: "May a role that cannot list delete an object that is not there, and hears no error?",
    assumed: "204: S3 deletes what is absent",
    async ask({ stage: { api } }) {
      // An id that no upload followed: deleteRecording's role deletes two absent objects.
      const { id } = await api.issueUploadForm("audio/wav");
      const response = await api.call("DELETE", `/recordings/${id}`);
      return observation(`${response.status}`, response.status === 204);
    },
  },
  {
    id: "form-file-first",
    question: "Does S3 refuse a form whose file is not its last field?",
    assumed: "refused: what follows the file is not read",
    async ask({ stage: { api } }) {
      const { form } = await api.issueUploadForm("audio/wav");
      const data = new FormData();
      data.append("file", new Blob(["RIFF"]));
      for (const [name, value] of Object.entries(form.fields)) data.append(name, value);
      const response = await fetch(form.url, { method: "POST", body: data });
      const code = /<Code>(.*?)<\/Code>/.exec(await response.text())?.[1] ?? "";
      return observation(`${response.status} ${code}`.trim(), !response.ok);
    },
  },
  {
    id: "no-audio-reason",
    question: "What does Transcribe say of a file that is no audio?",
    assumed: "a failed job, with a reason that speaks of the format",
    jobs: 1,
    async ask({ stage }) {
      const { id } = await stage.api.receiveAudio({ audio: Buffer.from("no audio"), mediaType: "audio/wav" });
      const { status, failureReason = "" } = await stage.ended(id);
      return observation(`${status}: ${failureReason}`, status === "failed" && /format/i.test(failureReason));
    },
  },
  {
    id: "absent-with-prefix-condition",
    question:
      "Does whoever may list the bucket under a condition on s3:prefix alone read 404 or 403 of a missing object?",
    assumed: "403 AccessDenied",
    jobs: 1,
    async ask({ stage }) {
      // The link acts as readRecording's role, which may list so.
      const { id } = await stage.api.receiveAudio({
        audio: await sampleAudio("read-is-not-list"),
        mediaType: "audio/wav",
      });
      const { audio } = await stage.ended(id);
      await stage.api.deleteRecording(id);
      const response = await fetch(audio.href);
      const code = /<Code>(.*?)<\/Code>/.exec(await response.text())?.[1] ?? "";
      const observed = `${response.status} ${code}`.trim();
      return observation(observed, observed === this.assumed);
    },
  },
];
