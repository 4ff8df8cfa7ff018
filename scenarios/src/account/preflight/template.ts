import { lint } from "rolecall";
import type { Plan } from "../stage/plan.ts";
import { type Finding, fine, problem, warning } from "./finding.ts";

/** Characters. https://docs.aws.amazon.com/general/latest/gr/aws-service-information.html, each service's quotas */
const longestNames: ReadonlyMap<string, number> = new Map([
  ["AWS::Events::Rule", 64],
  ["AWS::IAM::Role", 64],
  ["AWS::Lambda::Function", 64],
  ["AWS::S3::Bucket", 63],
]);

const longestQueueName = 80;
const longestStackName = 128;

/** What the lint of the permissions finds in the packaged template. */
export async function checkTemplate({ service, sources }: Plan): Promise<Finding[]> {
  const check = "template";
  const findings = (await lint(service, sources)).filter(({ accepted }) => accepted === undefined);
  if (findings.length === 0) {
    const count = service.stack.resources.size;
    return [fine(check, `packages; ${count} resources, nothing found by the lint of their permissions`)];
  }
  return findings.map(({ rule, severity, message, fix, source }) => {
    const place = source ? `${source.file}:${source.line} ` : "";
    const text = `${place}${rule}: ${message}`;
    return severity === "error" ? problem(check, text, fix) : warning(check, text, fix);
  });
}

/** Names that AWS would refuse in the middle of the deployment. */
export function checkNameLengths({ stackName, whole }: Plan): Finding[] {
  const check = "names";
  const names = [
    { what: "stack", name: stackName, limit: longestStackName },
    ...[...whole.resources.values()].flatMap(({ type, physicalId, arn = "" }) => {
      const limit = longestNames.get(type);
      if (type === "AWS::SQS::Queue")
        return [{ what: type, name: arn.slice(arn.lastIndexOf(":") + 1), limit: longestQueueName }];
      return limit === undefined ? [] : [{ what: type, name: physicalId, limit }];
    }),
  ];
  const long = names.filter(({ name, limit }) => name.length > limit);
  if (long.length === 0) return [fine(check, `all ${names.length} are short enough`)];
  return long.map(({ what, name, limit }) =>
    problem(
      check,
      `${what} ${name}: ${name.length} characters of at most ${limit}.`,
      "Choose a shorter stage, or a shorter name in serverless.yml.",
    ),
  );
}
