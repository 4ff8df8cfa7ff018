/** For clients that must sign with something: nothing here has the form of a real key. */
export const placeholderCredentials = {
  accessKeyId: "placeholder-access-key-id",
  secretAccessKey: "placeholder-secret-access-key",
  sessionToken: "placeholder-session-token",
} as const;
