import { createHash } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { buffer } from "node:stream/consumers";

/** An object store that asks nobody: it puts into a map and gets from it, with the headers that S3 sends. */
export async function startBareStore() {
  const objects = new Map<string, { readonly body: Buffer; readonly headers: Record<string, string> }>();
  const server = createServer(async (request, response) => {
    const [path = ""] = (request.url ?? "").split("?", 1);
    if (request.method === "PUT") {
      const body = await buffer(request);
      const headers = {
        "x-amz-request-id": "0123456789ABCDEF",
        "x-amz-id-2": "bare",
        etag: `"${createHash("md5").update(body).digest("hex")}"`,
        "x-amz-server-side-encryption": "AES256",
        "x-amz-checksum-crc32": String(request.headers["x-amz-checksum-crc32"]),
        "x-amz-checksum-type": "FULL_OBJECT",
      };
      objects.set(path, { body, headers });
      response.writeHead(200, { ...headers, "content-length": "0" }).end();
      return;
    }
    const { body = Buffer.alloc(0), headers } = objects.get(path) ?? {};
    response
      .writeHead(200, {
        ...headers,
        "accept-ranges": "bytes",
        "content-length": String(body.length),
        "content-type": "application/octet-stream",
        "last-modified": new Date().toUTCString(),
      })
      .end(body);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}
