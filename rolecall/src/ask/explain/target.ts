import { nearest } from "../../iam/nearest.ts";
import type { Service } from "../../stack/source/service.ts";
import type { StackResource } from "../../stack/template.ts";
import { SenselessQuestion } from "./senseless.ts";

/** The ways to write a resource, for help and for errors. */
export const resourceForms = `an ARN; '*' for an action that has no resource type;
s3://BUCKET or s3://BUCKET/KEY; bucket for the stack's only bucket, folder/x for an object in it;
a function or a queue by its name, with or without its stage (orders); a logical id (OrdersQueue);
transcription-job/NAME; "GET /orders" for a route of the API`;

/** The bucket that the framework keeps its packages in is nothing that a question is about. */
const deploymentBucket = "ServerlessDeploymentBucket";

/**
 * Finds what a question is about.
 *
 * @param text an ARN, `*`, or one of the short forms of `resourceForms`
 * @param action whose service decides where a name could mean several things
 * @returns the whole ARN, or `*`
 * @throws {SenselessQuestion} that says what could be meant
 */
export function findResource(text: string, action: string, service: Service): string {
  const { environment, resources } = service.stack;
  const { partition, region, accountId } = environment;
  if (text === "*") return text;
  if (text.startsWith("arn:")) return checkedArn(text);
  const [, s3] = /^s3:\/\/([^/]+(?:\/.*)?)$/s.exec(text) ?? [];
  if (s3 !== undefined) return checkedArn(`arn:${partition}:s3:::${s3.replace(/\/$/, "")}`);
  if (text === "bucket") return onlyBucket(service).arn ?? "";
  const job =
    /^transcription-job\/./.test(text) && `arn:${partition}:transcribe:${region}:${accountId}:${text}`;
  if (job) return checkedArn(job);
  const route = /^([A-Z]+) (\/.*)$/.exec(text);
  if (route) return routeArn(service, route[1] ?? "", route[2] ?? "");

  const named = [...resources.values()].filter((resource) => isCalled(resource, text, service));
  const [prefix = ""] = action.split(":");
  const ofService = named.filter(({ arn }) => arn?.split(":")[2] === prefix.toLowerCase());
  const candidates = ofService.length > 0 ? ofService : named;
  if (candidates.length === 1) return candidates[0]?.arn ?? "";
  if (candidates.length > 1) {
    const arns = candidates.map(({ arn }) => `  ${arn}`);
    throw new SenselessQuestion(
      [`"${text}" could be several resources: write the whole ARN.`, ...arns].join("\n"),
    );
  }
  if (text.includes("/") && prefix.toLowerCase() === "s3")
    return checkedArn(`${onlyBucket(service).arn}/${text.replace(/^\//, "")}`);
  const names = [...resources.values()].flatMap((resource) => (resource.arn ? [resource.logicalId] : []));
  const intended = nearest(text, names);
  throw new SenselessQuestion(
    `"${text}" is no resource of this stack.${intended ? ` Did you mean ${intended}?` : ""} A resource is\n${resourceForms}`,
  );
}

/** By its logical id, its name, its name without service and stage, or a function's key. */
function isCalled({ logicalId, arn }: StackResource, text: string, service: Service): boolean {
  if (arn === undefined || logicalId === deploymentBucket) return false;
  if (logicalId === text || arn === service.stack.resources.get(text)?.arn) return true;
  const name = arn.split(":").slice(5).join(":").split(/[:/]/).at(-1);
  return name === text || name === `${service.stack.environment.stackName}-${text}`;
}

function onlyBucket({ stack }: Service): StackResource {
  const buckets = [...stack.resources.values()].filter(
    ({ type, logicalId }) => type === "AWS::S3::Bucket" && logicalId !== deploymentBucket,
  );
  const [bucket] = buckets;
  if (bucket === undefined || buckets.length > 1) {
    throw new SenselessQuestion(
      `This stack has ${buckets.length} buckets: say which one, as s3://BUCKET/KEY or as an ARN.`,
    );
  }
  return bucket;
}

/** https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-access-control-iam.html */
function routeArn({ stack }: Service, method: string, path: string): string {
  const { partition, region, accountId } = stack.environment;
  const api = [...stack.resources.values()].find(({ type }) => type === "AWS::ApiGatewayV2::Api");
  if (api === undefined) throw new SenselessQuestion("This stack has no HTTP API, and so no routes.");
  return `arn:${partition}:execute-api:${region}:${accountId}:${api.physicalId}/$default/${method}${path}`;
}

function checkedArn(arn: string): string {
  if (!/^arn:[^:]+:[^:]+:[^:]*:[^:]*:./s.test(arn)) {
    throw new SenselessQuestion(
      `"${arn}" is no ARN: it has six parts, arn:PARTITION:SERVICE:REGION:ACCOUNT:RESOURCE; a bucket's has neither region nor account (arn:aws:s3:::BUCKET).`,
    );
  }
  if (/[*?]/.test(arn)) {
    throw new SenselessQuestion(
      `"${arn}" is a pattern: statements have those, and a request is about one resource. Name one, such as ${arn.replace(/\*/g, "x").replace(/\?/g, "x")}`,
    );
  }
  return arn;
}
