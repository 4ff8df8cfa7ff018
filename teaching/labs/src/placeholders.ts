/** What stands in the labs where people write a user's keys. No text of this project looks like one. */
export const userKeys = { accessKeyId: "EXAMPLEKEYID", secretAccessKey: "example-secret-access-key" };

/** A file .env as people have it. */
export const dotenvFile = `AWS_ACCESS_KEY_ID=${userKeys.accessKeyId}
AWS_SECRET_ACCESS_KEY=${userKeys.secretAccessKey}
`;
