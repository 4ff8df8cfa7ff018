import { adviceIn } from "../../advice.ts";
import type { Rule } from "../finding.ts";
import { ofType } from "../stack.ts";

/**
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-access-control.html
 * https://docs.aws.amazon.com/lambda/latest/dg/urls-auth.html
 */
export const openRoute: Rule = {
  name: "open-route",
  *check({ service, sources }) {
    for (const { logicalId, properties } of ofType(service.stack, "AWS::ApiGatewayV2::Route")) {
      const type = String(properties.AuthorizationType ?? "NONE");
      if (type !== "NONE") continue;
      const route = String(properties.RouteKey);
      yield {
        severity: "error",
        subject: logicalId,
        message: `${route} has no authorizer, so anybody who knows the address may call it.`,
        fix: adviceIn(sources.language).routeWithIam,
        source: sources.routeLine(route) ?? sources.resourceLine(logicalId),
      };
    }
    for (const { logicalId, properties } of ofType(service.stack, "AWS::Lambda::Url")) {
      if (properties.AuthType !== "NONE") continue;
      const arn = String(properties.TargetFunctionArn);
      const role = service.roles.find(({ functionName }) => arn.split(":").includes(functionName));
      yield {
        severity: "error",
        subject: logicalId,
        message: `${role?.functionKey ?? arn} has a URL without authorizer, so anybody who knows the address may call it.`,
        fix: adviceIn(sources.language).urlWithIam,
        source:
          (role && sources.functionLine(role.functionKey, "url")) ??
          sources.resourceLine(logicalId, "Properties", "AuthType"),
      };
    }
  },
};
