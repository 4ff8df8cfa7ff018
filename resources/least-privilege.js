// A plugin of this project's own. The framework, and the plugin that gives each function a role, package some things
// without a word; this one mends or refuses them, so that what deploys is exactly what serverless.yml and resources/ say:
//   - the statements that they add (logs, polling a queue, who may assume a role) get Sids, like all others;
//   - logs:CreateLogGroup goes: the stack makes the groups, and a function that is still running when the stack is
//     removed would bring its group back;
//   - the framework's role for all functions goes, as no function uses it;
//   - a function without iamRoleStatements, a statement without a Sid and a stage that cannot name a bucket are refused.
// @ts-check

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

/**
 * @typedef {{ Sid?: string; Action?: string | string[] }} Statement
 * @typedef {{ document: { Statement: Statement[] }; sids: Map<string, string> }} Policy
 */

export default class LeastPrivilege {
  /** @param {any} serverless */
  constructor(serverless) {
    this.serverless = serverless;
    this.hooks = {
      "before:package:initialize": () => this.checkNames(),
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

  tidyPolicies() {
    const { service } = this.serverless;
    for (const name of service.getAllFunctions()) {
      if (!service.getFunction(name).iamRoleStatements) {
        this.refuse(`${name} has no iamRoleStatements: write what it may do, or [] for nothing.`);
      }
    }
    const resources = service.provider.compiledCloudFormationTemplate.Resources;
    delete resources.IamRoleLambdaExecution;
    for (const [id, resource] of Object.entries(resources)) {
      for (const { document, sids } of policiesOf(id, resource)) {
        for (const statement of document.Statement) this.tidyStatement(id, statement, sids);
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

  /** @param {string} message */
  refuse(message) {
    throw new this.serverless.classes.Error(message);
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
