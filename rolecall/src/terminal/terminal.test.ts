import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { decisionWords } from "../cli/decision-words.ts";
import type { TracedDecision } from "../gate/types.ts";
import { readableLogLine } from "../lambda/function-log.ts";
import { plain, plainLines, plainly } from "./escape.ts";
import { complain, print, tell, tellError } from "./terminal.ts";

/** Any bytes as a client may send them, read as Node reads headers and bodies, and any text at all. */
const anyText = fc.oneof(
  fc.uint8Array({ maxLength: 60 }).map((bytes) => Buffer.from(bytes).toString("latin1")),
  fc.uint8Array({ maxLength: 60 }).map((bytes) => Buffer.from(bytes).toString("utf8")),
  fc.string({ unit: "binary", maxLength: 60 }),
  fc
    .array(fc.constantFrom("\x1b", "[2J", "[1A", "\n", "\r", "\x9b", "\u2028", "\u202e", "\x07", "a", " "))
    .map((parts) => parts.join("")),
);

/** What no text of another's may put on a terminal. */
const control = /[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}\p{Cs}]/u;

// biome-ignore lint/suspicious/noControlCharactersInRegex: these are the colours
const colours = /\x1b\[\d{1,3}m/g;

let out: string;
beforeEach(() => {
  out = "";
  for (const stream of [process.stderr, process.stdout]) {
    vi.spyOn(stream, "write").mockImplementation((chunk) => {
      out += chunk;
      return true;
    });
  }
});
afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
});

/** The one line that was written, without our colours; fails for more than a line, and for any control character. */
function theLine(act: () => void): string {
  out = "";
  act();
  const line = out.replace(/\n$/, "").replaceAll(colours, "");
  expect(line.replaceAll("\t", "")).not.toMatch(control);
  return line;
}

describe("whatever a request holds", () => {
  it("a line that is told stays one line, and commands nothing", () => {
    fc.assert(
      fc.property(anyText, anyText, (one, other) => {
        theLine(() => tell(one, ["red", other]));
      }),
    );
  });

  it("a decision is one line that begins with its time", () => {
    fc.assert(
      fc.property(anyText, anyText, anyText, anyText, (who, action, resource, prefix) => {
        const time = new Date("2026-01-02T03:04:05.678Z");
        const context = { "s3:prefix": prefix };
        const decision = { outcome: "implicitly denied", missing: "identity-based" };
        const traced = { time, who, action, resource, context, decision } as unknown as TracedDecision;
        const line = theLine(() => tell(...decisionWords(traced, new Set(["s3:prefix"]), (name) => name)));
        expect(line).toMatch(/^03:04:05\.678 .*denied: nothing allows it$/);
      }),
    );
  });

  it("an error that is logged takes further lines for its stack's frames alone", () => {
    fc.assert(
      fc.property(anyText, (key) => {
        out = "";
        tellError(`http-api: GET /${key}: Error\n    at serve (index.js:1:1)`);
        const [first, ...frames] = out.trimEnd().split("\n");
        expect(first).toMatch(/^http-api/);
        for (const frame of frames) expect(frame).toMatch(/^ {4}at /);
        expect(out.replaceAll(/[\n\t]/g, "")).not.toMatch(control);
      }),
    );
  });

  it("further lines of a function's log event are indented, so none of them can pass for another's", () => {
    const event = fc.oneof(
      anyText,
      anyText.map((text) => `2026-01-02T03:04:05.678Z\t4d4a\tINFO\t${text}`),
      anyText.map((text) => JSON.stringify({ level: "INFO", message: text, [text]: text })),
      anyText.map((text) => `{\n${JSON.stringify(text)}: 1\n}`),
    );
    fc.assert(
      fc.property(event, anyText, (begin, end) => {
        const [, ...more] = readableLogLine(`${begin}\n${end}`).split("\n");
        for (const line of more) expect(line === "" ? " " : line).toMatch(/^[ \t]/);
      }),
    );
  });

  it("a report keeps its lines and colours, and loses everything else that commands", () => {
    fc.assert(
      fc.property(anyText, (text) => {
        out = "";
        print(`\x1b[1m${text}\x1b[22m`);
        expect(out.replaceAll(colours, "").replaceAll(/[\n\t]/g, "")).not.toMatch(control);
        out = "";
        complain(new Error(text));
        expect(out.replaceAll(colours, "").replaceAll(/[\n\t]/g, "")).not.toMatch(control);
      }),
    );
  });

  it("JSON that is printed is the same JSON", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        out = "";
        print(JSON.stringify({ text }, undefined, 2));
        expect(JSON.parse(out)).toEqual({ text });
      }),
    );
  });

  it("an explanation's copy is plain in every part", () => {
    fc.assert(
      fc.property(anyText, (text) => {
        expect(JSON.stringify(plainly({ a: [text, { [text]: text }], n: 1 })).replaceAll("\\t", "")).toBe(
          JSON.stringify({ a: [plain(text), { [plain(text)]: plain(text) }], n: 1 }).replaceAll("\\t", ""),
        );
      }),
    );
  });
});

describe("an escape", () => {
  it("shows which character it was", () => {
    expect(plain("a\x1b[2Jb\nc\rd\x9b\u202e\u2028\te")).toBe("a\\u001b[2Jb\\nc\\rd\\u009b\\u202e\\u2028\te");
    expect(plain("Grüße, 日本 👩‍🚀")).toBe("Grüße, 日本 👩‍🚀");
    expect(plainLines("one\r\ntwo\x1b[31mred\x1b[39m\x1b[8;1m")).toBe(
      "one\ntwo\x1b[31mred\x1b[39m\\u001b[8;1m",
    );
  });
});
