import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { namesThisMachine } from "./strangers.ts";

/**
 * Serves on loopback and nowhere else, and answers 421 to requests for a host that may be anybody's.
 *
 * @param port A free one when it is 0.
 * @param what For error messages: what is served.
 * @throws Error that names a port that is taken.
 */
export async function listen(
  listener: RequestListener,
  port = 0,
  what: string,
): Promise<{ readonly url: string; readonly close: () => Promise<void> }> {
  const server = createServer({ keepAliveTimeout: 60_000 }, (request, response) => {
    if (namesThisMachine(request.headers.host)) return listener(request, response);
    response.writeHead(421, { "content-type": "text/plain", connection: "close" });
    response.end(
      `This is the ${what} of a local run. Call it by the address that it printed: http://127.0.0.1:…\n`,
    );
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", (error: NodeJS.ErrnoException) => {
      const isTaken = error.code === "EADDRINUSE";
      reject(
        isTaken
          ? new Error(
              `Port ${port} is taken: choose another for the ${what}, or leave its option out for a free one.`,
            )
          : error,
      );
    });
    server.listen(port, "127.0.0.1", resolve);
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
