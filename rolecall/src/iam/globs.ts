import { hasUnknown, UNKNOWN } from "./unknown.ts";
import type { Text } from "./variables.ts";

/**
 * A compiled pattern: code points that stand for themselves, wildcards, which are negative numbers, and unknowns, which
 * are numbers above every code point.
 * Matching follows all the pattern's possible positions at once, so the worst case is the product of the two
 * lengths, whatever the pattern: nobody can make a decision hang with a pattern like `*a*a*a*a*b`.
 */
export type Glob = readonly number[];

export const ONE = -1;
export const RUN = -2;
/** These two stop at a colon. */
export const ONE_IN_SEGMENT = -3;
export const RUN_IN_SEGMENT = -4;

const COLON = 0x3a;
const WILDCARDS = new Map([
  ["?", ONE],
  ["*", RUN],
]);

/** `*` stands for any run of characters, `?` for exactly one; everything else is itself. */
export function compileGlob(texts: readonly Text[]): Glob {
  return texts.flatMap(({ text, wildcards }) => (hasUnknown(text) ? cut : tokens)(text, wildcards));
}

function tokens(text: string, wildcards: boolean): number[] {
  return [...text].map(
    (character) => (wildcards ? WILDCARDS.get(character) : undefined) ?? codePoint(character),
  );
}

/** The unknowns of a text are one token each. */
function cut(text: string, wildcards: boolean): number[] {
  const result: number[] = [];
  let end = 0;
  for (const { 0: whole, 1: name = "", index } of text.matchAll(UNKNOWN)) {
    result.push(...tokens(text.slice(end, index), wildcards), unknownToken(name));
    end = index + whole.length;
  }
  return [...result, ...tokens(text.slice(end), wildcards)];
}

const unknownTokens = new Map<string, number>();

function unknownToken(name: string): number {
  const known = unknownTokens.get(name);
  if (known !== undefined) return known;
  const token = LAST_CODE_POINT + 1 + unknownTokens.size;
  unknownTokens.set(name, token);
  return token;
}

export function isUnknownToken(token: number): boolean {
  return token > LAST_CODE_POINT;
}

const LAST_CODE_POINT = 0x10ffff;

/**
 * A pattern of a statement's `Resource`. In the first five segments of the ARN (up to the account) a wildcard
 * stays within its segment, except for a `*` that ends one, which reaches over the colons that follow
 * (`arn:aws:sqs:*`). The sixth segment is the service's own, colons and slashes included, so there a wildcard
 * matches anything: `arn:aws:s3:::bucket/audio*` covers `audio-old/a:b.wav`.
 *
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_resource.html
 */
export function compileResourceGlob(texts: readonly Text[]): Glob {
  const glob = compileGlob(texts);
  const endsSegment = (position: number) => position + 1 === glob.length || glob[position + 1] === COLON;
  return confine(glob, (position) => !endsSegment(position));
}

/**
 * A pattern of an Arn condition operator: each of the six segments is matched by itself, so a wildcard of the
 * first five never reaches over a colon. Undefined when the pattern has fewer segments.
 *
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html#Conditions_ARN
 */
export function compileArnGlob(texts: readonly Text[]): Glob | undefined {
  const glob = compileGlob(texts);
  return glob.filter((token) => token === COLON).length < 5 ? undefined : confine(glob, () => true);
}

/** The same where the pattern has unknowns, which may hold the segments that seem to be missing. */
export function compileVagueArnGlob(texts: readonly Text[]): Glob {
  return confine(compileGlob(texts), () => true);
}

/** Whether the whole of `text` fits the pattern. */
export function matchGlob(glob: Glob, text: string): boolean {
  // Up to the first wildcard there is one way only, and most comparisons end here.
  let start = 0;
  let read = 0;
  for (let token = glob[start]; token !== undefined && token >= 0; token = glob[start]) {
    if (text.codePointAt(read) !== token) return false;
    read += token > 0xffff ? 2 : 1;
    start += 1;
  }
  if (start === glob.length) return read === text.length;
  return matchFrom(glob, start, text.slice(read));
}

function matchFrom(glob: Glob, start: number, text: string): boolean {
  // Ascending positions in the pattern that the text read so far can have led to.
  let positions: number[] = [];
  reach(glob, start, positions);
  for (const character of text) {
    const read = codePoint(character);
    const next: number[] = [];
    for (const position of positions) {
      const token = glob[position];
      if (token === RUN && position === glob.length - 1) return true;
      if (token === RUN || (token === RUN_IN_SEGMENT && read !== COLON)) reach(glob, position, next);
      else if (token === read || token === ONE || (token === ONE_IN_SEGMENT && read !== COLON))
        reach(glob, position + 1, next);
    }
    if (next.length === 0) return false;
    positions = next;
  }
  return positions.at(-1) === glob.length;
}

/** Keeps the wildcards before the fifth colon within their segments; a run only where `confined` says so. */
function confine(glob: Glob, confined: (position: number) => boolean): Glob {
  let colons = 0;
  return glob.map((token, position) => {
    if (token === COLON) colons += 1;
    if (colons >= 5) return token;
    if (token === ONE) return ONE_IN_SEGMENT;
    return token === RUN && confined(position) ? RUN_IN_SEGMENT : token;
  });
}

/** Adds a position and, since a run may be empty, those that lie behind the runs that start there. */
function reach(glob: Glob, position: number, positions: number[]): void {
  let last = positions.at(-1) ?? -1;
  for (let reached = position; ; reached += 1) {
    if (reached > last) {
      positions.push(reached);
      last = reached;
    }
    const token = glob[reached];
    if (token !== RUN && token !== RUN_IN_SEGMENT) return;
  }
}

function codePoint(character: string): number {
  return character.codePointAt(0) as number;
}
