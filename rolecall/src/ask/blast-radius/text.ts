import { styleText } from "node:util";
import { columns } from "../../terminal/terminal.ts";
import type { BlastRadius, Reach } from "./blast-radius.ts";

/** The numbers for a person at a terminal; docs/permissions.md says what they count. */
export function blastRadiusText({ pairs, services, roles, total, tutorial }: BlastRadius): string {
  const hasUnknown = total.unknown !== undefined;
  const row = (who: string, { allowed, stack, foreign, any, unknown = 0 }: Reach) => [
    who,
    ...[allowed, stack, foreign, any, ...(hasUnknown ? [unknown] : [])].map((count) =>
      String(count).padStart(7),
    ),
  ];
  const rows = columns([
    ["", "allowed", "stack's", "foreign", "      *", ...(hasUnknown ? ["unknown"] : [])],
    ...roles.map((reach) => row(reach.functionKey, reach)),
    row("all functions, each in its own role", total),
    row("the tutorials' one role", tutorial.role),
    row("all functions, each in that role", tutorial.total),
  ]);
  const actions = Object.values(services).reduce((sum, count) => sum + count, 0);
  return [
    styleText("bold", "Blast radius"),
    `  Pairs of action and resource that a role is allowed in some context, out of ${pairs}: ${actions} actions of`,
    `  ${Object.keys(services).join(", ")}.`,
    "",
    ...rows.map((line) => `  ${line}`),
  ].join("\n");
}
