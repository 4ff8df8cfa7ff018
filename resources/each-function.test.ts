import { expect, it } from "vitest";
import EachFunction from "./each-function.js";

/** The framework, as far as it is asked; it names functions in a way of its own. */
function frameworkWith(...keys: readonly string[]) {
  const role = (key: string) => ({ "Fn::GetAtt": [`role of ${key}`, "Arn"] });
  const template = {
    Resources: {
      FunctionErrorsAlarm: { Properties: { Metrics: [] as object[] } },
      ...Object.fromEntries(keys.map((key) => [`<${key}>`, { Properties: { Role: role(key) } }])),
    },
    Outputs: {} as Record<string, object>,
  };
  const naming = {
    getNormalizedFunctionName: (key: string) => key.toUpperCase(),
    getLambdaLogicalId: (key: string) => `<${key}>`,
  };
  const plugin = new EachFunction({
    classes: { Error },
    getProvider: () => ({ naming }),
    service: { getAllFunctions: () => keys, provider: { compiledCloudFormationTemplate: template } },
  });
  return { template, role, run: plugin.hooks["after:aws:package:finalize:mergeCustomProviderResources"] };
}

it("adds up the errors of every function, by the names that the framework gives them", () => {
  const { template, run } = frameworkWith("readText", "read-all");

  run();

  const [sum, ...metrics] = template.Resources.FunctionErrorsAlarm.Properties.Metrics;
  expect(sum).toEqual({ Id: "all", Expression: "SUM(METRICS())", Label: "Errors of all functions" });
  expect(metrics).toMatchObject([
    {
      Label: "readText",
      ReturnData: false,
      MetricStat: { Metric: { Dimensions: [{ Value: { Ref: "<readText>" } }] } },
    },
    { Label: "read-all", MetricStat: { Metric: { Dimensions: [{ Value: { Ref: "<read-all>" } }] } } },
  ]);
});

it("refuses more functions than CloudWatch adds up in an alarm", () => {
  const keys = Array.from({ length: 11 }, (_, index) => `function${index}`);
  const { template, run } = frameworkWith(...keys.slice(1));

  expect(frameworkWith(...keys).run).toThrow(/at most 10.*there are 11/);
  run();
  expect(template.Resources.FunctionErrorsAlarm.Properties.Metrics).toHaveLength(11);
});

it("tells the ARN of every function's role, whatever its key", () => {
  const { template, role, run } = frameworkWith("read-text");

  run();

  expect(template.Outputs).toEqual({ "READ-TEXTRoleArn": { Value: role("read-text") } });
});
