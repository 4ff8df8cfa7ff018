import {
  branches,
  type Draft,
  digits,
  getAtt,
  given,
  inherited,
  inlinePolicy,
  isNoValue,
  type Properties,
  type Resource,
  record,
  ref,
  trust,
} from "./draft.ts";
import { expandEvents } from "./events.ts";
import { managedPolicyArn } from "./managed-policies.ts";
import { readPolicies, unique } from "./role.ts";
import { destinationPolicy, type Target } from "./target.ts";

/** What SAM's function has and Lambda's has too, under the same name. */
const sameProperties =
  "FunctionName Handler Runtime Description MemorySize Timeout VpcConfig Environment KmsKeyArn ReservedConcurrentExecutions Layers FileSystemConfigs ImageConfig PackageType Architectures SnapStart EphemeralStorage CodeSigningConfigArn RuntimeManagementConfig LoggingConfig RecursiveLoop TenancyConfig DurableConfig".split(
    " ",
  );

/**
 * A function, its role, alias, URL, destinations and events.
 *
 * https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/sam-specification-generated-resources-function.html
 */
export function expandFunction(id: string, resource: Resource, draft: Draft): void {
  const properties = record(resource.Properties);
  const add = (logicalId: string, Type: string, Properties: Properties, more: Properties = {}) =>
    draft.resources.set(logicalId, { Type, Properties: given(Properties), ...inherited(resource), ...more });
  const code = codeOf(properties);
  const tracing = draft.plain(properties.Tracing);
  const isTraced = tracing !== undefined && tracing !== "Disabled";

  draft.resources.set(id, {
    ...given({ ...resource, IgnoreGlobals: undefined, Connectors: undefined }),
    Type: "AWS::Lambda::Function",
    Properties: given({
      ...Object.fromEntries(sameProperties.map((name) => [name, properties[name]])),
      Code: code,
      Role: roleArn(id, properties, draft),
      Tags: tagList({ "lambda:createdBy": "SAM", ...record(properties.Tags) }),
      ...(isTraced && { TracingConfig: { Mode: properties.Tracing } }),
      ...(properties.DeadLetterQueue !== undefined && {
        DeadLetterConfig: { TargetArn: record(properties.DeadLetterQueue).TargetArn },
      }),
    }),
  });

  const alias = draft.plain(properties.AutoPublishAlias);
  const aliasId = typeof alias === "string" ? `${id}Alias${alias}` : undefined;
  if (aliasId !== undefined) {
    // The digits are those of the code's place, which packaging decides: a version's id is known only then.
    const versionId = `${id}Version${digits({ ...record(code), ...record(properties.Environment) })}`;
    add(versionId, "AWS::Lambda::Version", { FunctionName: ref(id) }, { DeletionPolicy: "Retain" });
    add(aliasId, "AWS::Lambda::Alias", {
      Name: alias,
      FunctionName: ref(id),
      FunctionVersion: getAtt(versionId, "Version"),
    });
  } else if (alias !== undefined) {
    draft.notes.push({
      where: `Resources.${id}`,
      says: "its AutoPublishAlias is neither text nor a parameter with a default, so no alias is made",
    });
  }
  const target: Target =
    aliasId === undefined
      ? { functionId: id, name: ref(id), arn: getAtt(id, "Arn"), inherited: inherited(resource) }
      : { functionId: id, name: ref(aliasId), arn: ref(aliasId), inherited: inherited(resource) };

  if (properties.FunctionUrlConfig !== undefined) {
    addUrl(id, record(properties.FunctionUrlConfig), { target, alias, add });
  }
  const role = {
    managed: [
      managedPolicyArn(
        properties.DurableConfig === undefined
          ? "AWSLambdaBasicExecutionRole"
          : "AWSLambdaBasicDurableExecutionRolePolicy",
      ),
      // In the other partitions SAM takes AWSXRayDaemonWriteAccess, which allows the same.
      ...(isTraced ? [managedPolicyArn("AWSXrayWriteOnlyAccess")] : []),
      ...(properties.VpcConfig === undefined ? [] : [managedPolicyArn("AWSLambdaVPCAccessExecutionRole")]),
    ],
    inline: [
      ...deadLetterPolicy(properties.DeadLetterQueue),
      ...addDestinations(id, properties.EventInvokeConfig, { alias, aliasId, add }),
    ],
  };
  const own = readPolicies(properties.Policies, `${id}Role`, `Resources.${id}.Properties.Policies`, draft);
  const ofEvents = expandEvents(id, target, properties.Events, draft);
  const choice = branches(properties.Role);
  if (properties.Role !== undefined && !choice?.some(isNoValue)) return;
  add(
    `${id}Role`,
    "AWS::IAM::Role",
    {
      AssumeRolePolicyDocument: properties.AssumeRolePolicyDocument ?? trust("lambda.amazonaws.com"),
      ManagedPolicyArns: unique([...role.managed, ...own.managed, ...ofEvents.managed]),
      Policies: nonEmpty([...role.inline, ...own.inline, ...ofEvents.inline]),
      Path: properties.RolePath,
      PermissionsBoundary: properties.PermissionsBoundary,
      Tags: tagList({ "lambda:createdBy": "SAM", ...record(properties.Tags) }),
    },
    choice === undefined ? {} : conditionOfRole(choice, draft),
  );
}

/** The generated role is made where the function has none of its own. */
function conditionOfRole(
  [condition, yes, no]: NonNullable<ReturnType<typeof branches>>,
  draft: Draft,
): Properties {
  if (isNoValue(yes)) return isNoValue(no) ? {} : { Condition: condition };
  const negated = `NOT${condition}`;
  draft.conditions.set(negated, { "Fn::Not": [{ Condition: condition }] });
  return { Condition: negated };
}

/** Where `Role` is `!If [IsOwn, ROLE, !Ref AWS::NoValue]`, the generated role stands in for nothing. */
function roleArn(id: string, { Role }: Properties, draft: Draft): unknown {
  const own = getAtt(`${id}Role`, "Arn");
  if (Role === undefined) return own;
  const choice = branches(Role);
  if (choice === undefined) return draft.plain(Role);
  const [condition, ...sides] = choice;
  return {
    "Fn::If": [condition, ...sides.map((side) => (isNoValue(side) ? own : side))],
  };
}

export function nonEmpty<Item>(items: readonly Item[]): readonly Item[] | undefined {
  return items.length === 0 ? undefined : items;
}

export function tagList(tags: Properties): readonly { readonly Key: string; readonly Value: unknown }[] {
  return Object.entries(tags).map(([Key, Value]) => ({ Key, Value }));
}

/** `s3://BUCKET/KEY`, an object that names both, or a path, which packaging would put into a bucket. */
export function s3Location(
  uri: unknown,
  names: readonly [bucket: string, key: string, version: string],
): unknown {
  const [, bucket, key] = typeof uri === "string" ? (/^s3:\/\/([^/]+)\/(.+)$/.exec(uri) ?? []) : [];
  if (bucket !== undefined) return { [names[0]]: bucket, [names[1]]: key };
  const { Bucket, Key, Version } = record(uri);
  return Bucket === undefined ? uri : given({ [names[0]]: Bucket, [names[1]]: Key, [names[2]]: Version });
}

function codeOf({ InlineCode, CodeUri, ImageUri, PackageType }: Properties): unknown {
  if (PackageType === "Image") return { ImageUri };
  if (InlineCode !== undefined) return { ZipFile: InlineCode };
  return s3Location(CodeUri, ["S3Bucket", "S3Key", "S3ObjectVersion"]);
}

type Add = (logicalId: string, type: string, properties: Properties, more?: Properties) => void;

/** https://docs.aws.amazon.com/lambda/latest/dg/urls-auth.html */
function addUrl(
  id: string,
  config: Properties,
  { target, alias, add }: { readonly target: Target; readonly alias: unknown; readonly add: Add },
): void {
  add(`${id}Url`, "AWS::Lambda::Url", {
    TargetFunctionArn: alias === undefined ? ref(id) : target.arn,
    AuthType: config.AuthType,
    Cors: config.Cors,
    InvokeMode: config.InvokeMode,
  });
  if (config.AuthType !== "NONE") return;
  const everyone = { FunctionName: target.name, Principal: "*" };
  add(`${id}UrlPublicPermissions`, "AWS::Lambda::Permission", {
    Action: "lambda:InvokeFunctionUrl",
    ...everyone,
    FunctionUrlAuthType: "NONE",
  });
  add(`${id}URLInvokeAllowPublicAccess`, "AWS::Lambda::Permission", {
    Action: "lambda:InvokeFunction",
    ...everyone,
    InvokedViaFunctionUrl: true,
  });
}

function deadLetterPolicy(queue: unknown) {
  if (queue === undefined) return [];
  const { Type, TargetArn } = record(queue);
  const { Statement } = inlinePolicy(
    "",
    Type === "SNS" ? "sns:Publish" : "sqs:SendMessage",
    TargetArn,
  ).PolicyDocument;
  return [{ PolicyName: "DeadLetterQueuePolicy", PolicyDocument: { Version: "2012-10-17", Statement } }];
}

/** Asynchronous invocation: where its results go, which SAM makes where none is named, and the right to send there. */
function addDestinations(
  id: string,
  config: unknown,
  {
    alias,
    aliasId,
    add,
  }: { readonly alias: unknown; readonly aliasId: string | undefined; readonly add: Add },
) {
  if (config === undefined) return [];
  const { DestinationConfig, MaximumEventAgeInSeconds, MaximumRetryAttempts } = record(config);
  const configId = `${id}EventInvokeConfig`;
  const destinations = ["OnSuccess", "OnFailure"].flatMap((when) => {
    const wanted = record(DestinationConfig)[when];
    if (wanted === undefined) return [];
    const { Type, Destination } = record(wanted);
    const made =
      Destination !== undefined
        ? undefined
        : Type === "SNS"
          ? { made: `${configId}${when}Topic`, type: "AWS::SNS::Topic", arn: ref(`${configId}${when}Topic`) }
          : {
              made: `${configId}${when}Queue`,
              type: "AWS::SQS::Queue",
              arn: getAtt(`${configId}${when}Queue`, "Arn"),
            };
    if (made !== undefined) add(made.made, made.type, {});
    return [{ when, type: Type, arn: Destination ?? made?.arn }];
  });
  add(
    configId,
    "AWS::Lambda::EventInvokeConfig",
    {
      FunctionName: ref(id),
      Qualifier: alias ?? "$LATEST",
      DestinationConfig: Object.fromEntries(
        destinations.map(({ when, arn }) => [when, { Destination: arn }]),
      ),
      MaximumEventAgeInSeconds,
      MaximumRetryAttempts,
    },
    aliasId === undefined ? {} : { DependsOn: [aliasId] },
  );
  return destinations.flatMap(({ when, type, arn }) => destinationPolicy(`${configId}${when}`, type, arn));
}
