import { describe, expect, it } from "vitest";
import { denialMessage } from "./denial.ts";
import { OBJECT, request, SESSION_ARN } from "./test-support.ts";
import type { PolicyKind } from "./types.ts";

const plain = { quoteResource: false };

describe("a denial", () => {
  it("of Amazon S3 quotes the resource", () => {
    const decision = { outcome: "implicitly denied", missing: "identity-based" } as const;
    expect(denialMessage(request(), decision, { quoteResource: true })).toBe(
      `User: ${SESSION_ARN} is not authorized to perform: s3:GetObject on resource: "${OBJECT}" because no identity-based policy allows the s3:GetObject action`,
    );
  });

  it.each<[PolicyKind, string]>([
    ["identity-based", "because no identity-based policy allows the s3:GetObject action"],
    ["resource-based", "because no resource-based policy allows the s3:GetObject action"],
    ["boundary", "because no permissions boundary allows the s3:GetObject action"],
    ["session", "because no session policy allows the s3:GetObject action"],
    ["service-control", "because no service control policy allows the s3:GetObject action"],
  ])("names the kind of policy that did not allow: %s", (missing, words) => {
    expect(denialMessage(request(), { outcome: "implicitly denied", missing }, plain)).toBe(
      `User: ${SESSION_ARN} is not authorized to perform: s3:GetObject on resource: ${OBJECT} ${words}`,
    );
  });

  it.each<[PolicyKind, string]>([
    ["identity-based", "with an explicit deny in an identity-based policy"],
    ["resource-based", "with an explicit deny in a resource-based policy"],
    ["boundary", "with an explicit deny in a permissions boundary"],
    ["session", "with an explicit deny in a session policy"],
    ["service-control", "with an explicit deny in a service control policy"],
  ])("names the kind of policy that denied: %s", (kind, words) => {
    const by = { kind, policy: "any", index: 0 };
    expect(denialMessage(request(), { outcome: "explicitly denied", by }, plain)).toBe(
      `User: ${SESSION_ARN} is not authorized to perform: s3:GetObject on resource: ${OBJECT} ${words}`,
    );
  });

  it("leaves the resource out where the action has none", () => {
    const decision = { outcome: "implicitly denied", missing: "identity-based" } as const;
    const question = request({ action: "transcribe:ListTranscriptionJobs", resource: "*" });
    expect(denialMessage(question, decision, plain)).toBe(
      `User: ${SESSION_ARN} is not authorized to perform: transcribe:ListTranscriptionJobs because no identity-based policy allows the transcribe:ListTranscriptionJobs action`,
    );
  });

  it("of a service names the service", () => {
    const question = request({ caller: { type: "service", service: "s3.amazonaws.com" } });
    expect(
      denialMessage(question, { outcome: "implicitly denied", missing: "resource-based" }, plain),
    ).toContain("User: s3.amazonaws.com is not authorized");
  });
});
