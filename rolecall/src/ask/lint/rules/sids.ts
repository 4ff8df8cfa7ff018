import type { Rule } from "../finding.ts";
import { list } from "../words.ts";

/** A Sid is how a statement is called in a trace, in a denial's explanation and in a review. */
export const namelessStatement: Rule = {
  name: "nameless-statement",
  *check({ statements }) {
    for (const { statement, name, subject, source, isWritten } of statements) {
      if (!isWritten || (statement.sid !== undefined && statement.sid !== "")) continue;
      yield {
        severity: "warning",
        subject,
        message: `${name} has no Sid, so a trace can only count to it.`,
        fix: "Give it a Sid of letters and digits that says what the statement is for.",
        source,
      };
    }
  },
};

/** IAM itself refuses two of one policy; two policies of one role may repeat each other's. */
export const repeatedSid: Rule = {
  name: "repeated-sid",
  *check({ statements }) {
    const identity = statements.filter(({ kind }) => kind === "identity-based");
    for (const [index, { statement, logicalId, subject, name, source }] of identity.entries()) {
      const { sid } = statement;
      const isRepeated = identity
        .slice(0, index)
        .some((other) => other.logicalId === logicalId && other.statement.sid === sid);
      if (sid === undefined || !isRepeated) continue;
      yield {
        severity: "warning",
        subject,
        message: `${name}: another policy of the same role has this Sid too, so a trace cannot say which of them decided (${list(statement.actions.patterns, "and")}).`,
        fix: "Give one of them another Sid.",
        source,
      };
    }
  },
};
