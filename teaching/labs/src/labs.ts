import type { Lab } from "./lab.ts";
import { forbiddenForAMissingKey } from "./labs/403-for-a-missing-key.ts";
import { awsProfile } from "./labs/aws-profile.ts";
import { circularNotification } from "./labs/circular-notification.ts";
import { dotenvOverride } from "./labs/dotenv-override.ts";
import { explicitDeny } from "./labs/explicit-deny.ts";
import { keysInTheZip } from "./labs/keys-in-the-zip.ts";
import { listWithoutPrefix } from "./labs/list-without-prefix.ts";
import { missingSlashStar } from "./labs/missing-slash-star.ts";
import { neighboursStage } from "./labs/neighbours-stage.ts";
import { noRightToWriteTheOutput } from "./labs/no-right-to-write-the-output.ts";
import { notificationWithoutPrefix } from "./labs/notification-without-prefix.ts";
import { oneSharedRole } from "./labs/one-shared-role.ts";
import { outputKeyOutsideTheGrant } from "./labs/output-key-outside-the-grant.ts";
import { presignedPutWithoutItsContentType } from "./labs/presigned-put-without-its-content-type.ts";
import { putOnlyNotification } from "./labs/put-only-notification.ts";
import { queueRefusesTheBucket } from "./labs/queue-refuses-the-bucket.ts";
import { reservedVariables } from "./labs/reserved-variables.ts";
import { routeWithoutAuthorizer } from "./labs/route-without-authorizer.ts";
import { sessionTokenForgotten } from "./labs/session-token-forgotten.ts";
import { startJobWithAnArn } from "./labs/start-job-with-an-arn.ts";
import { tagsWithoutTagResource } from "./labs/tags-without-tagresource.ts";
import { testEventPoison } from "./labs/test-event-poison.ts";
import { unsignedCall } from "./labs/unsigned-call.ts";
import { wrongOutputBucket } from "./labs/wrong-output-bucket.ts";

/** In the order in which people meet them. */
export const labs: readonly Lab[] = [
  // as whom a function calls
  reservedVariables,
  awsProfile,
  dotenvOverride,
  keysInTheZip,
  sessionTokenForgotten,
  // what its statements say
  missingSlashStar,
  listWithoutPrefix,
  forbiddenForAMissingKey,
  startJobWithAnArn,
  wrongOutputBucket,
  tagsWithoutTagResource,
  neighboursStage,
  oneSharedRole,
  // on whose behalf
  outputKeyOutsideTheGrant,
  noRightToWriteTheOutput,
  presignedPutWithoutItsContentType,
  // the other half
  unsignedCall,
  explicitDeny,
  routeWithoutAuthorizer,
  queueRefusesTheBucket,
  circularNotification,
  putOnlyNotification,
  notificationWithoutPrefix,
  testEventPoison,
];
