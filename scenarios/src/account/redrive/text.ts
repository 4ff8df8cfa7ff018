import { columns, indented } from "rolecall/terminal";
import type { DeadLetters, Letter } from "./dead-letters.ts";

/** How many there are, why, and some of them. */
export function deadLettersText({ queueName, home, count, letters, logNotRead }: DeadLetters): string {
  if (count === 0) return `${queueName}: no dead letters.`;
  const causes = [...Map.groupBy(letters, ({ cause }) => cause ?? "the function's log says nothing of it")];
  return [
    `${queueName}: about ${count}, given up by ${home}. Of ${letters.length} that were looked at:`,
    "",
    ...causes.flatMap(([cause, alike]) => [
      `${alike.length} × ${cause}`,
      indented(columns(alike.map(row))),
      "",
    ]),
    ...(logNotRead === undefined ? [] : [`The log was not read: ${logNotRead}`, ""]),
  ].join("\n");
}

function row({ messageId, keys, sentAt }: Letter): string[] {
  return [
    sentAt?.toISOString().slice(0, 16).replace("T", " ") ?? "",
    keys.join(", ") || `message ${messageId}, which names no object`,
  ];
}
