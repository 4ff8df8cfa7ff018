import type { Lab } from "../lab.ts";
import { expectText } from "../observing.ts";

export const routeWithoutAuthorizer: Lab = {
  name: "route-without-authorizer",
  changes: [
    {
      file: "serverless.yml",
      replace: "- httpApi: { method: GET, path: /recordings, authorizer: { type: aws_iam } }",
      by: "- httpApi: { method: GET, path: /recordings }",
    },
  ],
  shows: {
    at: "run",
    async observe({ url }) {
      const response = await fetch(new URL("/recordings", url));
      const body = await response.text();
      expectText(`${response.status} ${body}`, /^200 \{"recordings"/);
      return [`curl https://…/recordings, without any signature, answers ${response.status}:`, body];
    },
  },
  rule: "open-route",
};
