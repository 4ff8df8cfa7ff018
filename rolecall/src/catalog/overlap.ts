import { type Glob, ONE, ONE_IN_SEGMENT, RUN, RUN_IN_SEGMENT } from "../iam/globs.ts";

/** These two stop at a colon and at a slash. */
export const ONE_IN_NAME = -5;
export const RUN_IN_NAME = -6;

const COLON = 0x3a;
const SLASH = 0x2f;

/**
 * Whether some text fits both patterns. It follows all pairs of positions at once, so the worst case is the product
 * of the two lengths.
 */
export function overlap(one: Glob, other: Glob): boolean {
  const width = other.length + 1;
  const seen = new Uint8Array((one.length + 1) * width);
  const waiting = [0];
  const reach = (first: number, second: number) => {
    const pair = first * width + second;
    if (seen[pair] !== 0) return;
    seen[pair] = 1;
    waiting.push(pair);
  };
  for (let pair = waiting.pop(); pair !== undefined; pair = waiting.pop()) {
    const first = Math.floor(pair / width);
    const second = pair % width;
    const left = one[first];
    const right = other[second];
    if (left === undefined && right === undefined) return true;
    if (isRun(left)) reach(first + 1, second);
    if (isRun(right)) reach(first, second + 1);
    if (left !== undefined && right !== undefined && share(left, right))
      reach(isRun(left) ? first : first + 1, isRun(right) ? second : second + 1);
  }
  return false;
}

function isRun(token: number | undefined): boolean {
  return token === RUN || token === RUN_IN_SEGMENT || token === RUN_IN_NAME;
}

/** Whether one character fits both tokens; any two wildcards have a letter in common. */
function share(left: number, right: number): boolean {
  if (left >= 0 && right >= 0) return left === right;
  if (left < 0 && right < 0) return true;
  return left >= 0 ? admits(right, left) : admits(left, right);
}

function admits(wildcard: number, character: number): boolean {
  if (wildcard === ONE || wildcard === RUN) return true;
  if (character === COLON) return false;
  return character !== SLASH || wildcard === ONE_IN_SEGMENT || wildcard === RUN_IN_SEGMENT;
}
