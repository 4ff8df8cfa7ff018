import { probes } from "../probes/probes.ts";
import { type Command, type Right, rights } from "./rights.ts";

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

/** Rows for docs/deploying.md: each question that a first deployment answers. */
export function probesTable(): string {
  const rows = probes.map(({ id, question, assumed, needs }) => {
    const takes = needs === undefined ? "" : needs === "caller" ? "rights of yours" : "`--as-role`";
    return `| ${id} | ${question} | ${assumed.includes('"') ? `\`${assumed}\`` : assumed} | ${takes} |`;
  });
  return ["| probe | asks | assumed here | takes |", "| --- | --- | --- | --- |", ...rows].join("\n");
}
