/** What people take one action for another by, said of the action that was asked. */
const lessons: ReadonlyMap<string, string> = new Map(
  Object.entries({
    "s3:GetObject": "Reading an object, or only its head, asks for s3:GetObject on the object's own ARN.",
    "s3:GetObjectVersion": "With a versionId, S3 asks for s3:GetObjectVersion in place of s3:GetObject.",
    "s3:DeleteObjectVersion":
      "With a versionId, S3 asks for s3:DeleteObjectVersion in place of s3:DeleteObject.",
    "s3:ListBucket":
      "Listing is asked of the bucket, under its own ARN; the prefix is a condition key, s3:prefix.",
    "s3:PutObjectAcl": "An upload that sets an ACL asks for s3:PutObjectAcl besides s3:PutObject.",
    "s3:PutObjectTagging": "An upload that sets tags asks for s3:PutObjectTagging besides s3:PutObject.",
    "transcribe:TagResource":
      "A job that is started with tags asks for transcribe:TagResource besides transcribe:StartTranscriptionJob.",
  }).map(([action, lesson]) => [action.toLowerCase(), lesson]),
);

/** One line that teaches what asks for an action, where it is often mistaken. */
export function lessonOf(action: string): string | undefined {
  return lessons.get(action.toLowerCase());
}
