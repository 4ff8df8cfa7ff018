import { GetAccountSettingsCommand } from "@aws-sdk/client-lambda";
import { ListTranscriptionJobsCommand } from "@aws-sdk/client-transcribe";
import type { Account } from "../account/account.ts";
import { inWords, isDenied, kindOf } from "../account/failures.ts";
import { type Finding, fine, notChecked, problem, warning } from "./finding.ts";

/** Whether Transcribe is there, by a call that costs nothing. Who is refused got an answer all the same. */
export async function checkTranscribe({ clients, region }: Account): Promise<Finding[]> {
  const check = "Transcribe";
  try {
    await clients.transcribe.send(new ListTranscriptionJobsCommand({ MaxResults: 1 }));
    return [fine(check, `is there in ${region}, and lets you in`)];
  } catch (error) {
    if (isDenied(error))
      return [
        notChecked(
          check,
          `answers in ${region}, but not to you: ${inWords(error)}`,
          "Whether the account may use it there is not known. Allow transcribe:ListTranscriptionJobs.",
        ),
      ];
    const isNotSubscribed = (error as { name?: string }).name === "SubscriptionRequiredException";
    if (kindOf(error) !== "unreachable" && !isNotSubscribed) throw error;
    return [
      problem(
        check,
        isNotSubscribed
          ? "is not activated in this account yet."
          : `does not answer in ${region}: ${inWords(error)}`,
        isNotSubscribed
          ? "A new account takes up to a day; open Transcribe's console once."
          : "Choose a region that has it: https://docs.aws.amazon.com/general/latest/gr/transcribe.html",
      ),
    ];
  }
}

/** Functions that may run at once; a new account may have 10, all others at least 1000. */
const comfortable = 50;

/** https://docs.aws.amazon.com/lambda/latest/api/API_GetAccountSettings.html */
export async function checkConcurrency({ clients, region }: Account): Promise<Finding[]> {
  const check = "Lambda";
  const { AccountLimit } = await clients.lambda.send(new GetAccountSettingsCommand({}));
  const free = AccountLimit?.UnreservedConcurrentExecutions ?? AccountLimit?.ConcurrentExecutions ?? 0;
  const message = `${free} functions may run at once in ${region}`;
  if (free >= comfortable) return [fine(check, message)];
  return [
    warning(
      check,
      `${message}: enough to try things, not for more; what is over it is answered 503.`,
      `Ask for more: aws service-quotas request-service-quota-increase --service-code lambda --quota-code L-B99A9384 --desired-value 1000 --region ${region}`,
    ),
  ];
}
