import {
  type Draft,
  getAtt,
  given,
  inherited,
  type Properties,
  type Resource,
  record,
  ref,
  trust,
} from "./draft.ts";
import { addScheduleFor, deadLetters } from "./events.ts";
import { nonEmpty, s3Location, tagList } from "./function.ts";
import { managedPolicyArn } from "./managed-policies.ts";
import { readPolicies, unique } from "./role.ts";

/**
 * A state machine, its role, and for each event the rule or schedule and the role with which it is started.
 *
 * https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/sam-resource-statemachine.html
 */
export function expandStateMachine(id: string, resource: Resource, draft: Draft): void {
  const properties = record(resource.Properties);
  const { Definition, DefinitionUri, Role, Policies, Tracing, Events } = properties;
  const { IgnoreGlobals: _ignored, Connectors: _connectors, ...attributes } = resource;
  draft.resources.set(id, {
    ...attributes,
    Type: "AWS::StepFunctions::StateMachine",
    Properties: given({
      ...(DefinitionUri === undefined
        ? { DefinitionString: Definition === undefined ? undefined : definitionText(Definition) }
        : { DefinitionS3Location: s3Location(DefinitionUri, ["Bucket", "Key", "Version"]) }),
      DefinitionSubstitutions: properties.DefinitionSubstitutions,
      StateMachineName: properties.Name,
      StateMachineType: properties.Type,
      LoggingConfiguration: properties.Logging,
      TracingConfiguration: Tracing,
      RoleArn: Role ?? getAtt(`${id}Role`, "Arn"),
      Tags: tagList({ "stateMachine:createdBy": "SAM", ...record(properties.Tags) }),
    }),
  });
  if (Role === undefined) {
    const own = readPolicies(Policies, `${id}Role`, `Resources.${id}.Properties.Policies`, draft);
    const traced = record(Tracing).Enabled === true ? [managedPolicyArn("AWSXrayWriteOnlyAccess")] : [];
    draft.resources.set(`${id}Role`, {
      Type: "AWS::IAM::Role",
      Properties: given({
        AssumeRolePolicyDocument: trust("states.amazonaws.com"),
        ManagedPolicyArns: unique([...own.managed, ...traced]),
        Policies: nonEmpty(own.inline),
        Path: properties.RolePath,
        PermissionsBoundary: properties.PermissionsBoundary,
        Tags: tagList({ "stateMachine:createdBy": "SAM", ...record(properties.Tags) }),
      }),
      ...inherited(resource),
    });
  }
  for (const [name, event] of Object.entries(record(Events))) {
    const { Type, Properties } = record(event);
    expandEvent(`${id}${name}`, String(Type), record(Properties), { machine: id, resource, draft });
  }
}

/** Its references resolve, since CloudFormation takes an object as well. */
function definitionText(definition: unknown): unknown {
  return JSON.stringify(definition).includes("Fn::")
    ? { "Fn::ToJsonString": definition }
    : JSON.stringify(definition);
}

interface Machine {
  readonly machine: string;
  readonly resource: Resource;
  readonly draft: Draft;
}

function expandEvent(
  id: string,
  type: string,
  properties: Properties,
  { machine, resource, draft }: Machine,
): void {
  const target = { arn: ref(machine), inherited: inherited(resource) };
  // A StepFunctions policy's name begins with the role's id, that of a schedule with the schedule's.
  const right = (prefix: string) => ({
    PolicyName: `${prefix}StartExecutionPolicy`,
    PolicyDocument: {
      Statement: [{ Action: "states:StartExecution", Effect: "Allow", Resource: ref(machine) }],
    },
  });
  switch (type) {
    case "ScheduleV2":
      addScheduleFor({ id, draft, target }, properties, right(id));
      break;
    case "Schedule":
    case "EventBridgeRule":
    case "CloudWatchEvent": {
      const { Pattern, Schedule, Name, RuleName, Description, EventBusName, Enabled, State } = properties;
      const { Input, InputPath, InputTransformer, RetryPolicy, RoleArn, Target, DeadLetterConfig } =
        properties;
      draft.resources.set(id, {
        Type: "AWS::Events::Rule",
        Properties: given({
          EventPattern: Pattern,
          ScheduleExpression: Schedule,
          Name: RuleName ?? Name,
          Description,
          EventBusName,
          State: State ?? (Enabled === undefined ? undefined : Enabled ? "ENABLED" : "DISABLED"),
          Targets: [
            given({
              Arn: ref(machine),
              Id: record(Target).Id ?? `${id}StepFunctionsTarget`,
              RoleArn: RoleArn ?? getAtt(`${id}Role`, "Arn"),
              Input,
              InputPath,
              InputTransformer,
              RetryPolicy,
              DeadLetterConfig: deadLetters({ id, draft, target }, DeadLetterConfig),
            }),
          ],
        }),
        ...target.inherited,
      });
      if (RoleArn === undefined)
        addRole(id, "events.amazonaws.com", right(`${id}Role`), target.inherited, draft);
      return;
    }
    case "Api":
      addRole(id, "apigateway.amazonaws.com", right(`${id}Role`), target.inherited, draft);
      draft.notes.push({ where: `the event ${id}`, says: "its method of the API is not written out here" });
      return;
    default:
      draft.notes.push({ where: `the event ${id}`, says: `an event of type ${type} is not read here` });
  }
}

function addRole(id: string, service: string, right: unknown, more: Properties, draft: Draft): void {
  draft.resources.set(`${id}Role`, {
    Type: "AWS::IAM::Role",
    Properties: { AssumeRolePolicyDocument: trust(service), Policies: [right] },
    ...more,
  });
}
