/** Credentials that are nobody's, where the default chain looks first; nothing of the developer's own counts. */
export function useFakeAws(url: string): void {
  for (const name of Object.keys(process.env)) {
    if (name.startsWith("AWS_")) delete process.env[name];
  }
  Object.assign(process.env, {
    AWS_ACCESS_KEY_ID: "placeholder-access-key-id",
    AWS_SECRET_ACCESS_KEY: "placeholder-secret-access-key",
    AWS_SESSION_TOKEN: "placeholder-session-token",
    AWS_CONFIG_FILE: "no-such-file",
    AWS_SHARED_CREDENTIALS_FILE: "no-such-file",
    AWS_ENDPOINT_URL: url,
  });
}
