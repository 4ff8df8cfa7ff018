export { denialMessage } from "./denial.ts";
export { decide } from "./evaluate.ts";
export type { Json } from "./intrinsics.ts";
export { parsePolicy } from "./policy.ts";
export { type ExecutionRole, executionRoles, resourcePolicies } from "./principals.ts";
export type { Environment } from "./resource-types.ts";
export {
  parseTemplate,
  readTemplate,
  resolveTemplate,
  type Stack,
  type StackResource,
  type Template,
} from "./template.ts";
export type * from "./types.ts";
