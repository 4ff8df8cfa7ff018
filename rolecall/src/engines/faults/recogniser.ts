import { CannotHear, type Recogniser } from "../speech/recogniser.ts";
import type { Injector } from "./injector.ts";

/** A recogniser that has no words for some recordings, so that their jobs fail. */
export function faultyRecogniser(recogniser: Recogniser, injector: Injector): Recogniser {
  return {
    name: recogniser.name,
    async recognise(recording, request) {
      if (injector.next("fail-jobs", "transcribe") === undefined)
        return recogniser.recognise(recording, request);
      injector.happened("fail-jobs", "transcribe: a job fails");
      throw new CannotHear("The local run was asked to make some jobs fail, and this is one of them.");
    },
  };
}
