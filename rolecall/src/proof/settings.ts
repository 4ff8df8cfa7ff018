import { tracingActions, vpcActions } from "../catalog/lambda-settings.ts";
import type { Service } from "../stack/source/service.ts";
import type { Exception } from "./exceptions.ts";

/** What a function's settings ask of its role outside of any scenario: there is no VPC here, and no X-Ray. */
const bySetting = [
  {
    isSet: (properties: Readonly<Record<string, unknown>>) => properties.VpcConfig !== undefined,
    actions: vpcActions,
    reason: "for the VPC: Lambda attaches the function to it, which does not happen here",
  },
  {
    isSet: ({ TracingConfig }: Readonly<Record<string, unknown>>) =>
      (TracingConfig as { Mode?: unknown } | undefined)?.Mode === "Active",
    actions: tracingActions,
    reason: "for tracing: segments go to X-Ray, which is not imitated here",
  },
];

/** Excuses the statements that say nothing but what the settings of their function need. */
export function settingsExceptions({ roles, stack }: Service): readonly Exception[] {
  return roles.flatMap(({ functionKey, functionName, policies }) => {
    const lambda = [...stack.resources.values()].find(
      ({ type, physicalId }) => type === "AWS::Lambda::Function" && physicalId === functionName,
    );
    return policies
      .flatMap(({ document }) => document.statements)
      .flatMap(({ sid, actions }) => {
        const setting = bySetting.find(
          (one) =>
            one.isSet(lambda?.properties ?? {}) &&
            !actions.not &&
            actions.patterns.every((pattern) => one.actions.has(pattern)),
        );
        return sid === undefined || setting === undefined
          ? []
          : { of: functionKey, sid, reason: setting.reason };
      });
  });
}
