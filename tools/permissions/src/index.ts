export { denialMessage } from "./iam/denial.ts";
export { decide } from "./iam/evaluate.ts";
export { parsePolicy } from "./iam/policy.ts";
export type * from "./iam/types.ts";
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
