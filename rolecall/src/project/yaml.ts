import { isAlias, isMap, isScalar, isSeq, type Node, parseDocument } from "yaml";

/**
 * Reads a CloudFormation template in YAML; short tags take their long form (`!Sub x` is `{ "Fn::Sub": "x" }`).
 *
 * https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/template-formats.html
 *
 * @throws Error that says line and column of what is not YAML.
 */
export function fromYaml(text: string): unknown {
  // Unknown tags draw a warning, and their nodes are kept.
  const document = parseDocument(text, { logLevel: "error", merge: true });
  const [error] = document.errors;
  if (error !== undefined) throw new Error(error.message.split("\n")[0]);
  const convert = (node: unknown): unknown => {
    if (isAlias(node)) return convert(node.resolve(document));
    const value = contentOf(node);
    const tag = (node as Node | null)?.tag;
    return tag?.startsWith("!") ? { [longName(tag.slice(1))]: value } : value;
  };
  const contentOf = (node: unknown): unknown => {
    if (isMap(node)) {
      const entries = node.items.map(({ key, value }) => [keyOf(key), convert(value)] as const);
      const merged = entries.filter(([key]) => key === "<<").flatMap(([, value]) => value);
      const own = Object.fromEntries(entries.filter(([key]) => key !== "<<"));
      return Object.assign({}, ...merged.reverse(), own);
    }
    if (isSeq(node)) return node.items.map(convert);
    if (!isScalar(node)) return null;
    // An account's id keeps its zeros.
    return typeof node.value === "number" && /^0\d/.test(node.source ?? "") ? node.source : node.value;
  };
  return convert(document.contents);
}

const keyOf = (key: unknown): string => String(isScalar(key) ? key.value : key);

const longName = (tag: string): string => (tag === "Ref" || tag === "Condition" ? tag : `Fn::${tag}`);
