import type { Condition } from "../../../iam/types.ts";
import { hasUnknown } from "../../../iam/unknown.ts";
import type { Rule } from "../finding.ts";
import { parseOperator } from "../operators.ts";
import { list } from "../words.ts";

/**
 * A service calls for whoever configured it, in any account: without the source, for anybody.
 *
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/confused-deputy.html
 */
export const callerWithoutSource: Rule = {
  name: "caller-without-source",
  *check({ statements }) {
    for (const { kind, statement, logicalId, name, subject, source } of statements) {
      const services = statement.principals?.services ?? [];
      if (kind !== "resource-based" || statement.effect !== "Allow" || services.length === 0) continue;
      const who = list(services, "and");
      const arns = required(statement.conditions, "aws:sourcearn");
      const accounts = required(statement.conditions, "aws:sourceaccount");
      // A permission's statement is made by Lambda, out of the properties of the permission.
      const isPermission = statement.sid === logicalId;
      const isOurs = accounts.length > 0 && !accounts.some((account) => /[*?]/.test(account));
      const isAny = arns.length === 0 || arns.some((arn) => /^(?:arn:)?[*:?]*$/.test(arn));
      // What names its account alone lets in whatever the account has, and nobody else.
      if (isAny && isOurs) continue;
      if (isAny) {
        yield {
          severity: "error",
          subject,
          message: `${name}: ${who} may call for anybody, in any account, since no source is named.`,
          fix: isPermission
            ? "Set SourceArn to what calls: the API, the rule, the bucket."
            : "Add Condition: ArnLike: { aws:SourceArn: the ARN of what sends }.",
          source,
        };
        continue;
      }
      const open = arns.find((arn) => !hasUnknown(arn) && !/^\d{12}$/.test(arn.split(":")[4] ?? ""));
      if (open === undefined || isOurs) continue;
      yield {
        severity: "error",
        subject,
        message: `${name}: ${open} names no account, so whoever owns it one day may have ${who} call.`,
        fix: isPermission
          ? "Set SourceAccount to !Ref AWS::AccountId."
          : "Add Condition: StringEquals: { aws:SourceAccount: !Ref AWS::AccountId }.",
        source,
      };
    }
  },
};

/** The values of which a request must have one; none where it may do without the key. */
function required(conditions: readonly Condition[], key: string): readonly string[] {
  return conditions
    .filter((condition) => {
      const { family, negated, ifExists, set } = parseOperator(condition.operator);
      const compares = family === "ARN" || family === "String";
      return (
        condition.key.toLowerCase() === key && compares && !negated && !ifExists && set !== "ForAllValues"
      );
    })
    .flatMap(({ values }) => values);
}

/** Keys whose value says who calls, or from where; any other limits what is asked, not who asks. */
const callerKeys =
  /^aws:(?:Principal(?:Account|Arn|OrgID|OrgPaths|IsAWSService|ServiceName|Tag\/.+)|Source(?:Account|Arn|Ip|OrgID|OrgPaths|Owner|Vpc|VpcArn|Vpce)|Vpce(?:Account|OrgID|OrgPaths)|userid)$/i;

export const openToEveryone: Rule = {
  name: "open-to-everyone",
  *check({ statements }) {
    for (const { kind, statement, name, subject, source } of statements) {
      const isOpen =
        statement.effect === "Allow" && statement.principals?.anyone && !statement.principals.not;
      // Of a function's URL that is open, `open-route` speaks.
      const isThroughUrl = statement.conditions.some(({ key }) =>
        /^lambda:InvokedViaFunctionUrl$/i.test(key),
      );
      if (kind !== "resource-based" || !isOpen || isThroughUrl) continue;
      const isLimited = statement.conditions.some(({ operator, key, values }) => {
        const { base, negated, ifExists, set } = parseOperator(operator);
        const isOptional = base === "Null" || negated || ifExists || set === "ForAllValues";
        return (
          callerKeys.test(key) &&
          !isOptional &&
          !values.some((value) => /^(?:arn:)?[*:?]*$|^0\.0\.0\.0\/0$|^::\/0$/.test(value))
        );
      });
      if (isLimited) continue;
      yield {
        severity: "error",
        subject,
        message: `${name}: anybody, in any account or none, may ${list(statement.actions.patterns, "and")}.`,
        fix: "Name the principal that needs it, or add a condition that says who calls: aws:PrincipalOrgID, aws:SourceVpce.",
        source,
      };
    }
  },
};

/** Who else's principals a policy lets in, which no policy of this account can take back. */
export const otherAccount: Rule = {
  name: "other-account",
  *check({ service, statements }) {
    const { accountId } = service.stack.environment;
    for (const { kind, statement, name, subject, source } of statements) {
      if (kind !== "resource-based" || statement.effect !== "Allow" || statement.principals?.not) continue;
      const others = (statement.principals?.aws ?? []).filter(
        (one) => one !== "*" && !hasUnknown(one) && !one.includes(accountId),
      );
      if (others.length === 0) continue;
      yield {
        severity: "warning",
        subject,
        message: `${name}: ${list(others, "and")} is of another account, and that account decides who may use it.`,
        fix: "Take it out; if it is meant, put it on the list of exceptions with its reason.",
        source,
      };
    }
  },
};
