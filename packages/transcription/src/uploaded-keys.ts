import * as v from "valibot";

/** https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html */
const messageSchema = v.pipe(
  v.string(),
  v.parseJson(),
  v.union([
    v.object({ Records: v.array(v.object({ s3: v.object({ object: v.object({ key: v.string() }) }) })) }),
    v.object({ Event: v.literal("s3:TestEvent") }),
  ]),
);

/**
 * The keys of the objects that a queue message from S3 tells of; none for the test message that S3 sends once, when
 * the notification is set up.
 *
 * @throws Error for a message that is not S3's.
 */
export function uploadedKeys(body: string): string[] {
  const result = v.safeParse(messageSchema, body);
  if (!result.success) throw new Error("The message is no notification of S3's.");
  return "Records" in result.output ? result.output.Records.map(({ s3 }) => decodeKey(s3.object.key)) : [];
}

/** S3 writes the key as a form would: percent-encoded UTF-8, a space as a plus sign. */
function decodeKey(key: string): string {
  return decodeURIComponent(key.replaceAll("+", " "));
}
