export { bodyOf, expectServerError, problemOf } from "./answers.ts";
export {
  context,
  type HttpRequest,
  httpEvent,
  jobStateChange,
  notificationTest,
  uploadNotification,
  uploadsEvent,
} from "./events.ts";
export { badRequest, noSuchJob, s3Error, s3Failures, transcribeFailures } from "./failures.ts";
export { emittedMetrics, logged } from "./output.ts";
export { objectBody, sentCommands } from "./sdk.ts";
