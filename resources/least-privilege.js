// A plugin of this project's own, last in serverless.yml. The plugin that gives each function a role packages some
// things without a word; this one mends or refuses them, so that what deploys is exactly what serverless.yml says:
//   - the statements that it adds (logs, polling a queue) get Sids, like all others;
//   - logs:CreateLogGroup goes: the stack makes the groups, and a function that is still running when the stack is
//     removed would bring its group back;
//   - the framework's role for all functions goes, as no function uses it;
//   - a function without iamRoleStatements, a statement without a Sid and a stage that cannot name a bucket are refused.
// @ts-check

/** Bucket and role names hold the stage, so they bound it; an upper-case letter would fail at S3, mid-deploy. */
const stagePattern = /^[a-z0-9-]{1,18}$/;

/** IAM takes no other characters: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_sid.html */
const sidPattern = /^[A-Za-z0-9]+$/;

/** By an action that only such a statement has. */
const sidsOfPluginStatements = new Map([
  ["logs:PutLogEvents", "WriteOwnLogs"],
  ["sqs:ReceiveMessage", "PollQueue"],
]);

export default class LeastPrivilege {
  /** @param {any} serverless */
  constructor(serverless) {
    this.serverless = serverless;
    this.hooks = {
      "before:package:initialize": () => this.checkStage(),
      "before:package:finalize": () => this.tidyRoles(),
    };
  }

  checkStage() {
    const stage = this.serverless.getProvider("aws").getStage();
    if (!stagePattern.test(stage)) {
      this.refuse(
        `The stage "${stage}" must be 1 to 18 lower-case letters, digits or dashes: its bucket bears its name.`,
      );
    }
  }

  tidyRoles() {
    const { service } = this.serverless;
    for (const name of service.getAllFunctions()) {
      if (!service.getFunction(name).iamRoleStatements) {
        this.refuse(`${name} has no iamRoleStatements: write what it may do, or [] for nothing.`);
      }
    }
    const resources = service.provider.compiledCloudFormationTemplate.Resources;
    delete resources.IamRoleLambdaExecution;
    for (const [id, { Type, Properties }] of Object.entries(resources)) {
      if (Type !== "AWS::IAM::Role") continue;
      for (const { PolicyDocument } of Properties.Policies ?? []) {
        for (const statement of PolicyDocument.Statement) this.tidyStatement(id, statement);
      }
    }
  }

  /**
   * @param {string} roleId
   * @param {{ Sid?: string; Action?: string | string[] }} statement
   */
  tidyStatement(roleId, statement) {
    const actions = [statement.Action ?? []].flat().filter((action) => action !== "logs:CreateLogGroup");
    const sid = actions.map((action) => sidsOfPluginStatements.get(action)).find(Boolean);
    if (!statement.Sid && sid) {
      statement.Sid = sid;
      statement.Action = actions;
    }
    if (!sidPattern.test(statement.Sid ?? "")) {
      this.refuse(
        `${roleId}: the statement ${JSON.stringify(statement)} needs a Sid of letters and digits that says what it is for.`,
      );
    }
  }

  /** @param {string} message */
  refuse(message) {
    throw new this.serverless.classes.Error(message);
  }
}
