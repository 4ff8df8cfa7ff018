import { type Cases, set } from "../testing/changes.ts";
import type { Change } from "../testing/packaged.ts";

/** As osls packages `url: true` and `url: { authorizer: aws_iam }`, but for who may call it. */
function url(AuthType: string): Change {
  return (resources) => {
    resources.ListRecordingsLambdaFunctionUrl = {
      Type: "AWS::Lambda::Url",
      Properties: { AuthType, TargetFunctionArn: { "Fn::GetAtt": ["ListRecordingsLambdaFunction", "Arn"] } },
    };
  };
}

export const cases: Cases = {
  "open-route": {
    found: [
      {
        when: "it has no authorizer",
        change: set("HttpApiRoutePostRecordings", { AuthorizationType: undefined }),
        says: /POST \/recordings has no authorizer/,
        at: ["serverless.yml", "method: POST, path: /recordings,"],
      },
      {
        when: "it says NONE",
        change: set("HttpApiRouteGetRecordings", { AuthorizationType: "NONE" }),
        says: /GET \/recordings has no authorizer/,
      },
      {
        when: "a function has a URL of its own, for everybody",
        change: url("NONE"),
        says: /listRecordings has a URL without authorizer/,
        at: ["serverless.yml", "listRecordings:"],
      },
    ],
    notFound: [
      {
        when: "a token is asked for",
        change: set("HttpApiRoutePostRecordings", { AuthorizationType: "JWT", AuthorizerId: "abc123" }),
      },
      { when: "a function's URL is for those who sign", change: url("AWS_IAM") },
    ],
  },
};
