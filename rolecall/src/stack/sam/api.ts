import {
  type Draft,
  digits,
  getAtt,
  given,
  inherited,
  type Properties,
  type Resource,
  record,
  ref,
  referredTo,
  sub,
} from "./draft.ts";
import { addPermission, type Event, type Target } from "./target.ts";

/*
 * SAM writes an API's routes into an OpenAPI document, of which API Gateway makes routes, integrations and
 * authorizers. Here they are written out as those resources, because that is where everything else looks for them. A
 * document that the author brings along stays the API's Body, and is not read.
 */

export const implicitRestApi = "ServerlessRestApi";
export const implicitHttpApi = "ServerlessHttpApi";

/** What stands in `Auth` of the API that an event belongs to. */
interface Authorization {
  readonly type: "NONE" | "AWS_IAM" | "JWT" | "CUSTOM" | "COGNITO_USER_POOLS";
  /** The authorizer's logical id. */
  readonly authorizer?: string;
  readonly scopes?: unknown;
}

/**
 * An HTTP API, its stage and authorizers.
 *
 * https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/sam-resource-httpapi.html
 */
export function expandHttpApi(id: string, resource: Resource, draft: Draft): void {
  const properties = record(resource.Properties);
  const { DefinitionBody, DefinitionUri, StageName = "$default", Auth, CorsConfiguration } = properties;
  const ownDefinition = DefinitionBody !== undefined || DefinitionUri !== undefined;
  noteDefinition(id, ownDefinition, draft);
  draft.resources.set(id, {
    ...kept(resource),
    Type: "AWS::ApiGatewayV2::Api",
    Properties: given({
      ...(ownDefinition
        ? { Body: DefinitionBody, BodyS3Location: DefinitionUri }
        : { Name: properties.Name ?? ref("AWS::StackName"), ProtocolType: "HTTP" }),
      CorsConfiguration: cors(CorsConfiguration),
      DisableExecuteApiEndpoint: properties.DisableExecuteApiEndpoint,
      Tags: { "httpapi:createdBy": "SAM", ...record(properties.Tags) },
    }),
  });
  const stageId =
    StageName === "$default"
      ? `${id}ApiGatewayDefaultStage`
      : typeof StageName === "string"
        ? stageIdOf(id, StageName)
        : `${id}Stage`;
  draft.resources.set(stageId, {
    Type: "AWS::ApiGatewayV2::Stage",
    Properties: given({
      ApiId: ref(id),
      StageName,
      AutoDeploy: true,
      AccessLogSettings: properties.AccessLogSettings,
      DefaultRouteSettings: properties.DefaultRouteSettings,
      StageVariables: properties.StageVariables,
    }),
    ...inherited(resource),
  });
  for (const [name, authorizer] of Object.entries(record(record(Auth).Authorizers))) {
    const { JwtConfiguration, IdentitySource, FunctionArn, Identity, ...rest } = record(authorizer);
    const jwt = record(JwtConfiguration);
    draft.resources.set(`${id}${name}Authorizer`, {
      Type: "AWS::ApiGatewayV2::Authorizer",
      Properties: given(
        FunctionArn === undefined
          ? {
              ApiId: ref(id),
              Name: name,
              AuthorizerType: "JWT",
              IdentitySource: [IdentitySource ?? "$request.header.Authorization"],
              JwtConfiguration: { Issuer: jwt.issuer ?? jwt.Issuer, Audience: jwt.audience ?? jwt.Audience },
            }
          : {
              ApiId: ref(id),
              Name: name,
              AuthorizerType: "REQUEST",
              AuthorizerUri: invocationUri(FunctionArn),
              AuthorizerPayloadFormatVersion: rest.AuthorizerPayloadFormatVersion,
              EnableSimpleResponses: rest.EnableSimpleResponses,
              AuthorizerCredentialsArn: rest.FunctionInvokeRole,
            },
      ),
      ...inherited(resource),
    });
    if (FunctionArn !== undefined && rest.EnableFunctionDefaultPermissions === true)
      permitAuthorizer(id, name, FunctionArn, resource, draft);
  }
}

/** `true` is every origin. */
function cors(configuration: unknown): unknown {
  if (configuration === true) return { AllowOrigins: ["*"] };
  return configuration === false ? undefined : configuration;
}

/**
 * A REST API, its deployment, stage and authorizers.
 *
 * https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/sam-resource-api.html
 */
export function expandRestApi(id: string, resource: Resource, draft: Draft): void {
  const properties = record(resource.Properties);
  const { DefinitionBody, DefinitionUri, StageName, Auth } = properties;
  const ownDefinition = DefinitionBody !== undefined || DefinitionUri !== undefined;
  noteDefinition(id, ownDefinition, draft);
  const { ResourcePolicy } = record(Auth);
  const policy = record(ResourcePolicy).CustomStatements;
  if (ResourcePolicy !== undefined && policy === undefined)
    draft.notes.push({
      where: `Resources.${id}.Properties.Auth.ResourcePolicy`,
      says: "only CustomStatements are read here",
    });
  draft.resources.set(id, {
    ...kept(resource),
    Type: "AWS::ApiGateway::RestApi",
    Properties: given({
      ...(ownDefinition
        ? { Body: DefinitionBody, BodyS3Location: DefinitionUri, Name: properties.Name }
        : { Name: properties.Name ?? ref("AWS::StackName") }),
      EndpointConfiguration: endpoint(properties.EndpointConfiguration),
      BinaryMediaTypes: properties.BinaryMediaTypes,
      ...(policy !== undefined && { Policy: { Version: "2012-10-17", Statement: policy } }),
    }),
  });
  // SAM adds digits of the document to the deployment's id; nothing but the stage refers to it.
  const deployment = `${id}Deployment`;
  draft.resources.set(deployment, {
    Type: "AWS::ApiGateway::Deployment",
    Properties: { RestApiId: ref(id) },
    ...inherited(resource),
  });
  draft.resources.set(typeof StageName === "string" ? stageIdOf(id, StageName) : `${id}Stage`, {
    Type: "AWS::ApiGateway::Stage",
    Properties: given({
      RestApiId: ref(id),
      DeploymentId: ref(deployment),
      StageName,
      AccessLogSetting: properties.AccessLogSetting,
      MethodSettings: properties.MethodSettings,
      TracingEnabled: properties.TracingEnabled,
      Variables: properties.Variables,
    }),
    ...inherited(resource),
  });
  for (const [name, authorizer] of Object.entries(record(record(Auth).Authorizers))) {
    const {
      UserPoolArn,
      FunctionArn,
      FunctionPayloadType,
      FunctionInvokeRole,
      DisableFunctionDefaultPermissions,
    } = record(authorizer);
    draft.resources.set(`${id}${name}Authorizer`, {
      Type: "AWS::ApiGateway::Authorizer",
      Properties: given({
        RestApiId: ref(id),
        Name: name,
        ...(UserPoolArn === undefined
          ? {
              Type: FunctionPayloadType === "REQUEST" ? "REQUEST" : "TOKEN",
              AuthorizerUri: invocationUri(FunctionArn),
              AuthorizerCredentials: FunctionInvokeRole === "NONE" ? undefined : FunctionInvokeRole,
            }
          : {
              Type: "COGNITO_USER_POOLS",
              ProviderARNs: Array.isArray(UserPoolArn) ? UserPoolArn : [UserPoolArn],
            }),
      }),
      ...inherited(resource),
    });
    if (FunctionArn !== undefined && DisableFunctionDefaultPermissions !== true)
      permitAuthorizer(id, name, FunctionArn, resource, draft);
  }
}

const endpoint = (configuration: unknown) =>
  typeof configuration === "string"
    ? { Types: [configuration] }
    : record(configuration).Type === undefined
      ? configuration
      : given({ Types: [record(configuration).Type], VpcEndpointIds: record(configuration).VPCEndpointIds });

function kept(resource: Resource): Properties {
  const { IgnoreGlobals: _ignored, Connectors: _connectors, ...attributes } = resource;
  return attributes;
}

function noteDefinition(id: string, hasOwn: boolean, draft: Draft): void {
  if (!hasOwn) return;
  draft.notes.push({
    where: `Resources.${id}`,
    says: "its routes stand in an OpenAPI document, which is not read here",
  });
}

function permitAuthorizer(
  api: string,
  name: string,
  FunctionName: unknown,
  resource: Resource,
  draft: Draft,
): void {
  draft.resources.set(`${api}${name}AuthorizerPermission`, {
    Type: "AWS::Lambda::Permission",
    Properties: {
      Action: "lambda:InvokeFunction",
      FunctionName,
      Principal: "apigateway.amazonaws.com",
      SourceArn: executionArn(`\${__ApiId__}/authorizers/*`, { __ApiId__: ref(api) }),
    },
    ...inherited(resource),
  });
}

function executionArn(resource: string, variables: Properties) {
  return sub(`arn:\${AWS::Partition}:execute-api:\${AWS::Region}:\${AWS::AccountId}:${resource}`, variables);
}

function invocationUri(arn: unknown) {
  return sub(
    `arn:\${AWS::Partition}:apigateway:\${AWS::Region}:lambda:path/2015-03-31/functions/\${__FunctionArn__}/invocations`,
    { __FunctionArn__: arn },
  );
}

/** A route of an HTTP API, and the right to invoke the function for it. */
export function addHttpRoute({ properties, ...event }: Event): void {
  const { draft, id, target } = event;
  const api = properties.ApiId ?? ref(implicitHttpApi);
  const { Path = "$default", Method = "x-amazon-apigateway-any-method" } = properties;
  const path = String(Path);
  const isAny = /^(?:any|x-amazon-apigateway-any-method)$/i.test(String(Method));
  const method = isAny ? "*" : String(Method).toUpperCase();
  // The permission of a function's default route covers its other routes of the API.
  const covering = `${target.functionId}/${JSON.stringify(api)}/$default`;
  if (path === "$default" || !draft.covered.has(covering)) {
    const resource = path === "$default" ? method : `${method}${pathPattern(path)}`;
    addPermission(event, "apigateway.amazonaws.com", {
      SourceArn: executionArn(`\${__ApiId__}/\${__Stage__}/${resource}`, { __ApiId__: api, __Stage__: "*" }),
    });
    if (path === "$default") draft.covered.add(covering);
  }
  const apiResource = definedApi(api, draft);
  if (apiResource === undefined) return;
  const { type, authorizer, scopes } = authorizationOf(properties.Auth, apiResource, "http");
  draft.resources.set(`${id}Integration`, {
    Type: "AWS::ApiGatewayV2::Integration",
    Properties: given({
      ApiId: api,
      IntegrationType: "AWS_PROXY",
      IntegrationUri: target.arn,
      PayloadFormatVersion: properties.PayloadFormatVersion ?? "2.0",
      TimeoutInMillis: properties.TimeoutInMillis,
    }),
    ...target.inherited,
  });
  draft.resources.set(`${id}Route`, {
    Type: "AWS::ApiGatewayV2::Route",
    Properties: given({
      ApiId: api,
      RouteKey: path === "$default" ? path : `${isAny ? "ANY" : method} ${path}`,
      Target: { "Fn::Join": ["/", ["integrations", ref(`${id}Integration`)]] },
      AuthorizationType: type,
      AuthorizerId: authorizer === undefined ? undefined : ref(authorizer),
      AuthorizationScopes: scopes,
    }),
    ...target.inherited,
  });
}

/** A method of a REST API, the resources of its path, and the right to invoke the function for it. */
export function addRestMethod({ properties, ...event }: Event): void {
  const { draft, id, target } = event;
  const api = properties.RestApiId ?? ref(implicitRestApi);
  const path = String(properties.Path ?? "/");
  const isAny = /^any$/i.test(String(properties.Method));
  const method = isAny ? "*" : String(properties.Method).toUpperCase();
  addPermission(
    event,
    "apigateway.amazonaws.com",
    {
      SourceArn: executionArn(`\${__ApiId__}/\${__Stage__}/${method}${pathPattern(path)}`, {
        __ApiId__: api,
        __Stage__: "*",
      }),
    },
    `${id}Permission${stageSuffix(api, draft)}`,
  );
  const apiResource = definedApi(api, draft);
  const apiId = referredTo(api);
  if (apiResource === undefined || apiId === undefined) return;
  const { type, authorizer, scopes } = authorizationOf(properties.Auth, apiResource, "rest");
  const auth = record(record(apiResource.properties).Auth);
  const own = record(properties.Auth);
  // With AWS_IAM, API Gateway invokes the function as the caller, unless InvokeRole says otherwise.
  const role = own.InvokeRole ?? auth.InvokeRole ?? (type === "AWS_IAM" ? "CALLER_CREDENTIALS" : "NONE");
  draft.resources.set(`${id}Method`, {
    Type: "AWS::ApiGateway::Method",
    Properties: given({
      RestApiId: api,
      ResourceId: restResource(apiId, path, draft, target),
      HttpMethod: isAny ? "ANY" : method,
      AuthorizationType: type,
      AuthorizerId: authorizer === undefined ? undefined : ref(authorizer),
      AuthorizationScopes: scopes,
      ApiKeyRequired: own.ApiKeyRequired ?? auth.ApiKeyRequired,
      Integration: given({
        Type: "AWS_PROXY",
        IntegrationHttpMethod: "POST",
        Uri: invocationUri(target.arn),
        Credentials:
          role === "CALLER_CREDENTIALS"
            ? sub(`arn:\${AWS::Partition}:iam::*:user/*`)
            : role === "NONE"
              ? undefined
              : role,
        TimeoutInMillis: properties.TimeoutInMillis,
      }),
    }),
    ...target.inherited,
  });
}

/** `/items/{id}/` is `/items/*` in an ARN. */
function pathPattern(path: string): string {
  return path.replace(/(.)\/$/, "$1").replaceAll(/\{[^}]*\}/g, "*");
}

/** The permission's id ends in the name of the API's stage, as far as the template says it. */
function stageSuffix(api: unknown, draft: Draft): string {
  const id = referredTo(api) ?? (typeof api === "string" ? api : undefined);
  if (id === undefined) return "AllStages";
  if (id === implicitRestApi) return "Prod";
  const { StageName } = record(draft.apis.get(id));
  return typeof StageName === "string" ? word(StageName) : "Stage";
}

/** A name that is not one word stands as digits, at the end. */
export function stageIdOf(api: string, stage: string): string {
  return word(stage) === stage ? `${api}${stage}Stage` : `${api}Stage${word(stage)}`;
}

/** As it stands in a logical id. */
function word(name: string): string {
  return /^[A-Za-z0-9]+$/.test(name) ? name : digits(name);
}

interface DefinedApi {
  readonly id: string;
  readonly properties: Properties;
}

/** The API of the template whose routes are its events; none for one elsewhere, or with a document of its own. */
function definedApi(api: unknown, draft: Draft): DefinedApi | undefined {
  const id = referredTo(api);
  const properties = id === undefined ? undefined : draft.apis.get(id);
  if (id === undefined || properties === undefined) return undefined;
  const hasDocument = properties.DefinitionBody !== undefined || properties.DefinitionUri !== undefined;
  return hasDocument ? undefined : { id, properties };
}

function authorizationOf(
  eventAuth: unknown,
  { id, properties }: DefinedApi,
  kind: "http" | "rest",
): Authorization {
  const auth = record(properties.Auth);
  const own = record(eventAuth);
  const name = own.Authorizer ?? auth.DefaultAuthorizer ?? "NONE";
  if (name === "NONE" || name === "AWS_IAM") return { type: name };
  const authorizer = record(record(auth.Authorizers)[String(name)]);
  const scopes = own.AuthorizationScopes ?? authorizer.AuthorizationScopes;
  const type =
    authorizer.FunctionArn !== undefined ? "CUSTOM" : kind === "http" ? "JWT" : "COGNITO_USER_POOLS";
  return { type, authorizer: `${id}${name}Authorizer`, ...(scopes !== undefined && { scopes }) };
}

/** Makes what is missing of a path's resources. */
function restResource(api: string, path: string, draft: Draft, target: Target): unknown {
  let parent: unknown = getAtt(api, "RootResourceId");
  let id = `${api}Resource`;
  for (const part of path.split("/").filter((one) => one !== "")) {
    const name = part.replaceAll(/[^A-Za-z0-9]/g, "");
    id += `${name.charAt(0).toUpperCase()}${name.slice(1)}${part.startsWith("{") ? "Var" : ""}`;
    if (!draft.resources.has(id))
      draft.resources.set(id, {
        Type: "AWS::ApiGateway::Resource",
        Properties: { RestApiId: ref(api), ParentId: parent, PathPart: part },
        ...target.inherited,
      });
    parent = ref(id);
  }
  return parent;
}
