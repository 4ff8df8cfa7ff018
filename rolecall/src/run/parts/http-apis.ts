import * as v from "valibot";
import type { Cors } from "../../lambda/http/cors.ts";
import type { Integration, Route } from "../../lambda/http/http-api.ts";
import type { HttpAuthorizer } from "../../lambda/http/http-authorizer.ts";
import { corsSchema, readCors } from "./cors.ts";
import { functionOf, lambdaAuthorizer, texts } from "./integrations.ts";
import { boolean, number, type Read, type Reading, read } from "./read.ts";

/** A stage of an HTTP API. */
export interface HttpApiPart {
  readonly name: string;
  readonly apiId: string;
  readonly stage: string;
  readonly stageVariables?: Readonly<Record<string, string>>;
  readonly cors?: Cors;
  readonly routes: readonly Route[];
}

const api = {
  Name: v.optional(v.string()),
  ProtocolType: v.optional(v.string()),
  CorsConfiguration: v.optional(corsSchema),
};
const stage = {
  ApiId: v.string(),
  StageName: v.string(),
  StageVariables: v.optional(v.record(v.string(), v.string())),
  AutoDeploy: v.optional(v.unknown()),
};
const integration = {
  ApiId: v.string(),
  IntegrationType: v.string(),
  IntegrationUri: v.optional(v.string()),
  IntegrationSubtype: v.optional(v.string()),
  CredentialsArn: v.optional(v.unknown()),
  IntegrationMethod: v.optional(v.unknown()),
  PayloadFormatVersion: v.optional(v.string(), "1.0"),
  TimeoutInMillis: v.optional(number, 30_000),
};
const authorizer = {
  Name: v.optional(v.string()),
  ApiId: v.string(),
  AuthorizerType: v.string(),
  IdentitySource: texts,
  JwtConfiguration: v.optional(v.object({ Issuer: v.optional(v.string()), Audience: texts })),
  AuthorizerUri: v.optional(v.string()),
  AuthorizerCredentialsArn: v.optional(v.string()),
  AuthorizerPayloadFormatVersion: v.optional(v.string(), "1.0"),
  AuthorizerResultTtlInSeconds: v.optional(number, 0),
  EnableSimpleResponses: v.optional(boolean, false),
};
const route = {
  ApiId: v.string(),
  RouteKey: v.string(),
  Target: v.optional(v.string()),
  AuthorizationType: v.optional(v.pipe(v.unknown(), v.transform(String)), "NONE"),
  AuthorizerId: v.optional(v.pipe(v.unknown(), v.transform(String))),
  AuthorizationScopes: texts,
  OperationName: v.optional(v.unknown()),
};

type Config<Entries extends v.ObjectEntries> = Read<v.InferOutput<v.ObjectSchema<Entries, undefined>>>;

/** The stages of every HTTP API, each with its routes. A route with something that is not imitated answers 501. */
export function httpApiParts(reading: Reading): HttpApiPart[] {
  const apis = read(reading, "AWS::ApiGatewayV2::Api", api);
  const stages = read(reading, "AWS::ApiGatewayV2::Stage", stage, ["DefaultRouteSettings"]);
  const integrations = read(reading, "AWS::ApiGatewayV2::Integration", integration);
  const authorizers = read(reading, "AWS::ApiGatewayV2::Authorizer", authorizer);
  const routes = read(reading, "AWS::ApiGatewayV2::Route", route);
  return apis.flatMap((found) => {
    const { config, physicalId: apiId } = found;
    if (config.ProtocolType === "WEBSOCKET") {
      reading.note(found, "not imitated: a WebSocket API");
      return [];
    }
    const own = routes
      .filter(({ config: { ApiId } }) => ApiId === apiId)
      .map((one) => readRoute(reading, one, integrations, authorizers));
    const served = stages.filter(({ config: { ApiId } }) => ApiId === apiId);
    if (served.length === 0) reading.note(found, "it has no stage, so nobody can call it");
    return served.map(({ config: { StageName, StageVariables } }) => ({
      name: config.Name ?? found.logicalId,
      ...{ apiId, stage: StageName, routes: own },
      ...(StageVariables && { stageVariables: StageVariables }),
      ...(config.CorsConfiguration && { cors: readCors(config.CorsConfiguration) }),
    }));
  });
}

function readRoute(
  reading: Reading,
  found: Config<typeof route>,
  integrations: readonly Config<typeof integration>[],
  authorizers: readonly Config<typeof authorizer>[],
): Route {
  const { RouteKey: routeKey, Target } = found.config;
  const target = integrations.find(({ physicalId }) => Target === `integrations/${physicalId}`);
  const admits = readAuthorizer(found, authorizers);
  // Fails closed: nobody is let through to a route of whose authorizer not everything is known.
  const does: Integration =
    typeof admits === "string" ? { notImitated: admits } : readIntegration(target?.config);
  if ("notImitated" in does)
    reading.note(found, `not imitated: ${does.notImitated}; ${routeKey} answers 501`);
  return { routeKey, integration: does, authorizer: typeof admits === "string" ? { type: "NONE" } : admits };
}

function readIntegration(config: Config<typeof integration>["config"] | undefined): Integration {
  if (config === undefined) return { notImitated: "a route without an integration of the template" };
  const { IntegrationType, IntegrationSubtype, IntegrationUri, CredentialsArn, PayloadFormatVersion } =
    config;
  const functionArn = functionOf(IntegrationUri);
  if (IntegrationType !== "AWS_PROXY" || IntegrationSubtype !== undefined || functionArn === undefined)
    return {
      notImitated: `the integration ${IntegrationSubtype ?? IntegrationType} ${IntegrationUri ?? ""}`.trim(),
    };
  if (CredentialsArn !== undefined)
    return { notImitated: "an integration with a role of its own (CredentialsArn)" };
  return {
    functionArn,
    payloadFormat: PayloadFormatVersion === "2.0" ? "2.0" : "1.0",
    timeout: config.TimeoutInMillis / 1000,
  };
}

/** @returns what of it is not imitated, in words, where something is not */
function readAuthorizer(
  { config }: Config<typeof route>,
  authorizers: readonly Config<typeof authorizer>[],
): HttpAuthorizer | string {
  const { AuthorizationType: type, AuthorizerId, AuthorizationScopes: scopes } = config;
  if (type === "NONE" || type === "AWS_IAM") return { type };
  const found = authorizers.find(({ physicalId }) => physicalId === AuthorizerId);
  if (found === undefined)
    return `the authorizer ${AuthorizerId ?? "without an id"}, which is not in the template`;
  const { IdentitySource, JwtConfiguration } = found.config;
  if (type === "JWT" && JwtConfiguration?.Issuer !== undefined) {
    const identitySources = IdentitySource.length > 0 ? IdentitySource : ["$request.header.Authorization"];
    return {
      type,
      issuer: JwtConfiguration.Issuer,
      audience: JwtConfiguration.Audience,
      identitySources,
      scopes,
    };
  }
  if (type !== "CUSTOM") return `the authorization type ${type}`;
  const lambda = lambdaAuthorizer({
    id: found.physicalId,
    uri: found.config.AuthorizerUri,
    credentials: found.config.AuthorizerCredentialsArn,
    type: "REQUEST",
    identitySources: IdentitySource,
    ttl: found.config.AuthorizerResultTtlInSeconds,
    simpleResponses: found.config.EnableSimpleResponses,
    payloadFormat: found.config.AuthorizerPayloadFormatVersion === "2.0" ? "2.0" : "1.0",
  });
  return typeof lambda === "string" ? lambda : { type, lambda };
}
