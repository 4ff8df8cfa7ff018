import { childText, type XmlElement, type XmlNode } from "../../gate/xml.ts";
import { deleteNeed, denial } from "./access.ts";
import { type Answer, type BucketCall, xmlAnswer } from "./call.ts";
import { invalidRequest, malformedXml, notImplemented } from "./errors.ts";

const MAX_OBJECTS = 1000;

/** https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteObjects.html: IAM decides on each key by itself. */
export async function deleteObjects(call: BucketCall): Promise<Answer> {
  const { request, bucket, gate, principal, partition, authentication } = call;
  const hasChecksum = [...request.headers.keys(), request.headers.get("x-amz-trailer") ?? ""].some(
    (name) => name === "content-md5" || /^x-amz-checksum-/.test(name),
  );
  if (!hasChecksum) throw invalidRequest("Missing required header for this request: Content-MD5");
  const { keys, quiet } = readDocument(await call.document());
  const results = keys.map((key): XmlElement => {
    const refused = denial(gate, principal, deleteNeed(partition, bucket.name, key, authentication));
    if (refused !== undefined) {
      return [
        "Error",
        [
          ["Key", key],
          ["Code", "AccessDenied"],
          ["Message", refused],
        ],
      ];
    }
    if (bucket.remove(key)) call.publish("ObjectRemoved:Delete", bucket, key);
    return ["Deleted", [["Key", key]]];
  });
  return xmlAnswer(["DeleteResult", quiet ? results.filter(([name]) => name === "Error") : results]);
}

function readDocument(document: XmlNode): { readonly keys: readonly string[]; readonly quiet: boolean } {
  const objects = document.children.filter(({ name }) => name === "Object");
  if (document.name !== "Delete" || objects.length === 0 || objects.length > MAX_OBJECTS)
    throw malformedXml();
  const keys = objects.map((object) => {
    const unserved = object.children.find(({ name }) => name !== "Key");
    if (unserved !== undefined) throw notImplemented(`DeleteObjects with ${unserved.name}`);
    const key = childText(object, "Key");
    if (!key) throw malformedXml();
    return key;
  });
  return { keys, quiet: childText(document, "Quiet") === "true" };
}
