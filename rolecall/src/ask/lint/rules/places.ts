import { compileArnGlob, matchGlob } from "../../../iam/globs.ts";
import { hasUnknown } from "../../../iam/unknown.ts";
import type { Rule } from "../finding.ts";
import { isEverything } from "./resources.ts";

/** A statement of the stack's is about the stack's partition, region and account. */
export const otherPlace: Rule = {
  name: "other-place",
  *check({ service, statements }) {
    const { partition, region, accountId } = service.stack.environment;
    const arns = [...service.stack.resources.values()].flatMap(({ arn }) => arn ?? []);
    for (const { statement, kind, name, subject, source } of statements) {
      if (kind === "boundary") continue;
      const values = [
        ...(statement.resources?.patterns ?? []),
        ...statement.conditions
          .filter(({ operator }) => /^Arn(?!Not)/.test(operator))
          .flatMap((one) => one.values),
      ];
      for (const value of values) {
        if (hasUnknown(value)) continue;
        const segments = value.split(":");
        const [arn, ownPartition = "", awsService = "", ownRegion = "", account = "", ...rest] = segments;
        if (arn !== "arn" || segments.length < 6) continue;
        if (!wildcard.test(ownPartition) && ownPartition !== partition) {
          yield {
            severity: "error",
            subject,
            message: `${name}: ${value} is of the partition ${ownPartition}, and the stack is in ${partition}, so they never meet.`,
            fix: `Write \${AWS::Partition} instead of ${ownPartition}.`,
            source,
          };
          continue;
        }
        const places = [
          { what: "region", here: region, written: ownRegion, variable: "AWS::Region" },
          { what: "account", here: accountId, written: account, variable: "AWS::AccountId" },
        ];
        for (const { what, here, written, variable } of places) {
          if (wildcard.test(written)) {
            if (statement.effect === "Deny" || isEverything(value)) continue;
            yield {
              severity: "error",
              subject,
              message: `${name}: ${value} names what is called so in every ${what}.`,
              fix: `Write \${${variable}} instead of ${written}.`,
              source,
            };
          } else if (written !== "" && written !== here) {
            const atHome = [
              "arn",
              partition,
              awsService,
              ownRegion && region,
              account && accountId,
              ...rest,
            ].join(":");
            const glob = compileArnGlob([{ text: atHome, wildcards: true }]);
            const meant = glob && arns.find((one) => matchGlob(glob, one));
            if (meant === undefined) continue;
            yield {
              severity: "warning",
              subject,
              message: `${name}: ${value} is in the ${what} ${written}, and the stack's own is ${meant}.`,
              fix: `Write \${${variable}} instead of ${written}.`,
              source,
            };
          }
        }
      }
    }
  },
};

const wildcard = /[*?]/;
