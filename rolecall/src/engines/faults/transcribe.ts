import { internalFailure, limitExceeded, type ServiceError, throttled } from "../transcribe/errors.ts";
import { errorAnswer, type Transcribe, type TranscribeAnswer } from "../transcribe/transcribe.ts";
import type { Injector } from "./injector.ts";
import { serveWithFaults } from "./requests.ts";

/** Amazon Transcribe that is busy, broken or slow now and then. */
export function faultyTranscribe(
  transcribe: Pick<Transcribe, "handle">,
  injector: Injector,
): Pick<Transcribe, "handle"> {
  return {
    handle: (call) => {
      const operation = call.target.replace(/^.*\./, "");
      const refusal = (error: ServiceError): TranscribeAnswer => errorAnswer(error, call.requestId);
      return serveWithFaults(
        {
          place: `transcribe ${operation}`,
          what: `transcribe: ${operation}`,
          changes: !/^(Get|List)/.test(operation),
          serve: () => transcribe.handle(call),
          discard: async () => {}, // The endpoint has read the whole request.
          throttled: (how) => refusal(how < 0.5 ? throttled() : limitExceeded()),
          serverError: () => refusal(internalFailure()),
        },
        injector,
      );
    },
  };
}
