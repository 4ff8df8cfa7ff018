import * as v from "valibot";
import { describe, expect, it } from "vitest";
import { type Answer, httpHandler, json, noContent, Problem, parseOrProblem } from "./http.ts";
import {
  bodyOf,
  context,
  expectServerError,
  httpEvent,
  logged,
  problemOf,
  s3Failures,
} from "./testing/index.ts";

describe("httpHandler", () => {
  const answerWhen = (handle: () => Answer) => httpHandler(async () => handle())(httpEvent(), context);
  const answerTo = (thrown: unknown) =>
    answerWhen(() => {
      throw thrown;
    });

  it("passes on what the handler answers", async () => {
    const answer = await answerWhen(() => json(200, { hello: "world" }, { etag: '"1"' }));

    expect(answer).toEqual({
      statusCode: 200,
      headers: { "content-type": "application/json", "cache-control": "no-store", etag: '"1"' },
      body: '{"hello":"world"}',
    });
  });

  it("answers 204 without a body", async () => {
    expect(await answerWhen(() => noContent)).toEqual({ statusCode: 204 });
  });

  it("answers a Problem as it is, and logs none: it is the client's", async () => {
    const answer = await answerTo(new Problem(409, "Conflict", "Come back later.", { "retry-after": "60" }));

    expect(problemOf(answer)).toMatchObject({ status: 409, title: "Conflict", detail: "Come back later." });
    expect(answer.headers).toMatchObject({ "retry-after": "60" });
    expect(logged("error")).toEqual([]);
  });

  it.each(Object.entries(s3Failures.temporary))(
    "answers 503 to %s and says when to try again",
    async (_, failure) => {
      expectServerError(await answerTo(failure), 503, failure);
    },
  );

  it.each(Object.entries(s3Failures.lasting))("answers 500 to %s", async (_, failure) => {
    expectServerError(await answerTo(failure), 500, failure);
  });

  it("tells the client nothing of what was thrown: no message, role or stack", async () => {
    const denied = s3Failures.lasting.AccessDenied as Error;

    const { body } = await answerTo(denied);

    expect(body).not.toContain("arn:");
    expect(body).not.toContain(denied.name);
    expect(body).not.toContain(denied.stack?.split("\n").at(1)?.trim());
  });

  it("logs the request's id with the cause", async () => {
    await answerTo(new Error("a mistake of ours"));

    expect(logged("error")).toMatchObject([
      { function_request_id: context.awsRequestId, error: { message: "a mistake of ours" } },
    ]);
  });

  it("answers 500 to what is no Error", async () => {
    const answer = await answerTo("a text that was thrown");

    expect(problemOf(answer)).toMatchObject({ status: 500 });
    expect(logged("error")).toHaveLength(1);
  });
});

describe("parseOrProblem", () => {
  const schema = v.object({ limit: v.pipe(v.number(), v.maxValue(10, "is more than 10")), name: v.string() });
  const problemWith = (input: unknown) => {
    try {
      parseOrProblem(schema, input);
    } catch (error) {
      if (error instanceof Problem) return bodyOf(error.toAnswer());
    }
  };

  it("is what the schema makes of the input", () => {
    expect(parseOrProblem(schema, { limit: 1, name: "a", more: true })).toEqual({ limit: 1, name: "a" });
  });

  it("throws a 400 that names every field that is wrong", () => {
    expect(problemWith({ limit: 11, name: 1 })).toMatchObject({
      status: 400,
      detail: expect.stringMatching(/^limit: is more than 10; name: /),
    });
  });

  it("throws a 400 that speaks of the request where no field is to blame", () => {
    expect(problemWith(null)).toMatchObject({
      status: 400,
      detail: expect.stringMatching(/^The request: /),
    });
  });
});
