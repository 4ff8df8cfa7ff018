import { expect, it } from "vitest";
import eachFunction from "./each-function.cjs";

/** The framework, as far as it is asked. */
const withFunctions = (...keys: readonly string[]) => ({
  resolveConfigurationProperty: async (path: string[]) =>
    path.join(".") === "functions" ? Object.fromEntries(keys.map((key) => [key, {}])) : undefined,
});

it("adds up the errors of every function, by the names that the framework gives them", async () => {
  const [sum, ...metrics] = await eachFunction.errorMetrics(withFunctions("readText", "read-all"));

  expect(sum).toEqual({ Id: "all", Expression: "SUM(METRICS())", Label: "Errors of all functions" });
  expect(metrics).toMatchObject([
    {
      Label: "readText",
      ReturnData: false,
      MetricStat: { Metric: { Dimensions: [{ Value: { Ref: "ReadTextLambdaFunction" } }] } },
    },
    {
      Label: "read-all",
      MetricStat: { Metric: { Dimensions: [{ Value: { Ref: "ReadDashallLambdaFunction" } }] } },
    },
  ]);
});

it("refuses more functions than CloudWatch adds up in an alarm", async () => {
  const keys = Array.from({ length: 11 }, (_, index) => `function${index}`);

  await expect(eachFunction.errorMetrics(withFunctions(...keys))).rejects.toThrow(/at most 10.*there are 11/);
  expect(await eachFunction.errorMetrics(withFunctions(...keys.slice(1)))).toHaveLength(11);
});

it("tells the ARN of every function's role", async () => {
  expect(await eachFunction.roleArns(withFunctions("readText"))).toEqual({
    Outputs: { ReadTextRoleArn: { Value: { "Fn::GetAtt": ["ReadTextIamRoleLambdaExecution", "Arn"] } } },
  });
});
