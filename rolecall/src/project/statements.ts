import type { StatementPlace, StatementSource } from "../stack/source/sources.ts";
import { lineOf, type Place, type Places, scalarOf } from "./yaml-places.ts";

type Wanted = Pick<StatementPlace, "sid" | "actions">;

/** The statement of a list that has this Sid, or without one these actions. */
export function written(
  places: Places,
  list: Place | undefined,
  wanted: Wanted,
): StatementSource | undefined {
  const found = places.items(list).find((statement) => isWanted(places, statement, wanted));
  if (found === undefined) return undefined;
  const { comment } = scalarOf(places.find(found, "Sid")) ?? {};
  return { ...lineOf(found), origin: "written", ...(comment !== undefined && { why: comment }) };
}

/** The statement, wherever it stands in what a resource says. */
export function writtenWithin(places: Places, place: Place, wanted: Wanted): StatementSource | undefined {
  const { find, items, entries } = places;
  const list = find(place, "Statement");
  const here = list && written(places, list, wanted);
  if (here !== undefined) return here;
  const own = entries(place);
  const parts = own.length > 0 ? own.map(([, part]) => part) : items(place);
  for (const part of parts) {
    const found = part === place ? undefined : writtenWithin(places, part, wanted);
    if (found !== undefined) return found;
  }
  return undefined;
}

function isWanted({ find, items }: Places, statement: Place, { sid, actions }: Wanted): boolean {
  const its = scalarOf(find(statement, "Sid"))?.text;
  if (sid !== undefined) return its === sid;
  if (its !== undefined || actions === undefined) return false;
  const named = find(statement, "Action") ?? find(statement, "NotAction");
  const texts = items(named).map((item) => scalarOf(item)?.text.toLowerCase());
  return texts.length === actions.length && actions.every((action) => texts.includes(action.toLowerCase()));
}
