// What resources/ says of every function, made from the functions that serverless.yml has, so that a new one need not be
// listed again.
// @ts-check

/** CloudWatch's own limit for an alarm: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarm-limits.html */
const mostMetrics = 10;

/**
 * @typedef {object} Framework
 * @property {(path: string[]) => Promise<unknown>} resolveConfigurationProperty
 */

/**
 * The metrics that FunctionErrorsAlarm adds up.
 *
 * @param {Framework} framework
 */
exports.errorMetrics = async (framework) => {
  const keys = await functionKeys(framework);
  if (keys.length > mostMetrics) {
    throw new Error(
      `FunctionErrorsAlarm in resources/alarms.yml adds up at most ${mostMetrics} functions, and there are ${keys.length}: make a second alarm, and share them out in resources/each-function.cjs.`,
    );
  }
  return [
    { Id: "all", Expression: "SUM(METRICS())", Label: "Errors of all functions" },
    ...keys.map((key, index) => ({
      Id: `function${index + 1}`,
      Label: key,
      ReturnData: false,
      MetricStat: {
        Stat: "Sum",
        Period: 300,
        Metric: {
          Namespace: "AWS/Lambda",
          MetricName: "Errors",
          Dimensions: [{ Name: "FunctionName", Value: { Ref: `${logicalName(key)}LambdaFunction` } }],
        },
      },
    })),
  ];
};

/**
 * The ARN of each function's role, among the stack's outputs.
 *
 * @param {Framework} framework
 */
exports.roleArns = async (framework) => {
  const keys = await functionKeys(framework);
  const output = (/** @type {string} */ name) => ({
    Value: { "Fn::GetAtt": [`${name}IamRoleLambdaExecution`, "Arn"] },
  });
  return {
    Outputs: Object.fromEntries(keys.map(logicalName).map((name) => [`${name}RoleArn`, output(name)])),
  };
};

/**
 * @param {Framework} framework
 * @returns {Promise<string[]>}
 */
async function functionKeys({ resolveConfigurationProperty }) {
  return Object.keys(Object(await resolveConfigurationProperty(["functions"])));
}

/** How the framework writes a function's key in the names of what it makes for it. @param {string} key */
function logicalName(key) {
  const name = key.replaceAll("-", "Dash").replaceAll("_", "Underscore");
  return name.charAt(0).toUpperCase() + name.slice(1);
}
