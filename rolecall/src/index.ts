export { explain, type Material } from "./ask/explain/explain.ts";
export { explainMessage, type MessageOptions } from "./ask/explain/explain-message.ts";
export type { Explanation, PlacedStatement } from "./ask/explain/explanation.ts";
export { SenselessQuestion } from "./ask/explain/senseless.ts";
export { explanationText, messageText } from "./ask/explain/text.ts";
export type { Finding } from "./ask/lint/finding.ts";
export { lint } from "./ask/lint/lint.ts";
export { reservedVariables } from "./ask/lint/rules/environment.ts";
export { type Names, namesOf, ownNames } from "./ask/report/names.ts";
export {
  type ApiView,
  type Element,
  type FunctionView,
  type PermissionsView,
  type ResourceView,
  type StatementView,
  type Summary,
  viewPermissions,
} from "./ask/report/view.ts";
export { actionWords, resourceWords, wordsOf } from "./ask/report/words.ts";
export { serviceTitle } from "./catalog/actions.ts";
export { denialMessage, policyWords } from "./iam/denial.ts";
export { decide } from "./iam/evaluate.ts";
export { globalContext, policyHolder } from "./iam/global-context.ts";
export { inspect } from "./iam/inspect.ts";
export { parsePolicy } from "./iam/policy.ts";
export type * from "./iam/types.ts";
export { dependsOn, hasUnknown, otherwiseOf, unknown, unknownPolicy, unknownsIn } from "./iam/unknown.ts";
export { packageService } from "./packaging/package-service.ts";
export { openProject, type ProjectOptions, type ProjectService } from "./project/open.ts";
export { type Packaged, readPackaged } from "./project/packaged.ts";
export type { Json } from "./stack/intrinsics.ts";
export type { Environment } from "./stack/naming.ts";
export type { Note } from "./stack/note.ts";
export { type ExecutionRole, executionRoles, type Role, roleByArn } from "./stack/principals.ts";
export { resourcePolicies } from "./stack/resource-policies.ts";
export { describeService, type Service } from "./stack/source/service.ts";
export { placed, type Source, type Sources, type StatementSource } from "./stack/source/sources.ts";
export {
  parseTemplate,
  resolveTemplate,
  type Stack,
  type StackResource,
  type Template,
} from "./stack/template.ts";
