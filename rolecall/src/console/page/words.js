/** @import { DecisionMessage, Named, Place, StatementMessage } from "../messages.ts" */
import { el } from "./dom.js";

/** @param {string} iso */
export function clock(iso) {
  const time = new Date(iso);
  const two = (/** @type {number} */ number) => String(number).padStart(2, "0");
  const seconds = `${two(time.getHours())}:${two(time.getMinutes())}:${two(time.getSeconds())}`;
  return `${seconds}.${String(time.getMilliseconds()).padStart(3, "0")}`;
}

/** @param {number} count @param {string} one @param {string} [many] */
export function counted(count, one, many = `${one}s`) {
  return `${count} ${count === 1 ? one : many}`;
}

/** @param {Place | undefined} place */
export function placeText(place) {
  return place === undefined ? undefined : el("span", { class: "place" }, `${place.file}:${place.line}`);
}

/** Characters of a text that is not broken. */
const short = 22;

/**
 * A name, which may go on in the next line behind its colons and slashes, and a long word before its capitals.
 *
 * @param {string} text
 */
export function breakable(text) {
  if (text.length <= short) return [text];
  const words = text
    .split(/(?<=[:/])/)
    .flatMap((word) => (word.length > short ? word.split(/(?<=[a-z])(?=[A-Z])/) : [word]));
  return words.flatMap((part, index) => (index > 0 ? [el("wbr"), part] : [part]));
}

/** @param {string} text @param {string} [kind] */
export const code = (text, kind) => el("code", { class: kind }, ...breakable(text));

/** A name of the stack; the whole of it is shown by "Full ARNs". @param {Named} named */
export function name({ short, full }) {
  if (short === full) return code(full);
  return el(
    "code",
    { title: full },
    el("span", { class: "short" }, ...breakable(short)),
    el("span", { class: "full" }, ...breakable(full)),
  );
}

/** Several, with commas. @param {readonly Node[]} nodes */
export function listed(nodes) {
  return nodes.flatMap((node, index) => (index < nodes.length - 1 ? [node, ", "] : [node]));
}

/** @param {Pick<DecisionMessage, "outcome">} decision */
export const isAllowed = ({ outcome }) => outcome === "allowed";

/** @param {DecisionMessage} decision */
export function verdictOf(decision) {
  if (isAllowed(decision)) return `allowed by ${decision.by}`;
  return decision.by ? `denied by ${decision.by}` : "denied: nothing allows it";
}

/** What was asked, and by which service on whose behalf. @param {DecisionMessage} decision */
export function actionOf({ action, onBehalfBy }) {
  return onBehalfBy ? `${action}, by ${onBehalfBy}` : action;
}

/** @param {DecisionMessage} decision */
export function sentence(decision) {
  const { who, resource } = decision;
  return `${who} ${actionOf(decision)} ${resource.short} ${verdictOf(decision)}`;
}

/** @param {StatementMessage} statement */
export const sidOf = ({ sid, index }) => sid ?? `statement ${index}`;
