import {
  type Draft,
  getAtt,
  inherited,
  list,
  type Properties,
  type Resource,
  record,
  ref,
  sub,
} from "./draft.ts";

/** Actions on the destination's ARN or what is in it, by the type of what a role connects to. */
type Rights = Readonly<Record<string, readonly (readonly [actions: string, resources: readonly string[]])[]>>;

const arn = `\${DestinationArn}`;
const executions = `arn:\${AWS::Partition}:states:\${AWS::Region}:\${AWS::AccountId}:execution:\${DestinationName}:*`;

/**
 * What SAM gives the role of a function that is a connector's source, as of December 2026 (version 1.115 of the
 * transform).
 *
 * https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/reference-sam-connector.html
 */
const fromFunction: Readonly<
  Record<string, { readonly Read?: Rights[string]; readonly Write?: Rights[string] }>
> = {
  "AWS::DynamoDB::Table": {
    Read: [
      ["dynamodb: GetItem Query Scan BatchGetItem ConditionCheckItem PartiQLSelect", [arn, `${arn}/index/*`]],
    ],
    Write: [
      [
        "dynamodb: PutItem UpdateItem DeleteItem BatchWriteItem PartiQLDelete PartiQLInsert PartiQLUpdate",
        [arn, `${arn}/index/*`],
      ],
    ],
  },
  "AWS::Events::EventBus": { Write: [["events: PutEvents", [arn]]] },
  "AWS::Lambda::Function": { Write: [["lambda: InvokeAsync InvokeFunction", [arn]]] },
  "AWS::S3::Bucket": {
    Read: [
      [
        "s3: GetObject GetObjectAcl GetObjectLegalHold GetObjectRetention GetObjectTorrent GetObjectVersion GetObjectVersionAcl GetObjectVersionForReplication GetObjectVersionTorrent ListBucket ListBucketMultipartUploads ListBucketVersions ListMultipartUploadParts",
        [arn, `${arn}/*`],
      ],
    ],
    Write: [
      [
        "s3: AbortMultipartUpload DeleteObject DeleteObjectVersion PutObject PutObjectLegalHold PutObjectRetention RestoreObject",
        [arn, `${arn}/*`],
      ],
    ],
  },
  "AWS::SNS::Topic": { Write: [["sns: Publish", [arn]]] },
  "AWS::SQS::Queue": {
    Read: [["sqs: ReceiveMessage GetQueueAttributes", [arn]]],
    Write: [["sqs: DeleteMessage SendMessage ChangeMessageVisibility PurgeQueue", [arn]]],
  },
  "AWS::StepFunctions::StateMachine": {
    Read: [
      ["states: DescribeStateMachine ListExecutions", [arn]],
      ["states: DescribeExecution DescribeStateMachineForExecution GetExecutionHistory", [executions]],
    ],
    Write: [
      ["states: StartExecution StartSyncExecution", [arn]],
      ["states: StopExecution", [executions]],
    ],
  },
};

/** What a connector calls a function's role: its first branch of `Fn::If` is no role of the template. */
function roleOf(functionId: string, draft: Draft): string | undefined {
  const role = record(draft.resources.get(functionId)?.Properties).Role;
  const [id] = list(record(role)["Fn::GetAtt"]);
  return typeof id === "string" && draft.resources.has(id) ? id : undefined;
}

/**
 * A connector from a function of the template to another resource of it. What cannot be written out is noted, and the
 * source's role gets a policy that is unknown by the connector's name.
 */
export function expandConnector(id: string, resource: Resource, draft: Draft): void {
  const { Source, Destination, Permissions } = record(resource.Properties);
  const source = String(record(Source).Id ?? "");
  for (const [index, one] of list(Destination).entries()) {
    const policyId = list(Destination).length > 1 ? `${id}Policy${index}` : `${id}Policy`;
    const destination = String(record(one).Id ?? "");
    const from = draft.resources.get(source);
    const to = draft.resources.get(destination);
    const role = from?.Type === "AWS::Lambda::Function" ? roleOf(source, draft) : undefined;
    const rights = to === undefined ? undefined : fromFunction[to.Type];
    const wanted = list(Permissions).map(String);
    const statements = wanted.map((one) => rights?.[one as "Read" | "Write"]);
    if (role === undefined || statements.includes(undefined)) {
      const name = `connector:${id}`;
      draft.notes.push({
        where: `Resources.${id}`,
        says: `the connector from ${source} to ${destination || "a destination outside the template"} is not written out here`,
      });
      const itsRole = role ?? roleOf(source, draft);
      if (itsRole !== undefined) addUnknown(itsRole, name, draft);
      continue;
    }
    draft.resources.set(policyId, {
      Type: "AWS::IAM::ManagedPolicy",
      Properties: {
        PolicyDocument: {
          Version: "2012-10-17",
          Statement: statements.flatMap((rows) => (rows ?? []).map((row) => statement(row, destination))),
        },
        Roles: [ref(role)],
      },
      ...inherited(resource),
    });
  }
}

function statement([actions, resources]: Rights[string][number], destination: string) {
  const [service, names = ""] = actions.split(": ");
  const variables = (text: string): Properties => ({
    ...(text.includes("{DestinationArn}") && { DestinationArn: arnOf(destination) }),
    ...(text.includes("{DestinationName}") && { DestinationName: getAtt(destination, "Name") }),
  });
  return {
    Effect: "Allow",
    Action: names.split(" ").map((action) => `${service}:${action}`),
    Resource: resources.map((text) => (text === arn ? arnOf(destination) : sub(text, variables(text)))),
  };
}

const arnOf = (logicalId: string) => getAtt(logicalId, "Arn");

function addUnknown(roleId: string, name: string, draft: Draft): void {
  const role = draft.resources.get(roleId);
  if (role === undefined) return;
  const properties = record(role.Properties);
  const ManagedPolicyArns = [...list(properties.ManagedPolicyArns), `⟨${name}⟩`];
  draft.resources.set(roleId, { ...role, Properties: { ...properties, ManagedPolicyArns } });
}
