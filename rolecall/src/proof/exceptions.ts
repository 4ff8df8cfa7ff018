/** A policy that may say what no scenario needs. Every one shows in the output, with its reason. */
export interface Exception {
  /** The logical id of the resource that carries the policy, or a function's key. */
  readonly of: string;
  /** Of one statement; of all when absent. */
  readonly sid?: string;
  readonly reason: string;
}

/** What a framework adds to every template. A service names its own in rolecall.config.ts. */
export const frameworkExceptions: readonly Exception[] = [
  {
    of: "ServerlessDeploymentBucketPolicy",
    reason: "the framework's own bucket, which only deployments use: no function may do anything with it",
  },
];
