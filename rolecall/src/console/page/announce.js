import { byId } from "./dom.js";

/** Milliseconds between two announcements: a screen reader is to finish one before the next. */
const pause = 4000;

/** @type {{ text: string, isImportant: boolean } | undefined} */
let waiting;
let isPausing = false;

/**
 * Has a screen reader say something when it has time; of what comes meanwhile, the latest, or the latest that is
 * important.
 *
 * @param {string} text
 * @param {boolean} [isImportant]
 */
export function announce(text, isImportant = false) {
  if (waiting?.isImportant && !isImportant) return;
  waiting = { text, isImportant };
  if (!isPausing) next();
}

function next() {
  isPausing = waiting !== undefined;
  if (waiting === undefined) return;
  byId("announcements", HTMLDivElement).textContent = waiting.text;
  waiting = undefined;
  setTimeout(next, pause);
}
