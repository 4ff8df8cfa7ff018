import type { XmlElement } from "../../gate/xml.ts";
import { type Answer, type ObjectCall, xmlAnswer } from "./call.ts";
import { type Checksum, checksumElements } from "./checksums.ts";
import { invalidArgument, invalidRequest } from "./errors.ts";
import { readLimit } from "./list-objects.ts";
import type { S3Object } from "./store.ts";
import { findObject, versionHeader } from "./versions.ts";

/** In the order in which S3 answers them. */
const ATTRIBUTES = ["ETag", "Checksum", "ObjectParts", "StorageClass", "ObjectSize"] as const;
type Attribute = (typeof ATTRIBUTES)[number];

/** https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObjectAttributes.html */
export function getObjectAttributes(call: ObjectCall): Answer {
  const { request } = call;
  const asked = readAttributes(request.headers.get("x-amz-object-attributes") ?? "");
  const object = findObject(call);
  const elements = ATTRIBUTES.filter((name) => asked.has(name)).flatMap((name) =>
    element(name, object, request.headers),
  );
  return xmlAnswer(["GetObjectAttributesResponse", elements], {
    "last-modified": object.lastModified.toUTCString(),
    ...versionHeader(object.versionId),
  });
}

function readAttributes(header: string): ReadonlySet<string> {
  const names = header.split(",").map((name) => name.trim());
  if (header === "") {
    throw invalidRequest(
      "The x-amz-object-attributes header specifying the attributes to be retrieved is either missing or empty",
    );
  }
  const known: readonly string[] = ATTRIBUTES;
  const unknown = names.find((name) => !known.includes(name));
  if (unknown === undefined) return new Set(names);
  throw invalidArgument("Invalid attribute name specified.", "x-amz-object-attributes", unknown);
}

/** None for what this object does not have. */
function element(
  name: Attribute,
  object: S3Object,
  headers: ReadonlyMap<string, string>,
): readonly XmlElement[] {
  switch (name) {
    case "ETag":
      return [[name, object.etag.replaceAll('"', "")]];
    case "Checksum":
      return object.checksum ? [[name, checksumElements(withoutCount(object.checksum))]] : [];
    case "ObjectParts":
      return object.parts ? [[name, partElements(object, headers)]] : [];
    case "StorageClass":
      return [[name, "STANDARD"]];
    case "ObjectSize":
      return [[name, object.size]];
  }
}

/** Here alone S3 leaves the number of parts out of a composite checksum. */
function withoutCount(checksum: Checksum): Checksum {
  return { ...checksum, value: checksum.value.replace(/-\d+$/, "") };
}

/** The parts are listed for an object with a composite checksum; of others S3 only says how many there are. */
function partElements(
  { parts = [], checksum }: S3Object,
  headers: ReadonlyMap<string, string>,
): readonly XmlElement[] {
  const count: XmlElement = ["PartsCount", parts.length];
  if (checksum?.type !== "COMPOSITE") return [count];
  const limit = readLimit(headers, "x-amz-max-parts");
  const marker = Number(headers.get("x-amz-part-number-marker") ?? 0);
  const later = parts.filter(({ number }) => number > marker);
  const page = later.slice(0, limit);
  return [
    count,
    ["PartNumberMarker", marker],
    ["NextPartNumberMarker", page.at(-1)?.number ?? 0],
    ["MaxParts", limit],
    ["IsTruncated", page.length < later.length],
    ...page.map(
      ({ number, size, checksum: own }): XmlElement => [
        "Part",
        [
          ["PartNumber", number],
          ["Size", size],
          ...(own === undefined ? [] : ([[`Checksum${own.algorithm}`, own.value]] as const)),
        ],
      ],
    ),
  ];
}
