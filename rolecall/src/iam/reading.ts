import { compileGlob, type Glob, isUnknownToken, ONE, ONE_IN_SEGMENT, RUN, RUN_IN_SEGMENT } from "./globs.ts";
import { unknownsIn } from "./unknown.ts";

/** How comparisons come out that hang on an unknown. All others come out the same in every reading. */
export class Reading {
  /** Whether what may hold is taken to hold; else only what must hold whatever the unknowns are. */
  readonly leansToYes: boolean;
  /** Whether the request itself has unknowns. */
  readonly isVague: boolean;
  /** Takes the names of the unknowns that a comparison hung on. */
  readonly met: string[];
  /** For what stands behind a negation. */
  readonly opposite: Reading;

  constructor(leansToYes: boolean, isVague: boolean, met: Reading["met"], opposite?: Reading) {
    this.leansToYes = leansToYes;
    this.isVague = isVague;
    this.met = met;
    this.opposite = opposite ?? this;
  }
}

/** Takes unknowns for texts that equal nothing but themselves, be it behind a negation or not. */
export function literalReading(met: Reading["met"], isVague: boolean): Reading {
  return new Reading(false, isVague, met);
}

/** The two bounds: what holds at least, and at most. Negations do not nest. */
export function bounds(
  met: Reading["met"],
  isVague: boolean,
): { readonly atLeast: Reading; readonly atMost: Reading } {
  return {
    atLeast: new Reading(false, isVague, met, new Reading(true, isVague, met)),
    atMost: new Reading(true, isVague, met, new Reading(false, isVague, met)),
  };
}

/** For comparisons without a request: nobody is told. */
export const SILENT = literalReading(Object.assign([], { push: () => 0 }), true);

/** Comes out as the reading leans, and tells what it hung on. */
export function lean(names: readonly string[], { leansToYes, met }: Reading): boolean {
  met.push(...names);
  return leansToYes;
}

/** Whether a pattern matches a text where either may have unknowns. */
export function matchVague(glob: Glob, names: readonly string[], text: string, reading: Reading): boolean {
  const tokens = compileGlob([{ text, wildcards: false }]);
  if (!fits(glob, tokens, true)) return false;
  return fits(glob, tokens, false) || lean([...names, ...unknownsIn(text)], reading);
}

/**
 * Whether a pattern matches a text for some value of the unknowns (`isPossible`), or for each. An unknown of the
 * pattern may hold wildcards and colons, so behind one nobody knows where a segment ends; against itself in the text
 * it always matches.
 */
function fits(glob: Glob, text: readonly number[], isPossible: boolean): boolean {
  const firstUnknown = glob.findIndex(isUnknownToken);
  const isConfined = (position: number) => !isPossible || firstUnknown === -1 || position < firstUnknown - 1;
  const width = text.length + 1;
  const seen = new Uint8Array((glob.length + 1) * width);
  const waiting = [0];
  const reach = (position: number, read: number) => {
    const place = position * width + read;
    if (seen[place] !== 0) return;
    seen[place] = 1;
    waiting.push(place);
  };
  for (let place = waiting.pop(); place !== undefined; place = waiting.pop()) {
    const position = Math.floor(place / width);
    const at = place % width;
    const token = glob[position];
    const read = text[at];
    if (token === undefined && read === undefined) return true;
    const isRun =
      token === RUN ||
      token === RUN_IN_SEGMENT ||
      (isPossible && token !== undefined && isUnknownToken(token));
    const isUnread = read !== undefined && isUnknownToken(read);
    const staysInSegment = (token === RUN_IN_SEGMENT || token === ONE_IN_SEGMENT) && isConfined(position);
    const isOutOfReach = staysInSegment && (read === COLON || (isUnread && !isPossible));
    if (isRun) {
      reach(position + 1, at);
      if (read !== undefined && !isOutOfReach) reach(position, at + 1);
    }
    // An unknown of the text may be nothing, or what the pattern wants.
    if (isPossible && isUnread) {
      reach(position, at + 1);
      if (token !== undefined) reach(position + 1, at);
    } else if (!isRun && token !== undefined && read !== undefined) {
      const isOne = (token === ONE || token === ONE_IN_SEGMENT) && !isUnread && !isOutOfReach;
      if (isOne || token === read) reach(position + 1, at + 1);
    }
  }
  return false;
}

const COLON = 0x3a;
