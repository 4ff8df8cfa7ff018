import * as v from "valibot";
import type { CustomGatewayResponse } from "../../lambda/http/gateway-responses.ts";
import { originsInTemplate } from "../../lambda/http/mock.ts";
import type { RestMethod, RestStage } from "../../lambda/http/rest-api.ts";
import type { RestAuthorizer } from "../../lambda/http/rest-authorizer.ts";
import { functionOf, lambdaAuthorizer, texts } from "./integrations.ts";
import { boolean, number, type Read, type Reading, read } from "./read.ts";

export interface RestApiPart {
  readonly name: string;
  readonly apiId: string;
  readonly stages: readonly RestStage[];
  readonly methods: readonly RestMethod[];
  readonly binaryMediaTypes: readonly string[];
  readonly gatewayResponses: readonly CustomGatewayResponse[];
  readonly hasPolicy: boolean;
}

const text = v.pipe(v.unknown(), v.transform(String));
const parameters = v.optional(v.record(v.string(), v.unknown()), {});

const api = {
  Name: v.optional(v.string()),
  BinaryMediaTypes: texts,
  ApiKeySourceType: v.optional(v.literal("HEADER")),
  Policy: v.optional(v.unknown()),
};
const stage = {
  RestApiId: v.string(),
  StageName: v.optional(v.string()),
  Variables: v.optional(v.record(v.string(), v.string())),
  DeploymentId: v.optional(v.unknown()),
};
const resource = { RestApiId: v.string(), ParentId: v.string(), PathPart: v.string() };
const method = {
  RestApiId: v.string(),
  ResourceId: v.string(),
  HttpMethod: v.string(),
  AuthorizationType: v.optional(text, "NONE"),
  AuthorizerId: v.optional(text),
  AuthorizationScopes: texts,
  ApiKeyRequired: v.optional(v.unknown(), false),
  Integration: v.optional(
    v.object({
      Type: v.string(),
      IntegrationHttpMethod: v.optional(v.unknown()),
      Uri: v.optional(v.string()),
      Credentials: v.optional(v.unknown()),
      TimeoutInMillis: v.optional(number, 29_000),
      ContentHandling: v.optional(v.unknown()),
      RequestTemplates: parameters,
      IntegrationResponses: v.optional(
        v.array(
          v.object({
            StatusCode: v.optional(text, "200"),
            SelectionPattern: v.optional(v.unknown()),
            ResponseParameters: parameters,
            ResponseTemplates: parameters,
          }),
        ),
        [],
      ),
    }),
  ),
};
const authorizer = {
  Name: v.optional(v.string()),
  RestApiId: v.string(),
  Type: v.string(),
  AuthorizerUri: v.optional(v.string()),
  AuthorizerCredentials: v.optional(v.string()),
  AuthorizerResultTtlInSeconds: v.optional(number, 300),
  IdentitySource: v.optional(v.string(), "method.request.header.Authorization"),
  IdentityValidationExpression: v.optional(text),
  ProviderARNs: texts,
  AuthType: v.optional(v.unknown()),
};
const gatewayResponse = {
  RestApiId: v.string(),
  ResponseType: v.string(),
  StatusCode: v.optional(number),
  ResponseParameters: parameters,
  ResponseTemplates: parameters,
};
const apiKey = {
  Name: v.optional(v.string()),
  Value: v.optional(v.string()),
  Enabled: v.optional(boolean, false),
  StageKeys: v.optional(v.unknown()),
};
const usagePlan = {
  ApiStages: v.optional(v.array(v.object({ ApiId: v.string(), Stage: v.string() })), []),
  UsagePlanName: v.optional(v.unknown()),
};
const usagePlanKey = { KeyId: v.string(), UsagePlanId: v.string(), KeyType: v.optional(v.unknown()) };

type Config<Entries extends v.ObjectEntries> = Read<v.InferOutput<v.ObjectSchema<Entries, undefined>>>;

/** Every REST API with a stage. A method with something that is not imitated answers 501. */
export function restApiParts(reading: Reading): RestApiPart[] {
  const apis = read(reading, "AWS::ApiGateway::RestApi", api, ["EndpointConfiguration"]);
  const stages = [
    ...read(reading, "AWS::ApiGateway::Deployment", stage, ["StageDescription"]),
    ...read(reading, "AWS::ApiGateway::Stage", stage),
  ];
  const resources = read(reading, "AWS::ApiGateway::Resource", resource);
  const methods = read(reading, "AWS::ApiGateway::Method", method, ["MethodResponses"]);
  const authorizers = read(reading, "AWS::ApiGateway::Authorizer", authorizer);
  const responses = read(reading, "AWS::ApiGateway::GatewayResponse", gatewayResponse);
  const keysOf = readApiKeys(reading);
  return apis.flatMap((found) => {
    const { physicalId: apiId, config } = found;
    const isOwn = (other: { readonly config: { readonly RestApiId: string } }) =>
      other.config.RestApiId === apiId;
    const named = stages.filter(isOwn).flatMap(({ config: { StageName, Variables } }) =>
      StageName === undefined
        ? []
        : {
            name: StageName,
            ...(Variables && { variables: Variables }),
            apiKeys: keysOf(apiId, StageName),
          },
    );
    if (named.length === 0) {
      reading.note(found, "it has no stage, so nobody can call it");
      return [];
    }
    return {
      name: config.Name ?? found.logicalId,
      ...{ apiId, stages: named, binaryMediaTypes: config.BinaryMediaTypes },
      hasPolicy: config.Policy !== undefined,
      methods: methods.filter(isOwn).map((one) => ({
        ...readMethod(reading, one, authorizers),
        resource: pathOf(one.config.ResourceId, resources),
      })),
      gatewayResponses: responses.filter(isOwn).map((response) => readGatewayResponse(reading, response)),
    };
  });
}

/** The root has the id that the API gives; every other resource hangs on one. */
function pathOf(resourceId: string, resources: readonly Config<typeof resource>[]): string {
  const parts: string[] = [];
  const seen = new Set<string>();
  let current = resources.find(({ physicalId }) => physicalId === resourceId);
  while (current !== undefined && !seen.has(current.physicalId)) {
    const { physicalId, config } = current;
    seen.add(physicalId);
    parts.unshift(config.PathPart);
    current = resources.find((parent) => parent.physicalId === config.ParentId);
  }
  return `/${parts.join("/")}`;
}

function readMethod(
  reading: Reading,
  found: Config<typeof method>,
  authorizers: readonly Config<typeof authorizer>[],
): Omit<RestMethod, "resource"> {
  const { config } = found;
  const admits = readAuthorizer(found, authorizers);
  // Fails closed: nobody is let through to a method of whose authorizer not everything is known.
  const integration = typeof admits === "string" ? { notImitated: admits } : readIntegration(reading, found);
  if ("notImitated" in integration)
    reading.note(found, `not imitated: ${integration.notImitated}; it answers 501`);
  return {
    httpMethod: config.HttpMethod,
    resourceId: config.ResourceId,
    authorizer: typeof admits === "string" ? { type: "NONE" } : admits,
    needsApiKey: String(config.ApiKeyRequired) !== "false",
    integration,
  };
}

function readIntegration(reading: Reading, found: Config<typeof method>): RestMethod["integration"] {
  const integration = found.config.Integration;
  if (integration === undefined) return { notImitated: "a method without an integration" };
  const { Type, Uri, Credentials, TimeoutInMillis } = integration;
  if (Type === "MOCK") return { mock: readMock(reading, found, integration) };
  const functionArn = functionOf(Uri);
  if (Type !== "AWS_PROXY" || functionArn === undefined)
    return { notImitated: `the integration ${Type} ${Uri ?? ""}`.trim() };
  if (Credentials !== undefined)
    return { notImitated: "an integration with a role of its own (Credentials)" };
  return { functionArn, timeout: TimeoutInMillis / 1000 };
}

function readMock(
  reading: Reading,
  found: Config<typeof method>,
  { RequestTemplates, IntegrationResponses }: NonNullable<Config<typeof method>["config"]["Integration"]>,
) {
  const wanted =
    /statusCode"?\s*:\s*"?(\d{3})/.exec(String(RequestTemplates["application/json"] ?? ""))?.[1] ?? "200";
  const response =
    IntegrationResponses.find(({ StatusCode }) => StatusCode === wanted) ?? IntegrationResponses[0];
  const template = String(response?.ResponseTemplates["application/json"] ?? "");
  const origins = originsInTemplate(template);
  const isStatic = !/[#$]/.test(template);
  if (origins === undefined && !isStatic)
    reading.note(found, "not imitated: the template of its response; the body is empty");
  return {
    status: Number(response?.StatusCode ?? wanted),
    headers: staticHeaders(reading, found, response?.ResponseParameters ?? {}, "method.response.header."),
    body: isStatic ? template : "",
    origins: origins ?? [],
  };
}

/** Static values stand in single quotes. */
function staticHeaders(
  reading: Reading,
  found: Read<unknown>,
  given: Readonly<Record<string, unknown>>,
  prefix: string,
): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(given)) {
    const fixed = /^'(.*)'$/s.exec(String(value))?.[1];
    if (fixed === undefined || !name.startsWith(prefix)) reading.note(found, `not imitated: ${name}`);
    else headers[name.slice(prefix.length).toLowerCase()] = fixed;
  }
  return headers;
}

/** @returns what of it is not imitated, in words, where something is not */
function readAuthorizer(
  { config }: Config<typeof method>,
  authorizers: readonly Config<typeof authorizer>[],
): RestAuthorizer | string {
  const { AuthorizationType: type, AuthorizerId, AuthorizationScopes: scopes } = config;
  if (type === "NONE" || type === "AWS_IAM") return { type };
  const found = authorizers.find(({ physicalId }) => physicalId === AuthorizerId);
  if (found === undefined)
    return `the authorizer ${AuthorizerId ?? "without an id"}, which is not in the template`;
  const { Type, IdentitySource, ProviderARNs, IdentityValidationExpression: expression } = found.config;
  if (type === "COGNITO_USER_POOLS")
    return { type, issuers: ProviderARNs.map(poolIssuer), identitySource: IdentitySource, scopes };
  if (type !== "CUSTOM" || (Type !== "TOKEN" && Type !== "REQUEST"))
    return `the authorization type ${type} with ${Type}`;
  const lambda = lambdaAuthorizer({
    id: found.physicalId,
    uri: found.config.AuthorizerUri,
    credentials: found.config.AuthorizerCredentials,
    type: Type,
    identitySources: IdentitySource.split(",").map((source) => source.trim()),
    ttl: found.config.AuthorizerResultTtlInSeconds,
    simpleResponses: false,
    payloadFormat: "1.0",
    validation: expression === undefined ? undefined : new RegExp(`^(?:${expression})$`),
  });
  return typeof lambda === "string" ? lambda : { type, lambda };
}

/** https://docs.aws.amazon.com/cognito/latest/developerguide/amazon-cognito-user-pools-using-tokens-verifying-a-jwt.html */
function poolIssuer(arn: string): string {
  const [, , , region = "", , pool = ""] = arn.split(":");
  return `https://cognito-idp.${region}.amazonaws.com/${pool.replace(/^userpool\//, "")}`;
}

function readGatewayResponse(reading: Reading, found: Config<typeof gatewayResponse>): CustomGatewayResponse {
  const { ResponseType, StatusCode, ResponseParameters, ResponseTemplates } = found.config;
  const template = ResponseTemplates["application/json"];
  return {
    type: ResponseType,
    status: StatusCode,
    headers: staticHeaders(reading, found, ResponseParameters, "gatewayresponse.header."),
    template: template === undefined ? undefined : String(template),
  };
}

/** A stage's keys, by its usage plans. A key without a value gets its id for one, and a note that says so. */
function readApiKeys(reading: Reading): (apiId: string, stageName: string) => readonly string[] {
  const keys = read(reading, "AWS::ApiGateway::ApiKey", apiKey).filter(({ config }) => config.Enabled);
  const plans = read(reading, "AWS::ApiGateway::UsagePlan", usagePlan);
  const links = read(reading, "AWS::ApiGateway::UsagePlanKey", usagePlanKey);
  for (const key of keys)
    if (key.config.Value === undefined)
      reading.note(key, `has no value in the template: here it is ${key.physicalId}`);
  return (apiId, stageName) => {
    const own = plans.filter(({ config }) =>
      config.ApiStages.some(({ ApiId, Stage }) => ApiId === apiId && Stage === stageName),
    );
    return own
      .flatMap((plan) => links.filter(({ config }) => config.UsagePlanId === plan.physicalId))
      .flatMap(({ config }) => keys.filter(({ physicalId }) => physicalId === config.KeyId))
      .map(({ config, physicalId }) => config.Value ?? physicalId);
  };
}
