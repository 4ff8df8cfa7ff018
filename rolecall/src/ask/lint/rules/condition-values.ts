import type { ConditionKeyFacts } from "../../../catalog/condition-keys.ts";
import { overlap } from "../../../catalog/overlap.ts";
import { checkOperator } from "../../../iam/conditions.ts";
import { compileGlob, type Glob } from "../../../iam/globs.ts";
import type { Condition, Policy } from "../../../iam/types.ts";
import { parseVariables } from "../../../iam/variables.ts";
import type { Rule } from "../finding.ts";
import { holdsWithoutKey, type Operator, parseOperator } from "../operators.ts";

/** IAM refuses to save such a policy. */
export const unknownOperator: Rule = {
  name: "unknown-operator",
  *check({ statements }) {
    for (const { statement, name, subject, source } of statements) {
      for (const { operator } of statement.conditions) {
        try {
          checkOperator(operator);
        } catch (error) {
          yield {
            severity: "error",
            subject,
            message: `${name}: ${(error as Error).message}`,
            fix: "Write an operator that IAM has, such as StringEquals, StringLike or ArnLike.",
            source,
          };
        }
      }
    }
  },
};

/** https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html */
export const operatorType: Rule = {
  name: "operator-type",
  *check({ statements }) {
    for (const { statement, keys, name, subject, source } of statements) {
      for (const { operator, key } of statement.conditions) {
        const facts = keys.get(key)?.facts;
        const parsed = parseOperator(operator);
        if (facts === undefined || parsed.family === undefined || fits(parsed, facts)) continue;
        yield {
          severity: "error",
          subject,
          message: `${name}: ${operator} is for ${inWords[parsed.family]}, and ${key} is ${inWords[facts.type]}.`,
          fix: `Write ${operatorsFor[facts.type]} with ${key}.`,
          source,
        };
      }
    }
  },
};

const inWords = {
  ARN: "an ARN",
  Binary: "a binary value",
  Bool: "true or false",
  Date: "a time",
  IPAddress: "an IP address",
  Numeric: "a number",
  String: "text",
} as const;

const operatorsFor: Readonly<Record<ConditionKeyFacts["type"], string>> = {
  ARN: "ArnLike",
  Bool: "Bool",
  Date: "DateGreaterThan or another Date operator",
  IPAddress: "IpAddress",
  Numeric: "NumericEquals or another Numeric operator",
  String: "StringEquals, or StringLike for a pattern,",
};

function fits({ family }: Operator, { type, name }: ConditionKeyFacts): boolean {
  if (family === type) return true;
  if (type === "ARN") return family === "String";
  if (name === "aws:EpochTime") return family === "Numeric";
  // The reference gives some keys that hold ARNs as text.
  return type === "String" && family === "ARN" && /arn$/i.test(name);
}

/** https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-single-vs-multi-valued-context-keys.html */
export const setOperator: Rule = {
  name: "set-operator",
  *check({ statements }) {
    for (const { statement, keys, name, subject, source } of statements) {
      for (const { operator, key } of statement.conditions) {
        const facts = keys.get(key)?.facts;
        const { base, set } = parseOperator(operator);
        if (facts === undefined || base === "Null" || facts.isList === (set !== undefined)) continue;
        yield facts.isList
          ? {
              severity: "error",
              subject,
              message: `${name}: ${key} is a list, and what ${operator} does with several values is left open.`,
              fix: `Write ForAnyValue:${operator}; with ForAllValues a request without the key would pass.`,
              source,
            }
          : {
              severity: "warning",
              subject,
              message: `${name}: ${key} has one value, so ${set} only changes what becomes of a request without it.`,
              fix: `Write ${operator.slice(operator.indexOf(":") + 1)}.`,
              source,
            };
      }
    }
  },
};

export const literalWildcard: Rule = {
  name: "literal-wildcard",
  *check({ statements }) {
    for (const { statement, version, name, subject, source } of statements) {
      for (const { operator, key, values } of statement.conditions) {
        if (!/^String(?:Not)?Equals/.test(parseOperator(operator).base)) continue;
        const literal = values.find((value) => hasWildcard(value, version));
        if (literal === undefined) continue;
        yield {
          severity: "error",
          subject,
          message: `${name}: to ${operator} the wildcard in ${key}: ${literal} is an ordinary character.`,
          fix: `Write ${operator.replace(/Equals(?:IgnoreCase)?/, "Like")}.`,
          source,
        };
      }
    }
  },
};

function hasWildcard(value: string, version: Policy["version"]): boolean {
  return parseVariables(value, version).some(
    (part) => "text" in part && part.wildcards && /[*?]/.test(part.text),
  );
}

/** Two conditions on one key that no value meets both of: the statement never applies. */
export const contradiction: Rule = {
  name: "contradiction",
  *check({ statements }) {
    for (const { statement, version, name, subject, source } of statements) {
      for (const [index, one] of statement.conditions.entries()) {
        const other = statement.conditions
          .slice(index + 1)
          .find((later) => later.key.toLowerCase() === one.key.toLowerCase() && exclude(one, later, version));
        if (other === undefined) continue;
        yield {
          severity: "error",
          subject,
          message: `${name}: nothing meets both ${inOneLine(one)} and ${inOneLine(other)}, so this ${statement.effect} never applies.`,
          fix: "Conditions of one statement all have to hold: write alternatives as a list under one operator.",
          source,
        };
      }
    }
  },
};

function inOneLine({ operator, key, values }: Condition): string {
  return `${operator} ${key}: ${values.join(", ")}`;
}

function exclude(one: Condition, other: Condition, version: Policy["version"]): boolean {
  if (one.operator === "Null" || other.operator === "Null") {
    const [absence, compared] = one.operator === "Null" ? [one, other] : [other, one];
    return absence.values.every((value) => value.toLowerCase() === "true") && !holdsWithoutKey(compared);
  }
  const left = globsOf(one, version);
  const right = globsOf(other, version);
  if (left === undefined || right === undefined) return false;
  return !left.some((pattern) => right.some((another) => overlap(pattern, another)));
}

/** Every value that a condition on a single text lets through; undefined where that cannot be said. */
function globsOf({ operator, values }: Condition, version: Policy["version"]): readonly Glob[] | undefined {
  if (operator !== "StringEquals" && operator !== "StringLike" && operator !== "Bool") return undefined;
  return values.map((value) =>
    compileGlob(
      parseVariables(value, version).map((part) =>
        "text" in part
          ? {
              text: operator === "Bool" ? part.text.toLowerCase() : part.text,
              wildcards: part.wildcards && operator === "StringLike",
            }
          : { text: "*", wildcards: true },
      ),
    ),
  );
}

/** Without version 2012-10-17 a policy variable is text like any other. */
export const variableInOldVersion: Rule = {
  name: "variable-in-old-version",
  *check({ statements }) {
    for (const { statement, version, name, subject, source } of statements) {
      if (version === "2012-10-17") continue;
      const values = [
        ...(statement.resources?.patterns ?? []),
        ...statement.conditions.flatMap((one) => one.values),
      ];
      const literal = values.find((value) => /\$\{[^}]+\}/.test(value));
      if (literal === undefined) continue;
      yield {
        severity: "error",
        subject,
        message: `${name}: in a policy without Version 2012-10-17 the variable in ${literal} is taken as it stands.`,
        fix: 'Write Version: "2012-10-17" above the policy\'s statements.',
        source,
      };
    }
  },
};
