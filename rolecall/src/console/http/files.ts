import { createHash } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import type { IncomingMessage, ServerResponse } from "node:http";
import { extname, join } from "node:path";

const types: Readonly<Record<string, string>> = {
  ".css": "text/css; charset=utf-8",
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".svg": "image/svg+xml",
};

export interface PageFile {
  readonly type: string;
  readonly content: Buffer;
  readonly etag: string;
}

/**
 * The page's files by their paths in URLs. They are known by name and read once, so no request names a file of the disk.
 *
 * @param folder Files of another type than a page has are left out.
 */
export async function readPage(folder: string): Promise<ReadonlyMap<string, PageFile>> {
  const names = (await readdir(folder)).filter((name) => types[extname(name)] !== undefined);
  const files = await Promise.all(
    names.map(async (name): Promise<readonly [string, PageFile]> => {
      const content = await readFile(join(folder, name));
      const etag = `"${createHash("sha256").update(content).digest("base64url")}"`;
      const path = name === "index.html" ? "/" : `/${name}`;
      return [path, { type: types[extname(name)] ?? "", content, etag }];
    }),
  );
  return new Map(files);
}

/** Asked for each time, so that the page is never older than the server. */
export function sendFile(
  request: IncomingMessage,
  response: ServerResponse,
  { type, content, etag }: PageFile,
): void {
  const headers = { "content-type": type, "cache-control": "no-cache", etag };
  if (request.headers["if-none-match"] === etag) response.writeHead(304, headers).end();
  else response.writeHead(200, headers).end(content);
}
