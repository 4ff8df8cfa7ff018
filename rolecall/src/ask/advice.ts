import type { Language } from "../stack/source/sources.ts";

/** How a fix is written; `functionKey` is a function's name. */
export interface Advice {
  /** Where a statement of a function's own role stands: `give store a statement, …`. */
  readonly ownStatement: string;
  /** Where one stands when the function shares its role with others. */
  readonly sharedStatement: string;
  readonly roleOfItsOwn: string;
  readonly shorterRoleName: string;
  readonly routeWithIam: string;
  readonly urlWithIam: string;
  readonly stageInName: string;
}

const template = {
  roleOfItsOwn: "Give each function an AWS::IAM::Role of its own.",
  routeWithIam: "Set the route's AuthorizationType to AWS_IAM.",
  urlWithIam: "Set AuthType: AWS_IAM.",
  stageInName: `Write the stack's name into the name, here and where it is made: \${AWS::StackName}`,
};

/** The one place that knows how each framework writes permissions. */
const byLanguage: Readonly<Record<Language, Advice>> = {
  serverless: {
    ownStatement: "under iamRoleStatements",
    sharedStatement: "under provider.iam.role.statements",
    roleOfItsOwn: "Give each function iamRoleStatements of its own, [] for nothing, and no role.",
    shorterRoleName: "Shorten the stage or the function's name, or set iamRoleStatementsName.",
    routeWithIam: "Write authorizer: { type: aws_iam } at the event.",
    urlWithIam: "Write url: { authorizer: aws_iam } at the function.",
    stageInName: `Write the stage into the name, here and where it is made, e.g. \${self:service}-\${sls:stage}`,
  },
  "serverless-4": {
    ownStatement: "under iam.role.statements",
    sharedStatement: "under provider.iam.role.statements",
    roleOfItsOwn: "Give each function iam.role.statements of its own.",
    shorterRoleName: "Shorten the stage or the function's name, or set iam.role.name.",
    routeWithIam: "Write authorizer: { type: aws_iam } at the event.",
    urlWithIam: "Write url: { authorizer: aws_iam } at the function.",
    stageInName: `Write the stage into the name, here and where it is made, e.g. \${self:service}-\${sls:stage}`,
  },
  sam: {
    ownStatement: "under Policies",
    sharedStatement: "in the policies of its role",
    roleOfItsOwn: "Give each function Policies of its own, and no Role.",
    shorterRoleName: "Shorten the stack's name or the function's logical id.",
    routeWithIam:
      "Write Auth: { Authorizer: AWS_IAM } at the event, and EnableIamAuthorizer: true at the API.",
    urlWithIam: "Write FunctionUrlConfig: { AuthType: AWS_IAM }.",
    stageInName: template.stageInName,
  },
  cdk: {
    ownStatement: "with a grant method of the resource, or addToRolePolicy",
    sharedStatement: "with a grant method of the resource, or addToPolicy of its role",
    roleOfItsOwn: "Leave role out, so that each function has a role of its own.",
    shorterRoleName: "Shorten roleName, or leave it out.",
    routeWithIam: "Give the route an HttpIamAuthorizer.",
    urlWithIam: "Write addFunctionUrl({ authType: FunctionUrlAuthType.AWS_IAM }).",
    stageInName: "Leave the name to the CDK, or write the stack's name into it",
  },
  plain: {
    ownStatement: "in the PolicyDocument of its role",
    sharedStatement: "in the PolicyDocument of its role",
    shorterRoleName: "Shorten RoleName, or leave it out.",
    ...template,
  },
};

export function adviceIn(language: Language): Advice {
  return byLanguage[language];
}
