import { devNull } from "node:os";
import { afterEach, beforeEach, vi } from "vitest";
import "aws-sdk-client-mock-vitest/extend";

/*
 * Runs before each test file, and so before a handler's module reads its variables. What the developer's shell sets
 * for AWS and Powertools is taken out first: a test can neither reach an account nor depend on who runs it.
 */

for (const name of Object.keys(process.env).filter((name) => /^(AWS|POWERTOOLS)_/.test(name))) {
  delete process.env[name];
}

Object.assign(process.env, {
  // As Lambda sets them; the SDK finds them by its default credential chain, as it does there.
  AWS_REGION: "us-east-1",
  AWS_ACCESS_KEY_ID: "no-access-key",
  AWS_SECRET_ACCESS_KEY: "no-secret",
  AWS_SESSION_TOKEN: "no-session-token",

  // No profile of the developer's, for the same reason.
  AWS_CONFIG_FILE: devNull,
  AWS_SHARED_CREDENTIALS_FILE: devNull,

  // As serverless.yml sets them.
  RECORDINGS_BUCKET: "recordings-bucket",
  JOB_NAME_PREFIX: "voice-notes_test_",
  DEFAULT_LANGUAGE: "en-US",
  POWERTOOLS_SERVICE_NAME: "voice-notes-test",
  POWERTOOLS_METRICS_NAMESPACE: "voice-notes",

  // Powertools then writes to the global console, where `logged` and `emittedMetrics` read.
  POWERTOOLS_LOG_LEVEL: "INFO",
  POWERTOOLS_DEV: "true",
  POWERTOOLS_METRICS_DISABLED: "false",
});

beforeEach(() => {
  for (const method of ["debug", "info", "warn", "error", "log"] as const) vi.spyOn(console, method);
});

afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
  vi.useRealTimers();
});
