import type { ServerResponse } from "node:http";
import type { Events } from "../messages.ts";

/** Bytes; whoever reads so slowly is let go, and asks again from where it was. */
const mostUnread = 4 * 1024 * 1024;

/** Milliseconds between two signs of life on a connection where nothing happens. */
const silence = 15_000;

/** Connections; each page needs one. */
const mostConnections = 32;

export type Send = <Name extends keyof Events>(name: Name, data: Events[Name], id?: string) => void;

export interface EventStreams {
  /** To everyone. */
  readonly send: Send;
  /**
   * Makes a response a stream of events that goes on until either side ends it.
   *
   * @returns What sends to this one alone; undefined when there are too many.
   */
  open(response: ServerResponse): Send | undefined;
  close(): void;
}

/** https://html.spec.whatwg.org/multipage/server-sent-events.html */
export function createEventStreams(): EventStreams {
  const responses = new Set<ServerResponse>();
  const write = (response: ServerResponse, text: string) => {
    response.write(text);
    if (response.writableLength > mostUnread) response.destroy();
  };
  const toAll = (text: string) => {
    for (const response of responses) write(response, text);
  };
  const beat = setInterval(() => toAll(":\n\n"), silence);
  beat.unref();
  return {
    send: (...event) => toAll(eventText(...event)),
    open(response) {
      if (responses.size >= mostConnections) return undefined;
      response.writeHead(200, { "content-type": "text/event-stream", "cache-control": "no-store" });
      responses.add(response);
      response.on("close", () => responses.delete(response));
      return (...event) => write(response, eventText(...event));
    },
    close() {
      clearInterval(beat);
      for (const response of responses) response.end();
    },
  };
}

function eventText<Name extends keyof Events>(name: Name, data: Events[Name], id?: string): string {
  return `${id === undefined ? "" : `id: ${id}\n`}event: ${name}\ndata: ${JSON.stringify(data)}\n\n`;
}
