import * as v from "valibot";

const reportSchema = v.nullish(
  v.object({ batchItemFailures: v.nullish(v.array(v.object({ itemIdentifier: v.string() }))) }),
);

/**
 * Reads which messages of a batch a function gives back. An answer or a list that is null, absent or empty gives back
 * none.
 * https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html#services-sqs-batchfailurereporting
 *
 * @param ids Of all messages in the batch.
 * @returns undefined for what is no report, or names a message that is not in the batch: Lambda takes the whole batch
 * for failed then.
 */
export function readBatchReport(answer: unknown, ids: ReadonlySet<string>): ReadonlySet<string> | undefined {
  const report = v.safeParse(reportSchema, answer);
  if (!report.success || Array.isArray(answer)) return undefined;
  const failed = (report.output?.batchItemFailures ?? []).map(({ itemIdentifier }) => itemIdentifier);
  return failed.every((id) => ids.has(id)) ? new Set(failed) : undefined;
}
