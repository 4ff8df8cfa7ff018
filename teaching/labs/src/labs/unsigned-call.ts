import type { Lab } from "../lab.ts";
import { expectText } from "../observing.ts";

export const unsignedCall: Lab = {
  name: "unsigned-call",
  changes: [],
  caller: {
    // biome-ignore-start lint/suspicious/noTemplateCurlyInString: the caller's
    before:
      'const aws = new AwsClient({ ...credentials, service: "execute-api" });\nconst answer = await aws.fetch(`${url}/recordings`);\n',
    after: "const answer = await fetch(`${url}/recordings`);\n",
    // biome-ignore-end lint/suspicious/noTemplateCurlyInString: the caller's
  },
  shows: {
    at: "run",
    async observe({ url }) {
      const answer = await fetch(`${url}/recordings`);
      expectText(String(answer.status), /^403$/);
      return [`GET /recordings answers ${answer.status}:`, await answer.text()];
    },
    explain: "message",
  },
};
