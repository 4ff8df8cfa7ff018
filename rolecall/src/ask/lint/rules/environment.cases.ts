import { accessKeyId, arn, type Cases, secretAccessKey, variables } from "../testing/changes.ts";

export const cases: Cases = {
  "reserved-variable": {
    found: [
      {
        when: "a key is set",
        change: variables({ AWS_ACCESS_KEY_ID: "x" }),
        says: /AWS_ACCESS_KEY_ID is Lambda's own.*credentials of the function's role/s,
      },
      {
        when: "the region is set",
        change: variables({ AWS_REGION: "us-east-1" }),
        says: /refuses to deploy keepFilm/,
      },
    ],
    notFound: [
      { when: "Lambda's own guide sets it", change: variables({ AWS_LAMBDA_EXEC_WRAPPER: "/opt/start" }) },
    ],
  },
  "dangerous-variable": {
    found: [
      {
        when: "a profile is named",
        change: variables({ AWS_PROFILE: "sandbox" }),
        says: /AWS_PROFILE of keepFilm: the SDK then looks for a profile/,
      },
      {
        when: "a file of credentials is named",
        change: variables({ AWS_SHARED_CREDENTIALS_FILE: "keys" }),
        says: /file of credentials/,
      },
      {
        when: "calls go elsewhere",
        change: variables({ AWS_ENDPOINT_URL_S3: "http://localhost:4566" }),
        says: /instead of to AWS/,
      },
      {
        when: "certificates are not looked at",
        change: variables({ NODE_TLS_REJECT_UNAUTHORIZED: "0" }),
        says: /read and change/,
      },
      {
        when: "code is loaded first",
        change: variables({ NODE_OPTIONS: "--enable-source-maps --require ./spy.cjs" }),
        says: /before the handler/,
      },
      {
        when: "a library is loaded first",
        change: variables({ LD_PRELOAD: "/opt/lib.so" }),
        says: /into the runtime/,
      },
    ],
    notFound: [
      {
        when: "NODE_OPTIONS is for source maps",
        change: variables({ NODE_OPTIONS: "--enable-source-maps" }),
      },
      { when: "a variable of one's own names a profile", change: variables({ PROFILE: "sandbox" }) },
    ],
  },
  "secret-variable": {
    found: [
      {
        when: "it looks like an access key",
        change: variables({ UPLOADER: accessKeyId }),
        says: /UPLOADER of keepFilm holds an AWS access key id.*revoke/s,
      },
      {
        when: "it looks like a secret key",
        change: variables({ UPLOADER: secretAccessKey }),
        says: /an AWS secret access key/,
      },
      {
        when: "it is a private key",
        change: variables({ SIGNER: `-----BEGIN ${"PRIVATE"} KEY-----` }),
        says: /a private key/,
      },
      {
        when: "a URL has a password",
        change: variables({ DATABASE: ["postgres://me", "word@host/db"].join(":") }),
        says: /a URL with a password/,
      },
      {
        when: "its name promises one",
        change: variables({ SLACK_TOKEN: "something" }),
        says: /a secret, by its name.*Secrets Manager/s,
      },
    ],
    notFound: [
      {
        when: "it points to one",
        change: variables({
          DATABASE_PASSWORD: arn("secretsmanager", "secret:db"),
          API_KEY_NAME: "/voice/key",
        }),
      },
      { when: "it is a commit", change: variables({ COMMIT: "0123456789abcdef0123456789abcdef01234567" }) },
    ],
  },
  "environment-size": {
    found: [
      {
        when: "it is over 4 KB",
        change: variables({ LARGE: "a".repeat(4000) }),
        says: /keepFilm: its environment variables have \d+ bytes of at most 4096/,
        at: ["serverless.yml", "environment:"],
      },
    ],
    notFound: [{ when: "it is under", change: variables({ LARGE: "a".repeat(3500) }) }],
  },
};
