import type { RequestListener } from "node:http";
import { listen } from "../gate/listen.ts";
import { createFunctionUrl } from "../lambda/http/function-url.ts";
import { createHttpApi } from "../lambda/http/http-api.ts";
import type { Claims } from "../lambda/http/jwt.ts";
import { createRestApi } from "../lambda/http/rest-api.ts";
import { createSignerCheck } from "../lambda/http/signature.ts";
import { createTokenIssuer, type TrustedIssuer } from "../lambda/http/token-issuer.ts";
import type { Lambda } from "../lambda/types.ts";
import { functionUrlParts } from "./parts/function-urls.ts";
import { type HttpApiPart, httpApiParts } from "./parts/http-apis.ts";
import { type RestApiPart, restApiParts } from "./parts/rest-apis.ts";
import type { Run } from "./run.ts";

/** Where a function is called over HTTP. */
export interface LocalApi {
  readonly type: "HTTP API" | "REST API" | "function URL";
  /** The API's name, or the function's. */
  readonly name: string;
  /** With the stage, where the path begins with it. */
  readonly url: string;
  /** What a caller who signs needs to be allowed: the API's methods, or the function. */
  readonly resource: string;
}

export interface Apis {
  /** HTTP APIs first, then REST APIs, then function URLs. */
  readonly apis: readonly LocalApi[];
  /** Stands in for the issuers that authorizers trust; absent where none takes a token. */
  readonly issuer?: { readonly url: string; token(claims?: Claims): string };
}

/** Every API and function URL of the stack, each on a port of its own. */
export async function startApis(run: Run, lambda: Lambda): Promise<Apis> {
  const { reading, place, gate, identities, log, options, onClose } = run;
  const { partition, region, accountId } = place;
  const httpApis = httpApiParts(reading);
  const restApis = restApiParts(reading);
  const trusted = [...httpApis.flatMap(issuersOf), ...restApis.flatMap(poolsOf)];
  const issuer = trusted.length > 0 ? await createTokenIssuer(trusted) : undefined;

  const backend = { ...place, gate, lambda, log, keyOf: issuer?.keyOf ?? (() => undefined) };
  const signedFor = (service: "execute-api" | "lambda") =>
    createSignerCheck({ identities, region, service, log });
  const verify = signedFor("execute-api");
  const apis: LocalApi[] = [];
  const methods = (apiId: string, stage: string) =>
    `arn:${partition}:execute-api:${region}:${accountId}:${apiId}/${stage}/*`;
  async function open(listener: RequestListener, api: Omit<LocalApi, "url">, path = ""): Promise<void> {
    const { url, close } = await listen(listener, apis.length === 0 ? options.apiPort : undefined, api.type);
    onClose(close);
    apis.push({ ...api, url: `${url}${path}` });
  }

  for (const part of httpApis) {
    const path = part.stage === "$default" ? "" : `/${part.stage}`;
    const resource = methods(part.apiId, part.stage);
    await open(
      createHttpApi({ ...backend, ...part, verify }),
      { type: "HTTP API", name: part.name, resource },
      path,
    );
  }
  for (const part of restApis) {
    const listener = createRestApi({ ...backend, ...part, verify });
    const [stage] = part.stages;
    const resource = methods(part.apiId, "*");
    await open(listener, { type: "REST API", name: part.name, resource }, `/${stage?.name}`);
  }
  for (const part of functionUrlParts(reading)) {
    const listener = createFunctionUrl({ ...backend, ...part, verify: signedFor("lambda") });
    await open(listener, { type: "function URL", name: part.name, resource: part.functionArn });
  }
  if (issuer === undefined) return { apis };
  const { url, close } = await listen(issuer.listener, undefined, "token issuer");
  onClose(close);
  return { apis, issuer: { url, token: issuer.token } };
}

function issuersOf({ routes }: HttpApiPart): TrustedIssuer[] {
  return routes.flatMap(({ authorizer }) => (authorizer.type === "JWT" ? authorizer : []));
}

function poolsOf({ methods }: RestApiPart): TrustedIssuer[] {
  return methods.flatMap(({ authorizer }) =>
    authorizer.type === "COGNITO_USER_POOLS"
      ? authorizer.issuers.map((issuer) => ({ issuer, audience: [] }))
      : [],
  );
}
