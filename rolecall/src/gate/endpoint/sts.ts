import type { Principal } from "../types.ts";
import { xmlDocument } from "../xml.ts";
import type { HttpAnswer } from "./protocols.ts";

/**
 * Says who signed the request. Nobody needs a permission for that, and no policy can forbid it.
 * https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html
 */
export function getCallerIdentity({ caller }: Principal, requestId: string): HttpAnswer {
  // A role's session is ROLE-ID:SESSION-NAME in AWS; here a role's name is its id.
  const userId = caller.arn.split("/").slice(1).join(":");
  const body = xmlDocument(
    [
      "GetCallerIdentityResponse",
      [
        [
          "GetCallerIdentityResult",
          [
            ["Arn", caller.arn],
            ["UserId", userId],
            ["Account", caller.accountId],
          ],
        ],
        ["ResponseMetadata", [["RequestId", requestId]]],
      ],
    ],
    { namespace: "https://sts.amazonaws.com/doc/2011-06-15/" },
  );
  return { status: 200, headers: { "content-type": "text/xml" }, body };
}
