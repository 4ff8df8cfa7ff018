// A plugin of this project's own: what resources/ says of every function, made from the functions that there are, so that
// a new one need not be listed again.
// @ts-check

/** CloudWatch's own limit for an alarm: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarm-limits.html */
const mostMetrics = 10;

export default class EachFunction {
  /** @param {any} serverless */
  constructor(serverless) {
    this.serverless = serverless;
    this.hooks = {
      // Now the template is whole: the roles are made, and resources/ is in it.
      "after:aws:package:finalize:mergeCustomProviderResources": () => {
        this.addMetrics();
        this.addRoleArns();
      },
    };
  }

  /** Makes FunctionErrorsAlarm add up the errors of all functions. */
  addMetrics() {
    const functions = this.functions();
    if (functions.length > mostMetrics) {
      throw new this.serverless.classes.Error(
        `FunctionErrorsAlarm in resources/alarms.yml adds up at most ${mostMetrics} functions, and there are ${functions.length}: make a second alarm, and share them out in resources/each-function.js.`,
      );
    }
    const alarm = this.template().Resources.FunctionErrorsAlarm;
    if (!alarm) return;
    alarm.Properties.Metrics = [
      { Id: "all", Expression: "SUM(METRICS())", Label: "Errors of all functions" },
      ...functions.map(({ key, id }, index) => ({
        Id: `function${index + 1}`,
        Label: key,
        ReturnData: false,
        MetricStat: {
          Stat: "Sum",
          Period: 300,
          Metric: {
            Namespace: "AWS/Lambda",
            MetricName: "Errors",
            Dimensions: [{ Name: "FunctionName", Value: { Ref: id } }],
          },
        },
      })),
    ];
  }

  /** Puts the ARN of each function's role among the stack's outputs. */
  addRoleArns() {
    const { Resources, Outputs } = this.template();
    for (const { name, id } of this.functions()) {
      Outputs[`${name}RoleArn`] = { Value: Resources[id].Properties.Role };
    }
  }

  /** By the framework's own names. @returns {{ key: string; name: string; id: string }[]} */
  functions() {
    const { naming } = this.serverless.getProvider("aws");
    return this.serverless.service.getAllFunctions().map((/** @type {string} */ key) => ({
      key,
      name: naming.getNormalizedFunctionName(key),
      id: naming.getLambdaLogicalId(key),
    }));
  }

  template() {
    return this.serverless.service.provider.compiledCloudFormationTemplate;
  }
}
