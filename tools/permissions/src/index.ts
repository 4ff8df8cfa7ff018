export { packageService } from "../../../resources/package-service.ts";
export { serviceTitle } from "./catalog/actions.ts";
export { explain, type Material } from "./explain/explain.ts";
export { explainMessage, type MessageOptions } from "./explain/explain-message.ts";
export type { Explanation, PlacedStatement } from "./explain/explanation.ts";
export { SenselessQuestion } from "./explain/senseless.ts";
export { explanationText, messageText } from "./explain/text.ts";
export { denialMessage, policyWords } from "./iam/denial.ts";
export { decide } from "./iam/evaluate.ts";
export { globalContext, policyHolder } from "./iam/global-context.ts";
export { inspect } from "./iam/inspect.ts";
export { parsePolicy } from "./iam/policy.ts";
export type * from "./iam/types.ts";
export type { Finding } from "./lint/finding.ts";
export { lint } from "./lint/lint.ts";
export { reservedVariables } from "./lint/rules/environment.ts";
export {
  describeService,
  readService,
  type Service,
  type ServiceOptions,
  withLine,
} from "./service/service.ts";
export { readSources, type Source, type Sources, type StatementSource } from "./service/sources.ts";
export type { Json } from "./template/intrinsics.ts";
export type { Environment } from "./template/naming.ts";
export { type ExecutionRole, executionRoles, resourcePolicies } from "./template/principals.ts";
export {
  parseTemplate,
  readTemplate,
  resolveTemplate,
  type Stack,
  type StackResource,
  type Template,
} from "./template/template.ts";
export { type Names, namesOf, ownNames } from "./view/names.ts";
export {
  type ApiView,
  type Element,
  type FunctionView,
  type PermissionsView,
  type ResourceView,
  type StatementView,
  type Summary,
  viewPermissions,
} from "./view/view.ts";
export { actionWords, resourceWords, wordsOf } from "./view/words.ts";
