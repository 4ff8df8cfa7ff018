import { type Command, type Right, rights } from "../../scenarios/src/account/rights/rights.ts";

/** Rows for docs/deploying.md: each command's calls, what they are on and for. */
export function rightsTable(): string {
  const rows = (Object.entries(rights) as [Command, readonly Right[]][]).flatMap(([command, list]) =>
    list.map(
      ({ actions, on, why, option }) =>
        `| \`pnpm ${command}\`${option === undefined ? "" : ` \`${option}\``} | ${actions.join(", ")} | ${on} | ${why} |`,
    ),
  );
  return ["| command | may | on | for |", "| --- | --- | --- | --- |", ...rows].join("\n");
}
