import type { Change } from "../../../testing/film-archive/film-archive.ts";
import { type Cases, set } from "../testing/changes.ts";

/** As osls packages `url: true` and `url: { authorizer: aws_iam }`, but for who may call it. */
function url(AuthType: string): Change {
  return (resources) => {
    resources.ListFilmsLambdaFunctionUrl = {
      Type: "AWS::Lambda::Url",
      Properties: { AuthType, TargetFunctionArn: { "Fn::GetAtt": ["ListFilmsLambdaFunction", "Arn"] } },
    };
  };
}

export const cases: Cases = {
  "open-route": {
    found: [
      {
        when: "it has no authorizer",
        change: set("HttpApiRoutePostFilms", { AuthorizationType: undefined }),
        says: /POST \/films has no authorizer/,
        at: ["serverless.yml", "method: POST, path: /films,"],
      },
      {
        when: "it says NONE",
        change: set("HttpApiRouteGetFilms", { AuthorizationType: "NONE" }),
        says: /GET \/films has no authorizer/,
      },
      {
        when: "a function has a URL of its own, for everybody",
        change: url("NONE"),
        says: /listFilms has a URL without authorizer/,
        at: ["serverless.yml", "listFilms:"],
      },
    ],
    notFound: [
      {
        when: "a token is asked for",
        change: set("HttpApiRoutePostFilms", { AuthorizationType: "JWT", AuthorizerId: "abc123" }),
      },
      { when: "a function's URL is for those who sign", change: url("AWS_IAM") },
    ],
  },
};
