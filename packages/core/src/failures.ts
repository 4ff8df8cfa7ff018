import { isServerError, isThrottlingError, isTransientError } from "@smithy/core/retry";

/**
 * Whether the same call may succeed later: throttling and service limits, server errors, a lost connection.
 * A denied permission is not temporary: it stays until somebody changes a policy.
 */
export function isTemporary(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const sdkError = error as Parameters<typeof isThrottlingError>[0];
  return isThrottlingError(sdkError) || isTransientError(sdkError) || isServerError(sdkError);
}
