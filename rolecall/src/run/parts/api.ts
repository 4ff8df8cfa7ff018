import * as v from "valibot";
import type { Route } from "../../lambda/http-api/http-api.ts";
import { type Reading, read } from "./read.ts";

export interface ApiPart {
  readonly apiId: string;
  readonly routes: readonly Route[];
}

const api = { Name: v.optional(v.string()), ProtocolType: v.literal("HTTP") };
const stage = { ApiId: v.string(), StageName: v.literal("$default"), AutoDeploy: v.literal(true) };
const integration = {
  ApiId: v.string(),
  IntegrationType: v.literal("AWS_PROXY"),
  IntegrationUri: v.string(),
  PayloadFormatVersion: v.literal("2.0"),
  TimeoutInMillis: v.optional(v.number()),
};
const route = {
  ApiId: v.string(),
  RouteKey: v.string(),
  Target: v.string(),
  AuthorizationType: v.optional(v.picklist(["AWS_IAM", "NONE"]), "NONE"),
};

/** Undefined for a stack without an HTTP API; of several, the first. */
export function apiPart(reading: Reading): ApiPart | undefined {
  const [first, ...others] = read(reading, "AWS::ApiGatewayV2::Api", api);
  for (const other of others) reading.note(other, "not imitated: one HTTP API is served");
  if (!first) return undefined;
  read(reading, "AWS::ApiGatewayV2::Stage", stage, ["DefaultRouteSettings"]);
  const integrations = read(reading, "AWS::ApiGatewayV2::Integration", integration);
  const routes = read(reading, "AWS::ApiGatewayV2::Route", route)
    .filter(({ config }) => config.ApiId === first.physicalId)
    .map(({ logicalId, config }) => {
      const found = integrations.find(({ physicalId }) => config.Target === `integrations/${physicalId}`);
      if (!found) throw new Error(`${logicalId}: its target ${config.Target} is not in the stack.`);
      return {
        routeKey: config.RouteKey,
        functionArn: found.config.IntegrationUri,
        authorizationType: config.AuthorizationType,
      };
    });
  return { apiId: first.physicalId, routes };
}
