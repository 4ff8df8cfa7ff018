import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { beforeAll, describe, expect, it } from "vitest";
import { parse } from "yaml";
import { languageSchema, mediaTypesAccepted, parseContentType } from "../../packages/core/src/index.ts";
import { type OpenApi, readOpenApi } from "./openapi.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));

describe("docs/openapi.yaml", () => {
  let openApi: OpenApi;

  beforeAll(async () => {
    openApi = await readOpenApi(root);
  });

  it("describes the routes of serverless.yml and no others, each under its function's name", async () => {
    // CloudFormation's own tags, such as !Ref, mean nothing here.
    const { functions } = parse(await readFile(join(root, "serverless.yml"), "utf8"), { logLevel: "error" });
    const routes = Object.entries<{ events: { httpApi?: { method: string; path: string } }[] }>(
      functions,
    ).flatMap(([name, { events }]) =>
      events.flatMap(({ httpApi }) => (httpApi ? [`${httpApi.method} ${httpApi.path} ${name}`] : [])),
    );

    const described = openApi.operations.map(
      ({ method, path, operationId }) => `${method} ${path} ${operationId}`,
    );

    expect(described.toSorted()).toEqual(routes.toSorted());
  });

  it("asks for a signature on every route", () => {
    expect(openApi.security).toEqual([{ sigV4: [] }]);
    for (const operation of openApi.operations) expect(operation).not.toHaveProperty("security");
  });

  it("names the media types, formats and languages that the handlers take", () => {
    const { Language, Format } = openApi.components.schemas;
    const upload = openApi.operations.find(({ operationId }) => operationId === "receiveAudio");

    expect(Object.keys(upload?.requestBody?.content ?? {})).toEqual(mediaTypesAccepted);
    expect(new Set(Format?.enum as string[])).toEqual(
      new Set(mediaTypesAccepted.map((one) => parseContentType(one)?.format)),
    );
    expect(new Set(Language?.enum as string[])).toEqual(new Set<string>(languageSchema.options));
  });

  it("has the version of package.json", async () => {
    const { version } = JSON.parse(await readFile(join(root, "package.json"), "utf8"));

    expect(openApi.info.version).toBe(version);
  });
});
