import type { RequestListener } from "node:http";
import type { Question } from "../../gate/types.ts";
import { authorizeAnonymous } from "./anonymous.ts";
import { type Backend, invoke } from "./backend.ts";
import { type Cors, isPreflight, preflightResponse, withCors } from "./cors.ts";
import { eventV2 } from "./event-v2.ts";
import { segmentsOf } from "./request-parts.ts";
import { type HttpResponse, jsonResponse, readResponseV2 } from "./response.ts";
import { type Arrival, serve } from "./serve.ts";
import { iamIdentity, type SignerCheck } from "./signature.ts";

export interface FunctionUrlOptions extends Backend {
  /** The first label of its domain name. */
  readonly urlId: string;
  /** With the alias, where the URL is an alias's. */
  readonly functionArn: string;
  readonly authType: "AWS_IAM" | "NONE";
  readonly cors?: Cors;
  /** Who signed a request for lambda. */
  readonly verify: SignerCheck;
}

/** Bytes. https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html */
const bodyLimit = 6 * 1024 * 1024;

const forbidden = jsonResponse(
  403,
  {
    Message:
      "Forbidden. For troubleshooting Function URL authorization issues, see: https://docs.aws.amazon.com/lambda/latest/dg/urls-auth.html",
  },
  { "x-amzn-errortype": "AccessDeniedException" },
);
const tooLarge = jsonResponse(413, { Message: "Request Entity Too Large" });
const throttled = jsonResponse(429, { Message: "Rate Exceeded." });
const failed = jsonResponse(502, { Message: "Internal Server Error" });

/**
 * Serves a function URL.
 * https://docs.aws.amazon.com/lambda/latest/dg/urls-invocation.html
 *
 * @returns A listener for `node:http`, which never throws.
 */
export function createFunctionUrl(options: FunctionUrlOptions): RequestListener {
  const { urlId, functionArn, authType, cors, verify, gate, region, log } = options;

  async function handle(arrival: Arrival): Promise<HttpResponse> {
    const { request, sourceIp } = arrival;
    if (segmentsOf(request.path) === undefined) return jsonResponse(400, { Message: "Bad Request" });
    if (cors !== undefined && isPreflight(request)) return preflightResponse(cors, request, 200);

    const { principal } = authType === "AWS_IAM" ? verify(request) : {};
    if (authType === "AWS_IAM" && principal === undefined) return forbidden;
    const mayCall = (question: Question) =>
      (principal ? gate.authorize(principal, question) : authorizeAnonymous(gate, question)).outcome ===
      "allowed";
    if (!questions(sourceIp).every(mayCall)) return forbidden;

    const { id, ...identity } = principal ? iamIdentity(principal, request) : { id: "" };
    const event = eventV2({
      ...arrival,
      ...{ routeKey: "$default", stage: "$default", path: request.path, pathParameters: {} },
      ...{ apiId: urlId, domainName: `${urlId}.lambda-url.${region}.on.aws` },
      accountId: principal?.caller.accountId ?? "anonymous",
      authorizer: principal && {
        iam: { ...identity, callerId: id, cognitoIdentity: null, principalOrgId: null, userId: id },
      },
    });
    const outcome = await invoke(options, functionArn, event);
    if (outcome.failure === "too large") return tooLarge;
    if (outcome.failure === "throttled") return throttled;
    if (outcome.failure !== undefined) return failed;
    try {
      return withCors(cors, request, readResponseV2(outcome.answer));
    } catch (error) {
      log(`function URL: the function's answer is malformed: ${(error as Error).message}`);
      return failed;
    }
  }

  /**
   * Both have to be allowed, to everyone where nobody signs.
   * https://docs.aws.amazon.com/lambda/latest/dg/urls-auth.html
   */
  function questions(sourceIp: string): Question[] {
    const about = { resource: functionArn };
    return [
      {
        ...about,
        action: "lambda:InvokeFunctionUrl",
        context: { "lambda:FunctionUrlAuthType": authType, "aws:SourceIp": sourceIp },
      },
      {
        ...about,
        action: "lambda:InvokeFunction",
        context: { "lambda:InvokedViaFunctionUrl": "true", "aws:SourceIp": sourceIp },
      },
    ];
  }

  return serve({
    ...{ name: "function URL", bodyLimit, handle, tooLarge, log },
    idHeader: "x-amzn-requestid",
    broken: failed,
  });
}
