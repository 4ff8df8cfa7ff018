import type { LocalAws } from "rolecall/run";

/**
 * Takes a statement out of what a role may do.
 *
 * @param sid as in serverless.yml.
 * @returns puts it back.
 * @throws Error when the role has no such statement.
 */
export function withoutStatement({ policies }: LocalAws, role: string, sid: string): () => void {
  const before = policies.identity.get(role) ?? [];
  const after = before.map(({ name, document }) => ({
    name,
    document: { ...document, statements: document.statements.filter((statement) => statement.sid !== sid) },
  }));
  const count = (all: typeof before) => all.flatMap(({ document }) => document.statements).length;
  if (count(after) === count(before)) throw new Error(`${role} has no statement ${sid}.`);
  policies.identity.set(role, after);
  return () => policies.identity.set(role, before);
}
