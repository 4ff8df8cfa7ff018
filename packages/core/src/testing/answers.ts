import { expect } from "vitest";
import type { Answer } from "../http.ts";
import { logged } from "./output.ts";

/** The answer's JSON body. */
export function bodyOf({ body = "" }: Answer) {
  return JSON.parse(body);
}

/** The problem document that an answer carries; the test fails for an answer that is none (RFC 9457). */
export function problemOf(answer: Answer): { title: string; status: number; detail: string } {
  expect(answer.headers).toMatchObject({
    "content-type": "application/problem+json",
    "cache-control": "no-store",
  });
  const problem = bodyOf(answer);
  expect(problem).toEqual({
    type: "about:blank",
    title: expect.any(String),
    status: answer.statusCode,
    detail: expect.any(String),
  });
  return problem;
}

/** The client is told nothing of the cause but whether to try again; the log is told the cause, once. */
export function expectServerError(answer: Answer, status: 500 | 503, cause: Error): void {
  expect(problemOf(answer)).toMatchObject(
    status === 500
      ? { status, title: "Internal server error", detail: "The function's log says why." }
      : { status, title: "Service unavailable", detail: "Try again in a moment." },
  );
  expect(answer.headers?.["retry-after"]).toBe(status === 503 ? "5" : undefined);
  expect(logged("error")).toMatchObject([{ message: "request failed", error: { message: cause.message } }]);
}
