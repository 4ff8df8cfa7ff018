import { afterAll, afterEach, expect, vi } from "vitest";
import { root } from "../local.ts";
import { type OpenApi, readOpenApi } from "../openapi.ts";
import { createDescription, type Description, describedFetch } from "./description.ts";

export interface HeldAnswers {
  readonly openApi: OpenApi;
  readonly description: Description;
  /** @param api Its base URL. */
  hold(api: string): void;
}

/** Holds every answer of some APIs, wherever it is asked for in a file of tests, to docs/openapi.yaml. */
export async function holdAnswers(): Promise<HeldAnswers> {
  const openApi = await readOpenApi(root);
  const description = createDescription(openApi);
  const apis = new Set<string>();
  const differences: string[] = [];
  vi.stubGlobal(
    "fetch",
    describedFetch(
      description,
      ({ origin }) => apis.has(origin),
      (found) => differences.push(...found),
    ),
  );
  afterEach(() => {
    expect(differences.splice(0)).toEqual([]);
  });
  afterAll(() => {
    vi.unstubAllGlobals();
  });
  return { openApi, description, hold: (api) => apis.add(api) };
}
