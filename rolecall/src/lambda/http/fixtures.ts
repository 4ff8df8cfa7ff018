import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import type { Principal } from "../../gate/types.ts";
import { accountId, type FakeGate, region } from "../../run/testing/gate.ts";
import type { InvokeResult } from "../types.ts";
import type { Backend } from "./backend.ts";
import type { SignerCheck } from "./signature.ts";

// biome-ignore lint/suspicious/noExplicitAny: an event's shape is what the tests are about
export type Event = any;

export const functionArn = `arn:aws:lambda:${region}:${accountId}:function:service-dev-worker`;
export const authorizerArn = `arn:aws:lambda:${region}:${accountId}:function:service-dev-authorizer`;

/** What an API stands on, with what functions were told and what was logged; `answers` by the function's ARN. */
export function testBackend(
  gate: FakeGate | Backend["gate"],
  answers: Readonly<Record<string, (event: Event) => InvokeResult | Promise<InvokeResult>>> = {},
) {
  const events: Event[] = [];
  const asked: Event[] = [];
  const lines: string[] = [];
  const backend: Backend = {
    ...{ gate, region, accountId, partition: "aws" },
    log: (line) => lines.push(line),
    lambda: {
      invoke: async (arn, event) => {
        (arn === authorizerArn ? asked : events).push(event);
        return answers[arn]?.(event) ?? { payload: { statusCode: 200 } };
      },
    },
  };
  return { backend, events, asked, lines };
}

/** Takes the header `x-signed-by` for a signature. */
export function trustingCheck(principal: Principal): SignerCheck {
  return ({ headers }) =>
    headers["x-signed-by"] === undefined ? { refusal: { reason: "anonymous" } } : { principal };
}

/** A listener on a port of its own. */
export async function served(listener: RequestListener) {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    url,
    call: (path: string, init?: RequestInit) => fetch(url + path, init),
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
