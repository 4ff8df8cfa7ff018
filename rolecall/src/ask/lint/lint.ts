import type { Service } from "../../stack/source/service.ts";
import type { Sources } from "../../stack/source/sources.ts";
import { accepted, type Exception } from "./accepted.ts";
import type { Finding, Problem, Rule } from "./finding.ts";
import { invertedAllow, passRole, unknownAction, unlimitedAction, wildcardAction } from "./rules/actions.ts";
import { bucketOpenToPublic, bucketWithoutTls } from "./rules/buckets.ts";
import { callerWithoutSource, openToEveryone, otherAccount } from "./rules/callers.ts";
import { conditionKeyNeverCarried, openWhenAbsent, unknownConditionKey } from "./rules/condition-keys.ts";
import {
  contradiction,
  literalWildcard,
  operatorType,
  setOperator,
  unknownOperator,
  variableInOldVersion,
} from "./rules/condition-values.ts";
import {
  destinationRights,
  notificationRights,
  pollingRights,
  visibilityTimeout,
} from "./rules/deployment.ts";
import { dangerousVariable, environmentSize, reservedVariable, secretVariable } from "./rules/environment.ts";
import { otherPlace } from "./rules/places.ts";
import { attachedElsewhere, everyResource, resourceType } from "./rules/resources.ts";
import {
  policySize,
  roleNameLength,
  roleNotAssumable,
  sharedRole,
  sparePrincipal,
  trustOthers,
} from "./rules/roles.ts";
import { openRoute } from "./rules/routes.ts";
import { namelessStatement, repeatedSid } from "./rules/sids.ts";
import { otherStage } from "./rules/stages.ts";
import { placeStatements } from "./statements.ts";

export const rules: readonly Rule[] = [
  // what a statement says
  unknownAction,
  wildcardAction,
  unlimitedAction,
  resourceType,
  everyResource,
  otherStage,
  otherPlace,
  unknownConditionKey,
  conditionKeyNeverCarried,
  openWhenAbsent,
  unknownOperator,
  operatorType,
  setOperator,
  literalWildcard,
  contradiction,
  variableInOldVersion,
  invertedAllow,
  passRole,
  namelessStatement,
  repeatedSid,
  // who is somebody, and who may become it
  sharedRole,
  sparePrincipal,
  trustOthers,
  roleNotAssumable,
  roleNameLength,
  policySize,
  // who may call
  attachedElsewhere,
  callerWithoutSource,
  openToEveryone,
  otherAccount,
  openRoute,
  bucketWithoutTls,
  bucketOpenToPublic,
  // what a function is told
  reservedVariable,
  dangerousVariable,
  secretVariable,
  environmentSize,
  // what AWS checks when it deploys
  pollingRights,
  destinationRights,
  visibilityTimeout,
  notificationRights,
];

/**
 * What is wrong with the permissions of the packaged service, and what to write instead. What IAM or the framework
 * refuse by themselves never gets this far: packaging and `describeService` throw, and say why.
 *
 * @param exceptions Findings that may stay. They are among what is returned, with their reason.
 * @returns in the order of the rules; empty for a service that none of them finds fault with
 */
export async function lint(
  service: Service,
  sources: Sources,
  exceptions: readonly Exception[] = accepted,
): Promise<readonly Finding[]> {
  const material = { service, sources, statements: await placeStatements(service, sources) };
  const findings = rules.flatMap((rule) =>
    [...rule.check(material)].map((problem) => toFinding(rule.name, problem, exceptions)),
  );
  const unmet = exceptions.filter(
    ({ rule, subject }) => !findings.some((one) => one.rule === rule && one.subject === subject),
  );
  return [...findings, ...unmet.map(unmetException)];
}

function toFinding(rule: string, problem: Problem, exceptions: readonly Exception[]): Finding {
  const { source, ...words } = problem;
  const exception = exceptions.find((one) => one.rule === rule && one.subject === problem.subject);
  return {
    rule,
    ...words,
    ...(source !== undefined && { source: { file: source.file, line: source.line } }),
    ...(exception !== undefined && { accepted: exception.reason }),
  };
}

function unmetException({ rule, subject }: Exception): Finding {
  return {
    rule: "unmet-exception",
    severity: "warning",
    subject,
    message: `The list of exceptions accepts ${rule} of ${subject}, which is not found any more.`,
    fix: "Take the exception out of lint/accepted.ts.",
  };
}
