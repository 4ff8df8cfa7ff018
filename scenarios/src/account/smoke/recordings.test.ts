import { describe, expect, it, vi } from "vitest";
import type { Api } from "../../index.ts";
import { trackRecordings } from "./recordings.ts";

const upload = { audio: Buffer.from("RIFF"), mediaType: "audio/wav" };
const answer = { id: "1", language: "en-US", format: "wav", status: "uploaded" } as const;

/** An API that answers an upload when it is told to. */
function slowApi() {
  const { promise, resolve } = Promise.withResolvers<typeof answer>();
  const receiveAudio = vi.fn(() => promise);
  const api: Partial<Api> = { receiveAudio, postForm: vi.fn(async () => {}) };
  return { api: api as Api, receiveAudio, answerUpload: () => resolve(answer) };
}

describe("the recordings of a run that is ended early", () => {
  it("are known, those too whose upload was under way", async () => {
    const { api, answerUpload } = slowApi();
    const tracked = trackRecordings(api);
    const uploading = tracked.api.receiveAudio(upload);

    const closing = tracked.close();
    answerUpload();
    await closing;

    expect([...tracked.created]).toEqual(["1"]);
    expect(await uploading).toEqual(answer);
  });

  it("become no more: a scenario that goes on by itself uploads nothing behind the clean-up", async () => {
    const { api, receiveAudio } = slowApi();
    const tracked = trackRecordings(api);
    await tracked.close();

    await expect(tracked.api.receiveAudio(upload)).rejects.toThrow("ended");
    await expect(tracked.api.postForm({ url: "", fields: {} }, upload.audio)).rejects.toThrow("ended");

    expect(receiveAudio).not.toHaveBeenCalled();
    expect(api.postForm).not.toHaveBeenCalled();
  });
});
