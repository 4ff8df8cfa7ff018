import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { compareKeys } from "./keys.ts";
import { listPage } from "./list-objects.ts";
import type { S3Object } from "./store.ts";

const object = (key: string): S3Object => ({
  key,
  body: { size: 0, pieces: [] },
  size: 0,
  etag: '""',
  lastModified: new Date(0),
  contentType: undefined,
  headers: {},
});

const keys = fc.uniqueArray(
  fc
    .oneof(
      fc.string({
        unit: fc.constantFrom("a", "b", "/", "/", "é", "\uffee", "😀"),
        minLength: 1,
        maxLength: 6,
      }),
      fc.string({ unit: "grapheme", minLength: 1, maxLength: 3 }),
    )
    .filter((key) => key.isWellFormed()),
  { maxLength: 30 },
);

/** What a client sees that follows a listing to its end. */
function listAll(all: readonly string[], options: { prefix: string; delimiter: string; maxKeys: number }) {
  const seen: string[] = [];
  let after = "";
  for (;;) {
    const page = listPage(all.map(object), { ...options, after });
    const names = [...page.objects.map(({ key }) => key), ...page.commonPrefixes];
    expect(names.length).toBeLessThanOrEqual(options.maxKeys);
    seen.push(...names);
    if (page.next === undefined) return seen;
    after = page.next;
  }
}

describe("a listing", () => {
  it("shows each key or common prefix exactly once, whatever the size of its pages", () => {
    fc.assert(
      fc.property(
        keys,
        fc.constantFrom("", "a", "a/", "/", "é"),
        fc.constantFrom("", "/", "a/"),
        fc.integer({ min: 1, max: 5 }),
        (all, prefix, delimiter, maxKeys) => {
          const expected = all
            .filter((key) => key.startsWith(prefix))
            .map((key) => {
              const end = delimiter === "" ? -1 : key.indexOf(delimiter, prefix.length);
              return end < 0 ? key : key.slice(0, end + delimiter.length);
            });
          expect(listAll(all, { prefix, delimiter, maxKeys }).sort()).toEqual([...new Set(expected)].sort());
        },
      ),
    );
  });

  it("comes in the order of the keys' UTF-8 bytes", () => {
    fc.assert(
      fc.property(keys, (all) => {
        const { objects } = listPage(all.map(object), {
          prefix: "",
          delimiter: "",
          after: "",
          maxKeys: 1000,
        });
        expect(objects.map(({ key }) => key)).toEqual([...all].sort(compareKeys));
      }),
    );
    expect(compareKeys("\uffee", "😀")).toBeLessThan(0);
  });

  it("of no keys at most says that there are no more", () => {
    const page = listPage([object("a")], { prefix: "", delimiter: "", after: "", maxKeys: 0 });
    expect(page).toMatchObject({ objects: [], next: undefined });
  });
});
