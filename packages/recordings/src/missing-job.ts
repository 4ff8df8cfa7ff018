import { BadRequestException, NotFoundException } from "@aws-sdk/client-transcribe";

/**
 * Whether Transcribe says that it has no such job. It does so by BadRequestException, though its model names
 * NotFoundException for it, so the text has to tell; both are understood.
 */
export function isMissingJob(error: unknown): boolean {
  return (
    error instanceof NotFoundException ||
    (error instanceof BadRequestException && /couldn't be found/i.test(error.message))
  );
}
