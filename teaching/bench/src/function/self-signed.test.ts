import { X509Certificate } from "node:crypto";
import { once } from "node:events";
import { createServer, get } from "node:https";
import type { AddressInfo } from "node:net";
import { expect, it } from "vitest";
import { selfSignedCertificate } from "./self-signed.ts";

it("is a certificate for 127.0.0.1, signed by its own key, valid now and not for long", () => {
  const { cert } = selfSignedCertificate();
  const certificate = new X509Certificate(cert);

  expect(certificate.verify(certificate.publicKey)).toBe(true);
  expect(certificate.checkIP("127.0.0.1")).toBe("127.0.0.1");
  expect(certificate.checkIP("127.0.0.2")).toBeUndefined();
  const [from, to] = [Date.parse(certificate.validFrom), Date.parse(certificate.validTo)];
  expect(from).toBeLessThan(Date.now());
  expect(to).toBeGreaterThan(Date.now());
  expect(to - from).toBe(2 * 24 * 60 * 60 * 1000);
});

it("is accepted by a client that trusts it, and by no other", async () => {
  const { key, cert } = selfSignedCertificate();
  const server = createServer({ key, cert }, (_, response) => response.end("hello"));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  try {
    const url = `https://127.0.0.1:${(server.address() as AddressInfo).port}`;

    const [response] = await once(get(url, { ca: cert, agent: false }), "response");
    expect(response.statusCode).toBe(200);
    response.resume();
    await expect(once(get(url, { agent: false }), "response")).rejects.toThrow("self-signed certificate");
  } finally {
    server.close();
  }
});
