import { childText, type XmlElement, type XmlNode } from "../../gate/xml.ts";
import { deleteNeed, denial } from "./access.ts";
import { type Answer, type BucketCall, xmlAnswer } from "./call.ts";
import { invalidRequest, malformedXml, notImplemented } from "./errors.ts";
import { optional } from "./list-objects.ts";
import { deleteFrom, requireVersionId } from "./versions.ts";

const MAX_OBJECTS = 1000;

/** https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteObjects.html: IAM decides on each key by itself. */
export async function deleteObjects(call: BucketCall): Promise<Answer> {
  const { request, bucket, gate, principal, partition, authentication } = call;
  const hasChecksum = [...request.headers.keys(), request.headers.get("x-amz-trailer") ?? ""].some(
    (name) => name === "content-md5" || /^x-amz-checksum-/.test(name),
  );
  if (!hasChecksum) throw invalidRequest("Missing required header for this request: Content-MD5");
  const { keys, quiet } = readDocument(await call.document());
  const results = keys.map(({ key, versionId }): XmlElement => {
    const need = deleteNeed(partition, bucket.name, key, versionId, authentication);
    const refused = denial(gate, principal, need);
    if (refused !== undefined) {
      return [
        "Error",
        [["Key", key], ...optional("VersionId", versionId), ["Code", "AccessDenied"], ["Message", refused]],
      ];
    }
    const deleted = deleteFrom(call, key, versionId);
    return [
      "Deleted",
      [
        ["Key", key],
        ...optional("VersionId", versionId),
        ...(deleted.isMarker ? ([["DeleteMarker", true]] as const) : []),
        ...optional("DeleteMarkerVersionId", deleted.isMarker ? deleted.versionId : undefined),
      ],
    ];
  });
  return xmlAnswer(["DeleteResult", quiet ? results.filter(([name]) => name === "Error") : results]);
}

interface Asked {
  readonly keys: readonly { readonly key: string; readonly versionId: string | undefined }[];
  readonly quiet: boolean;
}

function readDocument(document: XmlNode): Asked {
  const objects = document.children.filter(({ name }) => name === "Object");
  if (document.name !== "Delete" || objects.length === 0 || objects.length > MAX_OBJECTS)
    throw malformedXml();
  const keys = objects.map((object) => {
    const unserved = object.children.find(({ name }) => name !== "Key" && name !== "VersionId");
    if (unserved !== undefined) throw notImplemented(`DeleteObjects with ${unserved.name}`);
    const key = childText(object, "Key");
    if (!key) throw malformedXml();
    return { key, versionId: requireVersionId(childText(object, "VersionId") || undefined) };
  });
  return { keys, quiet: childText(document, "Quiet") === "true" };
}
