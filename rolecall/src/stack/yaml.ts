import { isAlias, isMap, isScalar, isSeq, type ParsedNode, parseDocument } from "yaml";

/**
 * Reads a CloudFormation template in YAML: its short tags become the intrinsics that JSON has.
 *
 * https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference.html
 *
 * @throws Error that names the file, with the place that YAML does not allow.
 */
export function parseYamlTemplate(text: string, name = "template"): unknown {
  // Tags that YAML does not have would each be a warning.
  const document = parseDocument(text, { logLevel: "error", merge: true });
  const [error] = document.errors;
  if (error !== undefined) throw new Error(`${name}: ${error.message}`, { cause: error });

  const read = (node: unknown): unknown => {
    if (isAlias(node)) return read(node.resolve(document));
    const value = untagged(node);
    const tag = (node as ParsedNode | null)?.tag;
    return tag?.startsWith("!") ? intrinsic(tag.slice(1), value) : value;
  };
  const untagged = (node: unknown): unknown => {
    if (isSeq(node)) return node.items.map(read);
    if (isMap(node))
      return Object.fromEntries(
        node.items.flatMap(({ key, value }): [string, unknown][] => {
          const name = String(isScalar(key) ? key.value : key);
          // A merge brings in what stands there already.
          return name === "<<" ? Object.entries(read(value) as object) : [[name, read(value)]];
        }),
      );
    return isScalar(node) ? node.value : null;
  };
  return read(document.contents);
}

/** `!Ref` and `!Condition` are short for themselves, every other tag for `Fn::` and its name. */
function intrinsic(tag: string, value: unknown): unknown {
  if (tag === "Ref" || tag === "Condition") return { [tag]: value };
  if (tag !== "GetAtt" || typeof value !== "string") return { [`Fn::${tag}`]: value };
  const [logicalId, ...attribute] = value.split(".");
  return { "Fn::GetAtt": [logicalId, attribute.join(".")] };
}
