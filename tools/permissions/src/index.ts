export { denialMessage } from "./iam/denial.ts";
export { decide } from "./iam/evaluate.ts";
export { globalContext, policyHolder } from "./iam/global-context.ts";
export { parsePolicy } from "./iam/policy.ts";
export type * from "./iam/types.ts";
export type { Finding } from "./lint/finding.ts";
export { lint } from "./lint/lint.ts";
export { describeService, readService, type Service, type ServiceOptions } from "./service/service.ts";
export { readSources, type Source, type Sources, type StatementSource } from "./service/sources.ts";
export type { Json } from "./template/intrinsics.ts";
export { packageService } from "./template/package-service.ts";
export { type ExecutionRole, executionRoles, resourcePolicies } from "./template/principals.ts";
export type { Environment } from "./template/resource-types.ts";
export {
  parseTemplate,
  readTemplate,
  resolveTemplate,
  type Stack,
  type StackResource,
  type Template,
} from "./template/template.ts";
