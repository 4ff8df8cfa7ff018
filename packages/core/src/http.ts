import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2, Context } from "aws-lambda";
import * as v from "valibot";
import { isTemporary } from "./failures.ts";
import { logger } from "./logger.ts";

export type Answer = APIGatewayProxyStructuredResultV2;

export function json(statusCode: number, body: object, headers: Record<string, string> = {}): Answer {
  return {
    statusCode,
    headers: { "content-type": "application/json", "cache-control": "no-store", ...headers },
    body: JSON.stringify(body),
  };
}

export const noContent: Answer = { statusCode: 204 };

/** An error that the client is told, as `application/problem+json` (RFC 9457). */
export class Problem extends Error {
  readonly status: number;
  readonly title: string;
  readonly headers: Record<string, string>;

  /** @param detail For the client: what was wrong and what to do; never an AWS message. */
  constructor(status: number, title: string, detail: string, headers: Record<string, string> = {}) {
    super(detail);
    this.status = status;
    this.title = title;
    this.headers = headers;
  }

  toAnswer(): Answer {
    const { status, title, message: detail } = this;
    return json(
      status,
      { type: "about:blank", title, status, detail },
      { "content-type": "application/problem+json", ...this.headers },
    );
  }
}

/**
 * Parses what a client sent.
 *
 * @throws Problem 400 that names each field that is wrong.
 */
export function parseOrProblem<const Schema extends v.GenericSchema>(
  schema: Schema,
  input: unknown,
): v.InferOutput<Schema> {
  const result = v.safeParse(schema, input);
  if (result.success) return result.output;
  const details = result.issues.map((issue) => `${v.getDotPath(issue) ?? "The request"}: ${issue.message}`);
  throw new Problem(400, "Bad request", details.join("; "));
}

/**
 * Turns every error into an answer: a Problem as it is, a service that is busy or away into 503, anything else
 * into 500. What AWS said (a denial names the function's role and the missing permission) goes to the log alone.
 */
export function httpHandler(handle: (event: APIGatewayProxyEventV2) => Promise<Answer>) {
  return async (event: APIGatewayProxyEventV2, context: Context): Promise<Answer> => {
    logger.addContext(context);
    try {
      return await handle(event);
    } catch (error) {
      if (error instanceof Problem) return error.toAnswer();
      logger.error("request failed", error as Error);
      if (isTemporary(error)) {
        return new Problem(503, "Service unavailable", "Try again in a moment.", {
          "retry-after": "5",
        }).toAnswer();
      }
      return new Problem(500, "Internal server error", "The function's log says why.").toAnswer();
    }
  };
}
