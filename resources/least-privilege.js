// A plugin of this project's own. The framework, and the plugin that gives each function a role, package some things
// without saying so; this one repairs or refuses them, so that what deploys is exactly what serverless.yml and resources/
// say:
//   - what a function's settings need (tracing, a VPC, a destination) is granted to its role: rights-of-settings.js;
//   - what only the framework's role for all functions would get is refused, with where to write it instead;
//   - that role is removed, as no function uses it;
//   - the statements that are added (logs, polling a queue, who may assume a role) get Sids, like all others;
//   - logs:CreateLogGroup is removed: the stack makes the groups, and a function that still runs when the stack is
//     removed would bring its group back;
//   - a function without iamRoleStatements, a statement without a Sid and a stage that cannot name a bucket are refused.
// @ts-check
import { rightsOfSettings } from "./rights-of-settings.js";

/** The bucket's name begins with both; an upper-case letter would fail at S3, mid-deploy. */
const servicePattern = /^[a-z0-9][a-z0-9-]*$/;

/** Roles and buckets have names of 64 and 63 characters, which the stage must leave room in. */
const stagePattern = /^[a-z0-9-]{1,18}$/;

/** IAM takes no other characters: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_sid.html */
const sidPattern = /^[A-Za-z0-9]+$/;

/** Sids for the statements that are added in each kind of policy, by an action that only such a statement has. */
const added = {
  identity: new Map([
    ["logs:PutLogEvents", "WriteOwnLogs"], // Lambda writes what the function prints, as its role
    ["sqs:ReceiveMessage", "PollQueue"], // Lambda polls the queue as the function's role
    ["dynamodb:GetRecords", "ReadTableStream"], // and reads a stream as it
    ["kinesis:GetRecords", "ReadStream"],
  ]),
  trust: new Map([
    ["sts:AssumeRole", "LetLambdaAssumeThisRole"], // nobody else can be this function
  ]),
  deploymentBucket: new Map([
    ["s3:*", "RefuseWithoutTls"], // a Deny: it holds whatever else allows
  ]),
  /** Nothing is added to what resources/ says. */
  own: new Map(),
};

/** The framework grants it beside sqs:SendMessage, on a queue; it lists an account's queues, which nobody needs here. */
const spare = ["sqs:ListQueues"];

/** The framework's helper functions: for existing buckets and user pools, and for the logs of a REST API. */
const helperRole = "IamRoleCustomResourcesLambdaExecution";

/**
 * @typedef {{ Sid?: string; Effect?: string; Action?: string | string[]; Resource?: unknown }} Statement
 * @typedef {{ document: { Statement: Statement[] }; sids: Map<string, string> }} Policy
 */

export default class LeastPrivilege {
  /** @param {any} serverless */
  constructor(serverless) {
    this.serverless = serverless;
    this.hooks = {
      "before:package:initialize": () => {
        this.checkNames();
        this.checkFunctions();
      },
      "after:package:compileFunctions": () => this.listDependencies(),
      // Now the template is whole: the roles are made, and resources/ is in it.
      "after:aws:package:finalize:mergeCustomProviderResources": () => this.tidyPolicies(),
    };
  }

  checkNames() {
    const { service } = this.serverless.service;
    if (!servicePattern.test(service)) {
      this.refuse(
        `The service "${service}" must be lower-case letters, digits and dashes: its bucket bears its name.`,
      );
    }
    const stage = this.serverless.getProvider("aws").getStage();
    if (!stagePattern.test(stage)) {
      this.refuse(
        `The stage "${stage}" must be 1 to 18 lower-case letters, digits or dashes: its bucket bears its name.`,
      );
    }
  }

  /** Refuses what the template does not show any more, or what the roles plugin would end at without saying why. */
  checkFunctions() {
    const { service } = this.serverless;
    const { iam = {}, role } = service.provider;
    if (
      role ??
      (typeof iam.role === "string" || Object.keys(iam.role ?? {}).some((key) => key.includes("::")))
    ) {
      this.refuse(
        "provider.iam.role names one role for all functions, and here each has its own: remove it, and write what each function may do in its iamRoleStatements.",
      );
    }
    for (const name of service.getAllFunctions()) {
      const { iamRoleStatements, events = [] } = service.getFunction(name);
      if (!iamRoleStatements) {
        this.refuse(`${name} has no iamRoleStatements: write what it may do, or [] for nothing.`);
      }
      for (const { schedule, cloudFront } of events) {
        if (schedule?.method === "scheduler" && !schedule.roleArn) {
          this.refuse(
            `${name}: with method: scheduler, EventBridge Scheduler would act as the function's own role. Write method: eventBus, or make a role in resources/ that scheduler.amazonaws.com may assume and that may lambda:InvokeFunction this function, and write roleArn: !GetAtt THAT_ROLE.Arn.`,
          );
        }
        if (cloudFront) {
          this.refuse(
            `${name}: a cloudFront event needs a role that edgelambda.amazonaws.com may assume, and logs in every region, which no function's role has here. Make the distribution and a role of its own in resources/.`,
          );
        }
      }
    }
    this.checkSharedRights();
  }

  /** What provider.iam grants to all functions reaches only those that inherit it. */
  checkSharedRights() {
    const { provider } = this.serverless.service;
    const inheriting = this.inheriting();
    const shared = {
      "provider.iam.role.statements": provider.iam?.role?.statements,
      "provider.iamRoleStatements": provider.iamRoleStatements,
      "provider.iam.role.managedPolicies": provider.iam?.role?.managedPolicies,
      "provider.iamManagedPolicies": provider.iamManagedPolicies,
    };
    for (const [where, rights] of Object.entries(shared)) {
      if (!rights?.length) continue;
      if (where === "provider.iamRoleStatements" && provider.iam) {
        this.refuse(`${where} is not read beside provider.iam: move it to provider.iam.role.statements.`);
      }
      if (inheriting.length === 0) {
        this.refuse(
          `${where} reaches no function, because each has a role of its own: write its statements in iamRoleStatements of the functions that need them, or iamRoleStatementsInherit: true in each function that is to have all of them.`,
        );
      }
    }
  }

  /** The functions that said that they have what provider.iam grants to all. @returns {string[]} */
  inheriting() {
    const { service } = this.serverless;
    const byDefault = service.custom?.["serverless-iam-roles-per-function"]?.defaultInherit ?? false;
    return service
      .getAllFunctions()
      .filter(
        (/** @type {string} */ name) => service.getFunction(name).iamRoleStatementsInherit ?? byDefault,
      );
  }

  /** The roles plugin gives up at a function that depends on nothing, which is one without a log group. */
  listDependencies() {
    const { Resources } = this.serverless.service.provider.compiledCloudFormationTemplate;
    for (const resource of Object.values(Resources)) {
      if (resource.Type === "AWS::Lambda::Function") resource.DependsOn ??= [];
    }
  }

  tidyPolicies() {
    const { service } = this.serverless;
    const { naming } = this.serverless.getProvider("aws");
    const resources = service.provider.compiledCloudFormationTemplate.Resources;
    if (resources[helperRole]) {
      this.refuse(
        "The framework would add a helper function that may change every function and bucket of the account (existing: true of an s3 or cognitoUserPool event, or logs of a REST API). Declare the bucket or the user pool in resources/ with its notification, or the log settings there, and remove that line.",
      );
    }
    const sharedRole = naming.getRoleLogicalId();
    const functions = service.getAllFunctions().map((/** @type {string} */ name) => {
      const id = naming.getLambdaLogicalId(name);
      const roleId = resources[id].Properties.Role["Fn::GetAtt"][0];
      const role = resources[roleId].Properties;
      return { name, id, roleId, role, statements: role.Policies[0].PolicyDocument.Statement };
    });
    /** @type {Set<Statement>} */
    const bySettings = new Set();
    for (const { name, id, role, statements } of functions) {
      const settings = service.getFunction(name);
      /** @type {Statement[]} */
      const needed = [];
      // The roles plugin grants sns:Publish to whatever onError is, a queue too.
      const published = statements.findIndex(
        (/** @type {Statement} */ { Sid, Resource }) => !Sid && Resource && Resource === settings.onError,
      );
      if (published >= 0) statements.splice(published, 1);
      // Where there is no log group, nothing is to be written to it.
      if (settings.disableLogs) statements.splice(0, 1);
      const managed =
        service.provider.iam?.role?.managedPolicies ?? service.provider.iamManagedPolicies ?? [];
      role.ManagedPolicyArns = this.inheriting().includes(name) ? [...managed] : [];
      role.AssumeRolePolicyDocument.Statement[0].Principal.Service = ["lambda.amazonaws.com"];
      try {
        needed.push(
          ...rightsOfSettings({
            key: name,
            id,
            settings,
            compiled: resources[id].Properties,
            resources,
            settingsOf: (/** @type {string} */ key) => service.getFunction(key),
          }),
        );
      } catch (error) {
        this.refuse(error instanceof Error ? error.message : String(error));
      }
      statements.push(...needed);
      if (statements.length === 0) delete role.Policies;
      for (const statement of needed) bySettings.add(statement);
    }
    this.checkNothingIsLost(
      resources[sharedRole].Properties.Policies[0].PolicyDocument.Statement,
      functions.flatMap((/** @type {{ statements: Statement[] }} */ { statements }) => statements),
      bySettings,
    );
    delete resources[sharedRole];
    waitForOwnRoles(
      resources,
      sharedRole,
      new Map(
        functions.map((/** @type {{ name: string; roleId: string }} */ { name, roleId }) => [
          service.getFunction(name).targetAlias?.logicalId,
          roleId,
        ]),
      ),
    );
    for (const [id, resource] of Object.entries(resources)) {
      for (const { document, sids } of policiesOf(id, resource)) {
        for (const statement of document.Statement) this.tidyStatement(id, statement, sids);
        this.checkSids(id, document.Statement);
      }
    }
  }

  /**
   * Whatever else the framework granted to its role for all functions, for an event that is not known here, must stand
   * in some function's own statements.
   *
   * @param {Statement[]} shared
   * @param {Statement[]} own
   * @param {Set<Statement>} bySettings
   */
  checkNothingIsLost(shared, own, bySettings) {
    const { provider } = this.serverless.service;
    const written = provider.iam?.role?.statements ?? provider.iamRoleStatements ?? [];
    const actionsOf = (/** @type {Statement} */ { Action }) => [Action ?? []].flat();
    for (const statement of shared) {
      if (statement.Effect === "Deny" || written.includes(statement)) continue;
      for (const action of actionsOf(statement)) {
        if (action.startsWith("logs:") || spare.includes(action)) continue;
        const grants = own.filter((one) => one.Effect !== "Deny" && actionsOf(one).includes(action));
        // What rights-of-settings.js grants is narrower than the framework's, so its resource is another.
        const isLost = [statement.Resource]
          .flat()
          .some((resource) => !grants.some((one) => bySettings.has(one) || covers(one.Resource, resource)));
        if (isLost) {
          const { Action, Resource } = statement;
          this.refuse(
            `An event of serverless.yml needs a right that only the framework's role for all functions would have. Write it in iamRoleStatements of the function that needs it, as it stands here: ${JSON.stringify({ Sid: "SayWhatItIsFor", Effect: "Allow", Action, Resource })}`,
          );
        }
      }
    }
  }

  /**
   * @param {string} id
   * @param {Statement} statement
   * @param {Map<string, string>} sids
   */
  tidyStatement(id, statement, sids) {
    const actions = [statement.Action ?? []].flat();
    const sid = actions.map((action) => sids.get(action)).find(Boolean);
    if (!statement.Sid && sid) {
      statement.Sid = sid;
      statement.Action = actions.filter((action) => action !== "logs:CreateLogGroup");
    }
    if (!sidPattern.test(statement.Sid ?? "")) {
      this.refuse(
        `${id}: the statement ${JSON.stringify(statement)} needs a Sid of letters and digits that says what it is for.`,
      );
    }
  }

  /** IAM refuses a policy with the same Sid twice. @param {string} id @param {Statement[]} statements */
  checkSids(id, statements) {
    const twice = statements.find(({ Sid }, index) => statements.findIndex((one) => one.Sid === Sid) < index);
    if (twice)
      this.refuse(`${id}: two statements have the Sid ${twice.Sid}. Rename the one in serverless.yml.`);
  }

  /** @param {string} message */
  refuse(message) {
    throw new this.serverless.classes.Error(message);
  }
}

/** @param {unknown} granted @param {unknown} resource */
const covers = (granted, resource) =>
  [granted].flat().some((one) => one === "*" || JSON.stringify(one) === JSON.stringify(resource));

/**
 * An event source of a function behind an alias still waits for the role that is removed: it waits for the function's.
 *
 * @param {Record<string, any>} resources
 * @param {string} sharedRole
 * @param {ReadonlyMap<string, string>} roleOfAlias
 */
function waitForOwnRoles(resources, sharedRole, roleOfAlias) {
  for (const resource of Object.values(resources)) {
    const waitsFor = [resource.DependsOn ?? []].flat();
    if (!waitsFor.includes(sharedRole)) continue;
    const own = waitsFor.flatMap((one) => roleOfAlias.get(one) ?? []);
    resource.DependsOn = waitsFor.flatMap((one) => (one === sharedRole ? own : one));
  }
}

/**
 * @param {string} id
 * @param {any} resource
 * @returns {Policy[]}
 */
function policiesOf(id, { Type, Properties = {} }) {
  if (Type === "AWS::IAM::Role") {
    const identity = Properties.Policies ?? [];
    return [
      { document: Properties.AssumeRolePolicyDocument, sids: added.trust },
      ...identity.map((/** @type {any} */ policy) => ({
        document: policy.PolicyDocument,
        sids: added.identity,
      })),
    ];
  }
  if (!Properties.PolicyDocument) return [];
  const sids = id === "ServerlessDeploymentBucketPolicy" ? added.deploymentBucket : added.own;
  return [{ document: Properties.PolicyDocument, sids }];
}
