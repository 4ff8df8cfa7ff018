import { describe, expect, it, vi } from "vitest";
import { requiredVariable } from "./environment.ts";

describe("requiredVariable", () => {
  it("is the variable's value", () => {
    vi.stubEnv("SOME_VARIABLE", "its value");

    expect(requiredVariable("SOME_VARIABLE")).toBe("its value");
  });

  it.each([undefined, ""])("throws, naming the variable and where to set it, for %j", (value) => {
    vi.stubEnv("SOME_VARIABLE", value);

    expect(() => requiredVariable("SOME_VARIABLE")).toThrow(/SOME_VARIABLE.*serverless\.yml/);
  });
});
