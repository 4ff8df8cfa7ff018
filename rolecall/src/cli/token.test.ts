import { describe, expect, it } from "vitest";
import { served } from "../lambda/http/fixtures.ts";
import { verifyToken } from "../lambda/http/jwt.ts";
import { createTokenIssuer } from "../lambda/http/token-issuer.ts";
import { askForToken } from "./token.ts";

const issuer = "https://login.example.com";

describe("rolecall token", () => {
  it("gets a token with the claims, which the run's authorizers take", async () => {
    const tokens = await createTokenIssuer([{ issuer, audience: ["web"] }]);
    await using server = await served(tokens.listener);

    const token = await askForToken(server.url, '{"sub":"anna"}');

    const check = { keyOf: tokens.keyOf, issuer, audience: ["web"], now: new Date() };
    expect(verifyToken(token, check)).toMatchObject({ iss: issuer, sub: "anna" });
  });

  it("says what is wrong", async () => {
    const tokens = await createTokenIssuer([
      { issuer, audience: [] },
      { issuer: "https://other.example.com", audience: [] },
    ]);
    await using server = await served(tokens.listener);

    await expect(askForToken(undefined, "{}")).rejects.toThrow("Missing --issuer");
    await expect(askForToken(server.url, "sub=anna")).rejects.toThrow("--claims is not JSON");
    await expect(askForToken(server.url, "{}")).rejects.toThrow(`Say in the claim "iss" which issuer`);
    await expect(askForToken("http://127.0.0.1:1", "{}")).rejects.toThrow("Nothing answers");
  });
});
