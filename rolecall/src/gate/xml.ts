/** An element to be written: its name, and its text or its children. */
export type XmlElement = readonly [name: string, content: string | number | boolean | readonly XmlElement[]];

const NAMESPACE = "http://s3.amazonaws.com/doc/2006-03-01/";

/** A document as AWS answers with. Amazon S3's have its namespace, its errors none. */
export function xmlDocument(
  [name, content]: XmlElement,
  { namespace = NAMESPACE }: { readonly namespace?: string | false } = {},
): string {
  const attribute = namespace === false ? "" : ` xmlns="${namespace}"`;
  return `<?xml version="1.0" encoding="UTF-8"?>\n<${name}${attribute}>${writeContent(content)}</${name}>`;
}

function writeContent(content: XmlElement[1]): string {
  if (typeof content !== "object") return escapeXml(String(content));
  return content.map(([name, inner]) => `<${name}>${writeContent(inner)}</${name}>`).join("");
}

function escapeXml(text: string): string {
  // XML 1.0 cannot hold most control characters; S3 writes them as references all the same.
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are legal in keys
  return text.replace(/[&<>"\u0000-\u001f\u007f]/g, (character) => {
    const named = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" }[character];
    return named ?? `&#${character.charCodeAt(0)};`;
  });
}

/** An element that was read: its text, and its children in order. */
export interface XmlNode {
  readonly name: string;
  readonly text: string;
  readonly children: readonly XmlNode[];
}

/**
 * Reads the small documents that S3 takes as request bodies: elements, text, character references. Namespaces are
 * left out of names; a DTD is refused, so nothing can be expanded or fetched.
 *
 * @throws {SyntaxError} when the text is not such a document
 */
export function parseXml(source: string): XmlNode {
  const token =
    /<\?[\s\S]*?\?>|<!--[\s\S]*?-->|<(\/?)([A-Za-z_][\w.:-]*)((?:\s+[\w.:-]+\s*=\s*(?:"[^"<]*"|'[^'<]*'))*)\s*(\/?)>|[^<]+/y;
  const root = { name: "", text: "", children: [] as XmlNode[] };
  const open: { name: string; text: string; children: XmlNode[] }[] = [root];
  while (token.lastIndex < source.length) {
    const match = token.exec(source);
    if (match === null) throw new SyntaxError("not well-formed XML");
    const [whole, closing, qualified, , selfClosing] = match;
    const current = open.at(-1) as (typeof open)[number];
    if (qualified === undefined) {
      if (!whole.startsWith("<")) current.text += unescapeXml(whole);
      continue;
    }
    const name = qualified.replace(/^.*:/, "");
    if (closing) {
      if (open.length === 1 || current.name !== name) throw new SyntaxError(`</${name}> closes nothing`);
      open.pop();
      continue;
    }
    const node = { name, text: "", children: [] as XmlNode[] };
    current.children.push(node);
    if (!selfClosing) open.push(node);
  }
  const [document, ...more] = root.children;
  if (open.length > 1 || document === undefined || more.length > 0 || root.text.trim() !== "") {
    throw new SyntaxError("not one XML element");
  }
  return document;
}

function unescapeXml(text: string): string {
  return text.replace(/&([^;&\s]*);?/g, (whole, reference: string) => {
    const named = { amp: "&", lt: "<", gt: ">", quot: '"', apos: "'" }[reference];
    if (named !== undefined && whole.endsWith(";")) return named;
    const code = /^#(?:x([0-9a-fA-F]{1,6})|(\d{1,7}))$/.exec(reference);
    const point =
      code === null ? Number.NaN : Number.parseInt(code[1] ?? (code[2] as string), code[1] ? 16 : 10);
    if (!whole.endsWith(";") || !(point <= 0x10ffff))
      throw new SyntaxError(`${whole} is no character reference`);
    return String.fromCodePoint(point);
  });
}

/** The text of the first child of that name. */
export function childText(node: XmlNode, name: string): string | undefined {
  return node.children.find((child) => child.name === name)?.text;
}
