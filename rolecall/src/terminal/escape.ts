/**
 * What may move a terminal's cursor, recolour or hide text, or turn its direction around: control characters of all
 * kinds, and halves of a surrogate pair. A tab stays: it does none of that.
 */
const controls = /[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}\p{Cs}]/gu;

/** The colours that `styleText` writes. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: that is what it looks for
const colour = /(\x1b\[\d{1,3}m)/;

/** One line of text that anybody may have chosen, harmless on a terminal: `\n`, and `\u001b` for an escape. */
export function plain(text: string): string {
  return text.replace(controls, (character) => {
    if (character === "\t") return character;
    if (character === "\n") return "\\n";
    if (character === "\r") return "\\r";
    return `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
  });
}

/** The same for a text of several lines that is coloured already. What is JSON stays the same JSON. */
export function plainLines(text: string): string {
  return text
    .split("\n")
    .map((line) =>
      line
        .replace(/\r$/, "")
        .split(colour)
        .map((part, index) => (index % 2 === 1 ? part : plain(part)))
        .join(""),
    )
    .join("\n");
}

/** The same for every text in a value. */
export function plainly<Value>(value: Value): Value {
  if (typeof value === "string") return plain(value) as Value;
  if (Array.isArray(value)) return value.map(plainly) as Value;
  if (typeof value !== "object" || value === null || Object.getPrototypeOf(value) !== Object.prototype)
    return value;
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [plain(key), plainly(one)])) as Value;
}
