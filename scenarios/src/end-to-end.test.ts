import { packageService } from "rolecall";
import type { Credentials } from "rolecall/run";
import type { Settings } from "rolecall/scenario";
import { type ScenarioRunner, startScenarioRunner } from "rolecall/scenario-runner";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Api, createApi, type RequestParts } from "./api.ts";
import { root } from "./local.ts";
import type { Operation } from "./openapi.ts";
import { samples } from "./scenarios/samples.ts";
import { localScenarios } from "./scenarios/scenarios.ts";
import { holdAnswers } from "./testing/hold-answers.ts";

const place = { stage: "local", region: "us-east-1" };

const { openApi, description, hold } = await holdAnswers();

async function startRunner(settings?: Settings): Promise<ScenarioRunner> {
  const packaged = await packageService({ root, ...place });
  const runner = await startScenarioRunner({ packaged, ...place, transcripts: samples, settings });
  hold(runner.aws.api);
  return runner;
}

it("no two scenarios have one name", () => {
  const names = localScenarios.map(({ name }) => name);

  expect(names).toEqual([...new Set(names)]);
});

/** Scenarios that can share a local run. */
const groups = Map.groupBy(localScenarios, ({ settings = {} }) => JSON.stringify(settings));

describe.each([...groups])("the packaged service, run with IAM enforced and settings %s", (_, scenarios) => {
  let runner: ScenarioRunner;

  beforeAll(async () => {
    runner = await startRunner(scenarios[0]?.settings);
  }, 120_000);
  afterAll(() => runner?.close());

  it.each(scenarios)("$name", async (scenario) => {
    const { failure, unasked, missing } = await runner.run(scenario);

    expect(unasked).toEqual([]);
    if (failure) throw failure;
    expect(missing).toEqual([]);
  });
});

/** Answers that docs/openapi.yaml describes and that are not seen here, and why. */
const unseen = {
  "429 application/json": "the local run does not count requests",
  "503 application/json": "a function that is silent for half a minute: http-api.test.ts has it sooner",
  "POST /upload-forms 500 application/problem+json": "it calls nobody, so only a fault of its own could be",
};

describe("what docs/openapi.yaml describes of every route", () => {
  const { operations } = openApi;
  const withId = operations.filter(({ parameters }) => parameters.some(({ in: place }) => place === "path"));
  const withBody = operations.filter(({ requestBody }) => requestBody);
  const callers = operations.filter(({ operationId }) => operationId !== "issueUploadForm");
  let runner: ScenarioRunner;

  beforeAll(async () => {
    runner = await startRunner();
  }, 120_000);
  afterAll(() => runner?.close());

  it("without a signature: 403", async () => {
    const unsigned = (operation: Operation) => {
      const { path, ...parts } = exampleOf(operation);
      return fetch(new URL(path, runner.aws.api), { method: operation.method, ...parts });
    };

    expect(await statuses(operations, unsigned)).toEqual(each(operations, 403));
  });

  it("for what is no recording's id: 400", async () => {
    const nonsense = ({ method, path }: Operation) =>
      apiOf(runner).call(method, path.replace("{id}", "nonsense"));

    expect(await statuses(withId, nonsense)).toEqual(each(withId, 400));
  });

  it("with a body that is too large for API Gateway: 413", async () => {
    const body = new Uint8Array(10 * 1024 * 1024 + 1);
    const tooLarge = (operation: Operation) => send(runner, operation, { body });

    expect(await statuses(withBody, tooLarge)).toEqual(each(withBody, 413));
  });

  it("when the API may not invoke the function, which then says nothing: 500", async () => {
    const { resource } = runner.aws.policies;
    const before = [...resource];
    for (const [arn] of before) if (arn.includes(":function:")) resource.set(arn, []);

    const answers = await statuses(operations, (operation) => send(runner, operation));

    for (const [arn, policies] of before) resource.set(arn, policies);
    expect(answers).toEqual(each(operations, 500));
  });

  it("when the function's role has lost its rights: 500", async () => {
    for (const { operationId } of callers) runner.aws.policies.identity.set(operationId, []);

    expect(await statuses(callers, (operation) => send(runner, operation))).toEqual(each(callers, 500));
  });

  it("when S3 and Transcribe are busy: 503", async () => {
    const busy = await startRunner({ faults: { throttle: 1 } });
    try {
      expect(await statuses(callers, (operation) => send(busy, operation))).toEqual(each(callers, 503));
    } finally {
      await busy.close();
    }
  });

  it("was all seen here, besides what has a reason", () => {
    const isExcused = (answer: string) => Object.keys(unseen).some((excused) => answer.endsWith(excused));
    const answers = description.unseen();

    expect(answers.filter((answer) => !isExcused(answer))).toEqual([]);
    for (const excused of Object.keys(unseen))
      expect(answers.some((answer) => answer.endsWith(excused))).toBe(true);
  });
});

const apiOf = ({ aws }: ScenarioRunner): Api =>
  createApi(aws.api, aws.region, async () => aws.principals.developer as Credentials);

/** The request that the description has as an example, signed. */
function send(runner: ScenarioRunner, operation: Operation, changes: RequestParts = {}): Promise<Response> {
  const { path, ...parts } = exampleOf(operation);
  return apiOf(runner).call(operation.method, path, { ...parts, ...changes });
}

function exampleOf({ path, parameters, requestBody }: Operation): RequestParts & { readonly path: string } {
  const filled = parameters.reduce(
    (text, { name, example }) => text.replace(`{${name}}`, `${example}`),
    path,
  );
  const [[contentType, { example }] = ["", {}]] = Object.entries(requestBody?.content ?? {});
  if (contentType === "") return { path: filled };
  const body = example === undefined ? "RIFF" : JSON.stringify(example);
  return { path: filled, headers: { "content-type": contentType }, body };
}

/** By the operations' names. */
async function statuses(
  operations: readonly Operation[],
  call: (operation: Operation) => Promise<Response>,
): Promise<Record<string, number>> {
  const answers = operations.map(async (operation) => [
    operation.operationId,
    (await call(operation)).status,
  ]);
  return Object.fromEntries(await Promise.all(answers));
}

const each = (operations: readonly Operation[], status: number): Record<string, number> =>
  Object.fromEntries(operations.map(({ operationId }) => [operationId, status]));
