import { expect, it, vi } from "vitest";
import { type Api, ApiError } from "./api.ts";
import type { Recording } from "./recording.ts";
import { followRecording } from "./transcribe.ts";

const recording = (status: Recording["status"]) => ({ id: "any", status }) as Recording;
const unavailable = new ApiError(503, "GET answered 503");

function answering(...answers: readonly (Recording | Error)[]) {
  const left = [...answers];
  const readRecording = vi.fn(async () => {
    const answer = left.length > 1 ? left.shift() : left[0];
    if (answer === undefined || answer instanceof Error) throw answer;
    return answer;
  });
  return { readRecording } as unknown as Api;
}

it("follows a recording through server errors, and tells each status once", async () => {
  const told: string[] = [];
  const api = answering(
    recording("uploaded"),
    unavailable,
    recording("uploaded"),
    new ApiError(500, "GET answered 500"),
    recording("completed"),
  );

  const followed = await followRecording(api, "any", (status) => told.push(status));

  expect(followed.status).toBe("completed");
  expect(told).toEqual(["uploaded", "completed"]);
});

it("does not ask on for what is not there", async () => {
  const api = answering(new ApiError(404, "GET answered 404"));

  await expect(followRecording(api, "any")).rejects.toThrow("404");
  expect(api.readRecording).toHaveBeenCalledOnce();
});

it("gives up on a service that never answers", async () => {
  await expect(followRecording(answering(unavailable), "any")).rejects.toThrow("503");
}, 20_000);
