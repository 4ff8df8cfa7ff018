import type { Caller } from "../account/caller.ts";
import { type Finding, fine, problem, warning } from "./finding.ts";

/** Minutes; a first deployment takes about three. */
const deployment = 15;

const sessions =
  "Use credentials that end by themselves: aws sso login (IAM Identity Center), or aws login; then delete the key in IAM.";

/** Who would deploy, and whether with credentials that one should deploy with. */
export function checkIdentity(
  { arn, accountId, kind, isLongLived, expiration }: Caller,
  now: Date,
): Finding[] {
  const check = "credentials";
  const who = `${arn}, account ${accountId}`;
  if (kind === "root")
    return [
      problem(check, `${who}: these are the account's root user's.`, `Nobody deploys as root. ${sessions}`),
    ];
  if (isLongLived)
    return [
      warning(check, `${who}: a user's long-lived access key, which works for whoever finds it.`, sessions),
    ];
  const minutes = expiration && Math.floor((expiration.getTime() - now.getTime()) / 60_000);
  if (minutes !== undefined && minutes < deployment)
    return [
      warning(
        check,
        `${who}: the ${kind} ends in ${minutes} minutes, perhaps before the deployment does.`,
        "Log in again first.",
      ),
    ];
  return [fine(check, `${who} (${kind}${minutes === undefined ? "" : `, for ${minutes} minutes more`})`)];
}
