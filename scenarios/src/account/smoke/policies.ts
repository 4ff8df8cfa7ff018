import { type Policy, parsePolicy, type Statement } from "rolecall";

/** In what two policies differ; empty when they say the same. */
export interface PolicyDifference {
  readonly expected: string;
  readonly observed: string;
  /** Set where it can only take rights away. */
  readonly isNarrower?: true;
}

export interface ComparisonOptions {
  readonly kind: "identity-based" | "resource-based" | "trust";
  /** Lambda and others make up the Sids of the statements that they store. */
  readonly ignoreSids?: boolean;
}

/**
 * Compares what policies say, however they write it: the order of statements and lists, one or many, the case of
 * actions and condition keys mean nothing to IAM.
 *
 * @param expected Read already. @param observed Documents as AWS has them, in JSON.
 */
export function comparePolicies(
  expected: readonly Policy[],
  observed: readonly string[],
  { kind, ignoreSids = false }: ComparisonOptions,
): readonly PolicyDifference[] {
  const there: Statement[] = [];
  const unreadable: PolicyDifference[] = [];
  for (const text of observed) {
    try {
      there.push(...parsePolicy(JSON.parse(text), kind).statements);
    } catch (error) {
      // What cannot be read cannot be compared either: it may say anything.
      unreadable.push({
        expected: "a policy that can be read",
        observed: `${(error as Error).message}: ${text}`,
      });
    }
  }
  const wanted = expected.flatMap(({ statements }) => statements);
  const canonical = (statement: Statement) => statementText(statement, ignoreSids);
  const missing = withoutThoseOf(wanted, there, canonical);
  const extra = withoutThoseOf(there, wanted, canonical);
  const pairs = missing.map((one) => {
    const index = ignoreSids ? -1 : extra.findIndex(({ sid }) => sid !== undefined && sid === one.sid);
    const [counterpart] = index < 0 ? [] : extra.splice(index, 1);
    return { expected: canonical(one), observed: counterpart ? canonical(counterpart) : "no such statement" };
  });
  return [
    ...unreadable,
    ...pairs,
    ...extra.map((one) => ({ expected: "no such statement", observed: canonical(one) })),
  ];
}

/** Each statement of the other list answers for one of its like. */
function withoutThoseOf(
  list: readonly Statement[],
  others: readonly Statement[],
  canonical: (statement: Statement) => string,
): Statement[] {
  const left = others.map(canonical);
  return list.filter((one) => {
    const index = left.indexOf(canonical(one));
    if (index >= 0) left.splice(index, 1);
    return index < 0;
  });
}

/** A statement in one line, the same for all ways to write it. */
function statementText(statement: Statement, ignoreSids: boolean): string {
  const { sid, effect, principals, actions, resources, conditions } = statement;
  const parts = [
    ...(sid === undefined || ignoreSids ? [] : [`${sid}:`]),
    effect,
    ...(principals ? [principalText(principals)] : []),
    elementText("", { ...actions, patterns: actions.patterns.map((pattern) => pattern.toLowerCase()) }),
    ...(resources ? [elementText("on ", resources)] : []),
    ...conditions
      .map(({ operator, key, values }) => `if ${key.toLowerCase()} ${operator} ${sorted(values)}`)
      .sort(),
  ];
  return parts.join(" ");
}

function elementText(word: string, { not, patterns }: Statement["actions"]): string {
  return `${word}${not ? "all but " : ""}${sorted(patterns)}`;
}

function principalText({
  not,
  anyone,
  aws,
  services,
  federated,
}: NonNullable<Statement["principals"]>): string {
  // AWS stores an account's id as the ARN of its root.
  const accounts = aws.map((one) => /^arn:[^:]*:iam::(\d{12}):root$/.exec(one)?.[1] ?? one);
  const named = anyone ? "anyone" : sorted([...accounts, ...services, ...federated]);
  return `to ${not ? "all but " : ""}${named}:`;
}

const sorted = (values: readonly string[]): string => [...new Set(values)].sort().join(", ");
