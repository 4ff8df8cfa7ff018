import { type Cases, set } from "../testing/changes.ts";

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
    ],
    notFound: [
      {
        when: "a token is asked for",
        change: set("HttpApiRoutePostRecordings", { AuthorizationType: "JWT", AuthorizerId: "abc123" }),
      },
    ],
  },
};
