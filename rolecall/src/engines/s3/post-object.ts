import type { IncomingMessage } from "node:http";
import type { VerificationOptions } from "../../gate/signature/session.ts";
import { verifyForm } from "../../gate/signature/verify-form.ts";
import type { Gate, Principal } from "../../gate/types.ts";
import { xmlDocument } from "../../gate/xml.ts";
import { needs, requireAllowed } from "./access.ts";
import type { BodyStore } from "./bodies.ts";
import type { Answer } from "./call.ts";
import { checkBody } from "./checksums.ts";
import { entityTooLarge, entityTooSmall, invalidArgument } from "./errors.ts";
import { readForm } from "./form.ts";
import { requireKey } from "./keys.ts";
import { objectHeaders } from "./object-headers.ts";
import { checksumHeaders, ENCRYPTION } from "./objects.ts";
import { type Operation, requireServedHeaders } from "./operations.ts";
import { parsePostPolicy, requirePolicyMet, sizeRange } from "./post-policy.ts";
import { createIntake, type Intake, MAX_UPLOAD } from "./receive.ts";
import { type Bucket, etagOf, type S3Object, wholeSeconds } from "./store.ts";
import { versionHeader } from "./versions.ts";

export interface PostObjectOptions {
  readonly operation: Operation;
  readonly bucket: Bucket;
  readonly bodies: BodyStore;
  readonly verification: VerificationOptions;
  readonly gate: Gate;
  readonly partition: string;
  readonly publish: (principal: Principal, object: S3Object) => void;
}

/** Fields that sign the form; they say nothing of the object. */
const SIGNATURE_FIELDS = new Set(["x-amz-algorithm", "x-amz-credential", "x-amz-signature"]);

/** https://docs.aws.amazon.com/AmazonS3/latest/API/RESTObjectPOST.html */
export async function postObject(request: IncomingMessage, options: PostObjectOptions): Promise<Answer> {
  const { bucket, bodies, verification, publish } = options;
  const announced = Number(request.headers["content-length"] ?? 0);
  if (announced > MAX_UPLOAD) throw entityTooLarge(announced, MAX_UPLOAD);
  let intake: Intake | undefined;
  try {
    const { admission, size } = await readForm(request, {
      admit(fields) {
        const admitted = admit(fields, options);
        intake = createIntake(bodies, checkBody(admitted.headers));
        return { ...admitted, intake };
      },
      take: (chunk, admitted) => admitted.intake.write(chunk),
    });
    const { principal, key, fields, minimum, kept } = admission;
    if (size < minimum) throw entityTooSmall(size, minimum);
    using received = await admission.intake.finish(new Map());
    const { body, md5, checksum } = received;
    const object = bucket.put({
      key,
      body,
      size,
      etag: etagOf(md5),
      lastModified: wholeSeconds(verification.now),
      checksum,
      ...kept,
    });
    publish(principal, object);
    return success(object, bucket.name, fields, request.headers.host ?? "");
  } finally {
    await intake?.discard();
  }
}

/** Whether the form may bring its file, and how large it may be: asked before the file is read. */
function admit(
  fields: ReadonlyMap<string, string>,
  { operation, bucket, verification, gate, partition }: PostObjectOptions,
) {
  const key = fields.get("key");
  if (key === undefined) {
    throw invalidArgument(
      "Bucket POST must contain a field named 'key'.  If it is specified, please check the order of the fields.",
      "key",
      "",
    );
  }
  if (key === "") throw invalidArgument("User key must have a length greater than 0.", "key", "");
  requireKey(key);
  const principal = verifyForm(fields, verification);
  const policy = parsePostPolicy(fields.get("policy") ?? "");
  requirePolicyMet(policy, new Map([...fields, ["bucket", bucket.name]]), verification.now);

  const headers = asHeaders(fields);
  const request = { bucket: bucket.name, key, query: new Map(), headers };
  const authentication = { "s3:authType": "POST", "s3:signatureversion": "AWS4-HMAC-SHA256" };
  for (const need of needs(operation, request, partition, authentication))
    requireAllowed(gate, principal, need);
  requireServedHeaders(operation, headers);
  const { minimum, maximum } = sizeRange(policy) ?? { minimum: 0, maximum: MAX_UPLOAD };
  const kept = objectHeaders(headers);
  return { principal, key, headers, kept, fields, minimum, maximum: Math.min(maximum, MAX_UPLOAD) };
}

/** The fields that would be headers if the object came by PUT; two of them have other names in forms. */
function asHeaders(fields: ReadonlyMap<string, string>): ReadonlyMap<string, string> {
  const renamed: Readonly<Record<string, string>> = { acl: "x-amz-acl", tagging: "x-amz-tagging" };
  return new Map(
    [...fields].flatMap(([name, value]) =>
      SIGNATURE_FIELDS.has(name) ? [] : [[renamed[name] ?? name, value]],
    ),
  );
}

function success(
  object: S3Object,
  bucket: string,
  fields: ReadonlyMap<string, string>,
  host: string,
): Answer {
  const { key, etag } = object;
  const path = key.split("/").map(encodeURIComponent).join("/");
  const location = `http://${host}/${bucket}/${path}`;
  const headers = {
    etag,
    location,
    ...versionHeader(object.versionId),
    ...ENCRYPTION,
    ...checksumHeaders(object.checksum),
  };
  const redirect = fields.get("success_action_redirect") ?? fields.get("redirect");
  if (redirect !== undefined && URL.canParse(redirect)) {
    const target = new URL(redirect);
    for (const [name, value] of Object.entries({ bucket, key, etag }))
      target.searchParams.append(name, value);
    return { status: 303, headers: { ...headers, location: target.href } };
  }
  switch (fields.get("success_action_status")) {
    case "200":
      return { status: 200, headers };
    case "201":
      return {
        status: 201,
        headers: { ...headers, "content-type": "application/xml" },
        body: xmlDocument(
          [
            "PostResponse",
            [
              ["Location", location],
              ["Bucket", bucket],
              ["Key", key],
              ["ETag", etag],
            ],
          ],
          { namespace: false },
        ),
      };
    default:
      return { status: 204, headers };
  }
}
