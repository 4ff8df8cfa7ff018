import { createHash, createHmac } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { SignatureV4 } from "@smithy/signature-v4";
import { strToU8, zipSync } from "fflate";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { recordedTranscripts } from "../engines/speech/recorded.ts";
import type { LocalAws } from "./local-aws.ts";
import { startLocalAws } from "./start.ts";

const region = "us-east-1";

const echo = `exports.handler = async (event) => ({ statusCode: 200, body: JSON.stringify({
  event, layer: process.env.NODE_PATH ? require("from-layer") : null, env: process.env.AWS_EXECUTION_ENV }) });`;
const guard = `exports.handler = async ({ methodArn, authorizationToken }) => ({ principalId: "p",
  policyDocument: { Version: "2012-10-17", Statement: [{ Action: "execute-api:Invoke",
  Effect: authorizationToken === "open" ? "Allow" : "Deny", Resource: methodArn }] } });`;

const api = (name: string, extra: object = {}) => ({
  Type: "AWS::ApiGatewayV2::Api",
  Properties: { Name: name, ProtocolType: "HTTP", ...extra },
});
const restMethod = (properties: object) => ({
  Type: "AWS::ApiGateway::Method",
  Properties: {
    ...{
      RestApiId: { Ref: "Rest" },
      ResourceId: { Ref: "Item" },
      HttpMethod: "GET",
      AuthorizationType: "NONE",
    },
    ...properties,
  },
});
const invocation = (logicalId: string) => ({
  "Fn::Sub": `arn:aws:apigateway:\${AWS::Region}:lambda:path/2015-03-31/functions/\${${logicalId}.Arn}/invocations`,
});
const permission = (FunctionName: unknown, properties: object) => ({
  Type: "AWS::Lambda::Permission",
  Properties: { FunctionName, Action: "lambda:InvokeFunction", ...properties },
});
const fn = (ZipFile: string, properties: object) => ({
  Type: "AWS::Lambda::Function",
  Properties: {
    ...{
      Code: { ZipFile },
      Role: { "Fn::GetAtt": ["Role", "Arn"] },
      Handler: "index.handler",
    },
    ...{ Runtime: "nodejs22.x", Timeout: 20, MemorySize: 256 },
    ...properties,
  },
});
const apiGateway = { Principal: "apigateway.amazonaws.com" };

const Resources = {
  Role: {
    Type: "AWS::IAM::Role",
    Properties: {
      AssumeRolePolicyDocument: {
        Version: "2012-10-17",
        Statement: {
          Effect: "Allow",
          Principal: { Service: "lambda.amazonaws.com" },
          Action: "sts:AssumeRole",
        },
      },
    },
  },
  Layer: { Type: "AWS::Lambda::LayerVersion", Properties: { Content: "./layer.zip" } },
  Echo: fn(echo, {
    FunctionName: "echo",
    Layers: [{ Ref: "Layer" }],
    TracingConfig: { Mode: "Active" },
    Tags: [],
  }),
  Guard: fn(guard, { FunctionName: "guard" }),
  Snake: fn("", { FunctionName: "snake", Runtime: "python3.13" }),
  EchoAlias: {
    Type: "AWS::Lambda::Alias",
    Properties: { FunctionName: { Ref: "Echo" }, FunctionVersion: "1", Name: "live" },
  },
  // An HTTP API with tokens, of the alias.
  Tokens: api("tokens", {
    CorsConfiguration: { AllowOrigins: ["https://app.example"], AllowMethods: ["GET"] },
  }),
  TokensStage: {
    Type: "AWS::ApiGatewayV2::Stage",
    Properties: {
      ApiId: { Ref: "Tokens" },
      StageName: "$default",
      AutoDeploy: true,
      AccessLogSettings: { Format: "x" },
    },
  },
  TokensAuthorizer: {
    Type: "AWS::ApiGatewayV2::Authorizer",
    Properties: {
      ...{ ApiId: { Ref: "Tokens" }, Name: "jwt", AuthorizerType: "JWT" },
      ...{ IdentitySource: ["$request.header.Authorization"] },
      JwtConfiguration: { Issuer: "https://login.example.com", Audience: ["web"] },
    },
  },
  TokensIntegration: {
    Type: "AWS::ApiGatewayV2::Integration",
    Properties: {
      ...{ ApiId: { Ref: "Tokens" }, IntegrationType: "AWS_PROXY", PayloadFormatVersion: "2.0" },
      IntegrationUri: { Ref: "EchoAlias" },
    },
  },
  TokensRoute: {
    Type: "AWS::ApiGatewayV2::Route",
    Properties: {
      ...{ ApiId: { Ref: "Tokens" }, RouteKey: "GET /me", AuthorizationType: "JWT" },
      ...{ AuthorizerId: { Ref: "TokensAuthorizer" }, AuthorizationScopes: ["profile"] },
      Target: { "Fn::Join": ["/", ["integrations", { Ref: "TokensIntegration" }]] },
    },
  },
  AliasPermission: permission(
    { Ref: "EchoAlias" },
    { ...apiGateway, SourceArn: { "Fn::Sub": `arn:aws:execute-api:${region}:123456789012:\${Tokens}/*` } },
  ),
  // A REST API as `http` events make it.
  Rest: {
    Type: "AWS::ApiGateway::RestApi",
    Properties: { Name: "rest", EndpointConfiguration: { Types: ["EDGE"] } },
  },
  Item: {
    Type: "AWS::ApiGateway::Resource",
    Properties: {
      RestApiId: { Ref: "Rest" },
      ParentId: { "Fn::GetAtt": ["Rest", "RootResourceId"] },
      PathPart: "{id}",
    },
  },
  Deployment: {
    Type: "AWS::ApiGateway::Deployment",
    Properties: { RestApiId: { Ref: "Rest" }, StageName: "dev" },
  },
  RestAuthorizer: {
    Type: "AWS::ApiGateway::Authorizer",
    Properties: {
      RestApiId: { Ref: "Rest" },
      Name: "guard",
      Type: "TOKEN",
      AuthorizerUri: invocation("Guard"),
    },
  },
  GetItem: restMethod({
    ...{ AuthorizationType: "CUSTOM", AuthorizerId: { Ref: "RestAuthorizer" } },
    Integration: { Type: "AWS_PROXY", IntegrationHttpMethod: "POST", Uri: invocation("Echo") },
  }),
  PostItem: restMethod({
    ...{ HttpMethod: "POST", ApiKeyRequired: true },
    Integration: { Type: "AWS_PROXY", Uri: invocation("Snake") },
  }),
  PutItem: restMethod({ HttpMethod: "PUT", Integration: { Type: "HTTP", Uri: "https://example.com" } }),
  ItemOptions: restMethod({
    HttpMethod: "OPTIONS",
    Integration: {
      ...{ Type: "MOCK", RequestTemplates: { "application/json": "{statusCode:200}" } },
      IntegrationResponses: [
        {
          ...{ StatusCode: "200", ResponseTemplates: { "application/json": "" } },
          ResponseParameters: { "method.response.header.Access-Control-Allow-Origin": "'*'" },
        },
      ],
    },
  }),
  Key: { Type: "AWS::ApiGateway::ApiKey", Properties: { Enabled: true, Value: "twenty-characters-long" } },
  Plan: {
    Type: "AWS::ApiGateway::UsagePlan",
    Properties: { ApiStages: [{ ApiId: { Ref: "Rest" }, Stage: "dev" }] },
  },
  PlanKey: {
    Type: "AWS::ApiGateway::UsagePlanKey",
    Properties: { KeyId: { Ref: "Key" }, KeyType: "API_KEY", UsagePlanId: { Ref: "Plan" } },
  },
  RestPermission: permission({ "Fn::GetAtt": ["Echo", "Arn"] }, apiGateway),
  GuardPermission: permission({ Ref: "Guard" }, apiGateway),
  SnakePermission: permission({ Ref: "Snake" }, apiGateway),
  Files: {
    Type: "AWS::S3::Bucket",
    Properties: {
      CorsConfiguration: {
        CorsRules: [{ AllowedOrigins: ["https://app.example"], AllowedMethods: ["PUT"] }],
      },
    },
  },
  // A function URL for those who sign.
  EchoUrl: {
    Type: "AWS::Lambda::Url",
    Properties: { TargetFunctionArn: { Ref: "Echo" }, AuthType: "AWS_IAM" },
  },
};

class Sha256 {
  private readonly hash;

  constructor(secret?: unknown) {
    this.hash = secret === undefined ? createHash("sha256") : createHmac("sha256", secret as Buffer);
  }

  update(data: unknown) {
    this.hash.update(data as Buffer);
  }

  async digest() {
    return new Uint8Array(this.hash.digest());
  }

  reset() {}
}

describe("the APIs of a stack", () => {
  let directory: string;
  let aws: LocalAws;
  const urlOf = (type: string) => aws.apis.find((one) => one.type === type)?.url ?? "";

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), "apis-test-"));
    const packaged = join(directory, "template.json");
    await writeFile(packaged, JSON.stringify({ Resources }));
    const layer = { "nodejs/node_modules/from-layer/index.js": strToU8('module.exports = "layered";') };
    await writeFile(join(directory, "layer.zip"), zipSync(layer));
    aws = await startLocalAws({
      packaged,
      stage: "dev",
      region,
      recogniser: recordedTranscripts(),
    });
  }, 60_000);
  afterAll(async () => {
    await aws?.close();
    await rm(directory, { recursive: true, force: true });
  });

  it("are each served at a URL of their own", () => {
    expect(aws.apis.map(({ type, name }) => [type, name])).toEqual([
      ["HTTP API", "tokens"],
      ["REST API", "rest"],
      ["function URL", "echo"],
    ]);
    expect(new Set(aws.apis.map(({ url }) => url)).size).toBe(3);
    expect(aws.api).toBe(aws.apis[0]?.url);
  });

  it("take tokens of this run, by which an alias with a permission of its own is invoked", async () => {
    const call = (claims: object) =>
      fetch(`${aws.api}/me`, { headers: { authorization: `Bearer ${aws.issuer?.token({ ...claims })}` } });

    const response = await call({ scope: "profile", sub: "anna" });
    const body = (await response.json()) as { event: { requestContext: object }; layer: string; env: string };

    expect(body.event.requestContext).toMatchObject({ authorizer: { jwt: { claims: { sub: "anna" } } } });
    expect([body.layer, body.env]).toEqual(["layered", "AWS_Lambda_nodejs22.x"]);
    expect((await call({ scope: "email" })).status).toBe(403);
    expect((await fetch(`${aws.api}/me`)).status).toBe(401);
  }, 30_000);

  it("ask a Lambda authorizer, and IAM about its policy", async () => {
    const call = (authorization: string) => fetch(`${urlOf("REST API")}/7`, { headers: { authorization } });

    const open = await call("open");
    expect(open.status).toBe(200);
    expect(await open.json()).toMatchObject({
      event: { pathParameters: { id: "7" }, requestContext: { stage: "dev" } },
    });
    expect((await call("shut")).status).toBe(403);
    expect(
      aws.decisions.filter(({ action }) => action === "execute-api:Invoke").at(-1)?.decision.outcome,
    ).toBe("explicitly denied");
  }, 30_000);

  it("answer a preflight by the template's mock, and 501 for what is not imitated", async () => {
    const url = `${urlOf("REST API")}/7`;

    expect((await fetch(url, { method: "OPTIONS" })).headers.get("access-control-allow-origin")).toBe("*");
    expect((await fetch(url, { method: "PUT" })).status).toBe(501);
  });

  it("let in whoever has an API key, and say that a runtime does not run here", async () => {
    const call = (key: string) =>
      fetch(`${urlOf("REST API")}/7`, { method: "POST", headers: { "x-api-key": key } });

    expect((await call("wrong")).status).toBe(403);
    expect((await call("twenty-characters-long")).status).toBe(502);
  });

  it("let the developer call a function URL, signed for lambda", async () => {
    const { hostname, port } = new URL(urlOf("function URL"));
    const credentials = aws.principals.developer;
    if (!credentials) throw new Error("There is no developer.");
    const signer = new SignatureV4({ service: "lambda", region, credentials, sha256: Sha256 });
    const signed = await signer.sign({
      ...{ method: "GET", protocol: "http:", hostname, port: Number(port), path: "/hello", query: {} },
      headers: { host: `${hostname}:${port}` },
    });

    const response = await fetch(`${urlOf("function URL")}/hello`, { headers: signed.headers });

    expect(await response.json()).toMatchObject({ event: { rawPath: "/hello", routeKey: "$default" } });
    expect((await fetch(urlOf("function URL"))).status).toBe(403);
  }, 30_000);

  it("stand beside buckets that answer browsers by their CORS rules", async () => {
    const bucket = `${aws.endpoint}/${aws.buckets.get("Files")}/key`;
    const origin = { origin: "https://app.example" };
    const preflight = { method: "OPTIONS", headers: { ...origin, "access-control-request-method": "PUT" } };

    expect((await fetch(bucket, preflight)).headers.get("access-control-allow-origin")).toBe(
      "https://app.example",
    );
    const denied = await fetch(bucket, { method: "PUT", headers: origin, body: "x" });
    expect([denied.status, denied.headers.get("access-control-allow-origin")]).toEqual([
      403,
      "https://app.example",
    ]);
  });

  it("note what is not imitated", () => {
    const notes = aws.notes.map(({ where, says }) => `${where}: ${says}`).join("\n");

    expect(notes).toContain("Echo (AWS::Lambda::Function): not imitated: TracingConfig");
    expect(notes).toContain("TokensStage (AWS::ApiGatewayV2::Stage): not imitated: AccessLogSettings");
    expect(notes).toContain("Snake (AWS::Lambda::Function): not imitated: the runtime python3.13");
    expect(notes).toContain("PutItem (AWS::ApiGateway::Method): not imitated: the integration HTTP");
    expect(notes).not.toContain("Tags");
  });
});
