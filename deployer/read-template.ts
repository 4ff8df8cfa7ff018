import { readFile } from "node:fs/promises";
import { type CollectionTag, parseDocument, type ScalarTag, YAMLMap, type YAMLSeq } from "yaml";

/**
 * Reads a CloudFormation template in YAML, its short forms (`!Sub`) written out (`{"Fn::Sub": …}`).
 *
 * @throws Error for YAML that cannot be parsed, or that has a tag which is not known here.
 */
export async function readYamlTemplate(file: string): Promise<unknown> {
  const customTags = [
    ...["Ref", "Condition", "GetAtt", "Sub"].map(scalar),
    ...["And", "Equals", "If", "Not", "Or"].map(list),
  ];
  const document = parseDocument(await readFile(file, "utf8"), { customTags });
  // To the parser an unknown tag is a warning.
  const [problem] = [...document.errors, ...document.warnings];
  if (problem) throw new Error(`${file}: ${problem.message}`);
  return document.toJS();
}

function scalar(name: string): ScalarTag {
  return {
    tag: `!${name}`,
    resolve: (text) => ({ [longName(name)]: name === "GetAtt" ? text.split(".") : text }),
  };
}

function list(name: string): CollectionTag {
  return {
    tag: `!${name}`,
    collection: "seq",
    resolve(items) {
      const map = new YAMLMap<string, YAMLSeq>();
      map.set(longName(name), items as YAMLSeq);
      return map;
    },
  };
}

function longName(name: string): string {
  return name === "Ref" || name === "Condition" ? name : `Fn::${name}`;
}
