import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { childText, parseXml, xmlDocument } from "./xml.ts";

describe("XML", () => {
  it("reads back whatever text it writes", () => {
    fc.assert(
      fc.property(
        fc.string({ unit: "binary" }).filter((text) => text.isWellFormed()),
        (text) => {
          const document = parseXml(
            xmlDocument([
              "Delete",
              [
                ["Object", [["Key", text]]],
                ["Quiet", true],
              ],
            ]),
          );
          expect(document.children.map(({ name }) => name)).toEqual(["Object", "Quiet"]);
          expect(childText(document.children[0] as never, "Key")).toBe(text);
        },
      ),
    );
  });

  it("reads namespaces, attributes, comments and empty elements", () => {
    const source =
      '<?xml version="1.0"?>\n<!-- x --><s3:Delete xmlns:s3="urn:x" a=\'1\'>\n <Object><Key>&#x61;&#98;</Key></Object><Quiet/></s3:Delete>\n';
    const document = parseXml(source);
    expect(document.name).toBe("Delete");
    expect(childText(document.children[0] as never, "Key")).toBe("ab");
    expect(childText(document, "Quiet")).toBe("");
  });

  it.each([
    "",
    "text",
    "<a>",
    "<a></b>",
    "</a>",
    "<a/><b/>",
    "<a>&undefined;</a>",
    "<a>&amp</a>",
    '<!DOCTYPE a [<!ENTITY x "y">]><a>&x;</a>',
    "<a b=c/>",
    "<a>&#x110000;</a>",
  ])("refuses %j", (source) => {
    expect(() => parseXml(source)).toThrow(SyntaxError);
  });

  it("takes no time over hostile input", () => {
    expect(() => parseXml(`<a ${"b='c' ".repeat(50_000)}`)).toThrow(SyntaxError);
    expect(() => parseXml("<a>".repeat(100_000))).toThrow(SyntaxError);
  }, 5000);
});
