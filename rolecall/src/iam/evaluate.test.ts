// biome-ignore-all lint/suspicious/noTemplateCurlyInString: policy variables are written like that
import { describe, expect, it } from "vitest";
import {
  ACCOUNT,
  allow,
  decision,
  deny,
  identity,
  OTHER_ACCOUNT,
  outcome,
  policy,
  ROLE_ARN,
  resource,
  SESSION_ARN,
} from "./test-support.ts";
import type { Caller, Policies } from "./types.ts";

describe("a request", () => {
  it("is denied by default", () => {
    expect(decision({})).toEqual({ outcome: "implicitly denied", missing: "identity-based" });
  });

  it("is allowed by one statement that applies, and the decision says which", () => {
    const identityPolicies = identity(allow({ Action: "s3:PutObject" }), allow({ Sid: "ReadAudio" }));
    expect(decision({ identity: identityPolicies })).toEqual({
      outcome: "allowed",
      by: { kind: "identity-based", policy: "the identity-based policy", index: 1, sid: "ReadAudio" },
    });
  });

  it("is denied by one Deny, whatever allows it, and the decision says which", () => {
    expect(decision({ identity: identity(allow(), deny({ Sid: "NotThis" })) })).toEqual({
      outcome: "explicitly denied",
      by: { kind: "identity-based", policy: "the identity-based policy", index: 1, sid: "NotThis" },
    });
  });
});

describe("the policy of a role or a key has to allow as well, within the account too:", () => {
  const role = `arn:aws:iam::${ACCOUNT}:role/writer`;
  const key = `arn:aws:kms:us-east-1:${ACCOUNT}:key/one`;
  const root = `arn:aws:iam::${ACCOUNT}:root`;

  it.each([
    ["sts:AssumeRole", role],
    ["kms:Decrypt", key],
  ])("%s", (Action, about) => {
    const own = identity(allow({ Action, Resource: "*" }));
    const naming = (Principal: object) => resource(allow({ Action, Resource: undefined, Principal }));
    const asked = { action: Action, resource: about };
    const missing = { outcome: "implicitly denied", missing: "resource-based" };

    expect(decision({ identity: own, resource: naming({ Service: "lambda.amazonaws.com" }) }, asked)).toEqual(
      missing,
    );
    expect(outcome({ identity: own, resource: naming({ AWS: root }) }, asked)).toBe("allowed");
    expect(outcome({ resource: naming({ AWS: root }) }, asked)).toBe("implicitly denied");
    expect(outcome({ resource: naming({ AWS: ROLE_ARN }) }, asked)).toBe("allowed");
  });

  it("which is taken for granted where it is not known", () => {
    const own = identity(allow({ Action: "kms:Decrypt", Resource: "*" }));

    expect(outcome({ identity: own }, { action: "kms:Decrypt", resource: key })).toBe("allowed");
  });
});

describe("an action", () => {
  it.each([
    ["s3:GetObject", "allowed"],
    ["S3:getobject", "allowed"],
    ["s3:Get*", "allowed"],
    ["s3:*Object", "allowed"],
    ["s3:Get?bject", "allowed"],
    ["s3:*", "allowed"],
    ["*", "allowed"],
    ["s3:GetObjectVersion", "implicitly denied"],
    ["s3:Get?Object", "implicitly denied"],
    ["sqs:*", "implicitly denied"],
  ])("%s: reading an object is %s", (Action, expected) => {
    expect(outcome({ identity: identity(allow({ Action })) })).toBe(expected);
  });

  it("is matched without regard to the case of the request either", () => {
    expect(outcome({ identity: identity(allow()) }, { action: "S3:GETOBJECT" })).toBe("allowed");
  });

  it("NotAction with Allow grants everything else", () => {
    const policies = {
      identity: identity(allow({ Action: undefined, NotAction: "s3:Get*", Resource: "*" })),
    };
    expect(outcome(policies, { action: "sqs:SendMessage" })).toBe("allowed");
    expect(outcome(policies)).toBe("implicitly denied");
  });

  it("NotAction with Deny grants nothing", () => {
    const denyRest = deny({ Action: undefined, NotAction: "s3:GetObject" });
    expect(outcome({ identity: identity(denyRest) })).toBe("implicitly denied");
    expect(outcome({ identity: identity(denyRest, allow()) })).toBe("allowed");
    expect(outcome({ identity: identity(denyRest, allow()) }, { action: "s3:PutObject" })).toBe(
      "explicitly denied",
    );
  });
});

describe("a resource", () => {
  it.each([
    ["*", "allowed"],
    ["arn:aws:s3:::photos/*", "allowed"],
    ["arn:aws:s3:::photos/originals/???.wav", "allowed"],
    ["arn:aws:s3:::photos/originals*", "allowed"],
    ["arn:aws:s3:::photos", "implicitly denied"],
    ["arn:aws:s3:::photos/results/*", "implicitly denied"],
  ])("%s: reading an object is %s", (Resource, expected) => {
    expect(outcome({ identity: identity(allow({ Resource })) })).toBe(expected);
  });

  it("originals* covers more than originals/*", () => {
    const elsewhere = { resource: "arn:aws:s3:::photos/originals-old/one.wav" };
    const wide = identity(allow({ Resource: "arn:aws:s3:::photos/originals*" }));
    const narrow = identity(allow({ Resource: "arn:aws:s3:::photos/originals/*" }));
    expect(outcome({ identity: wide }, elsewhere)).toBe("allowed");
    expect(outcome({ identity: narrow }, elsewhere)).toBe("implicitly denied");
  });

  it("NotResource covers all but what it names", () => {
    const NotResource = "arn:aws:s3:::photos/originals/*";
    const policies = { identity: identity(allow({ Resource: undefined, NotResource })) };
    expect(outcome(policies)).toBe("implicitly denied");
    expect(outcome(policies, { resource: "arn:aws:s3:::photos/results/one.json" })).toBe("allowed");
  });

  it("of an action that has none is * and nothing narrower", () => {
    const start = { action: "transcribe:StartTranscriptionJob", resource: "*" };
    const Action = "transcribe:StartTranscriptionJob";
    expect(outcome({ identity: identity(allow({ Action, Resource: "*" })) }, start)).toBe("allowed");
    const narrow = allow({ Action, Resource: "arn:aws:transcribe:*:*:transcription-job/*" });
    expect(outcome({ identity: identity(narrow) }, start)).toBe("implicitly denied");
  });

  it("with a variable covers what the request fills in, and nothing when it does not", () => {
    const Resource = "arn:aws:s3:::photos/${aws:username}/*";
    const policies = { identity: identity(allow({ Resource })) };
    expect(outcome(policies, { context: { "aws:username": "originals" } })).toBe("allowed");
    expect(outcome(policies, { context: { "aws:username": "*" } })).toBe("implicitly denied");
    expect(outcome(policies)).toBe("implicitly denied");
    const rest = identity(allow({ Resource: undefined, NotResource: Resource }));
    expect(outcome({ identity: rest })).toBe("allowed");
  });

  it("left out in a resource-based policy is the one that the policy is attached to", () => {
    const policies = { resource: resource(allow({ Principal: "*", Resource: undefined })) };
    expect(outcome(policies)).toBe("allowed");
  });
});

describe("conditions", () => {
  const Condition = {
    StringEquals: { "aws:PrincipalTag/team": "notes", "aws:RequestedRegion": ["us-east-1", "eu-west-1"] },
    Bool: { "aws:SecureTransport": "true" },
  };
  const context = {
    "aws:PrincipalTag/team": "notes",
    "aws:RequestedRegion": "eu-west-1",
    "aws:SecureTransport": "true",
  };
  const policies = { identity: identity(allow({ Condition })) };

  it("must all hold", () => {
    expect(outcome(policies, { context })).toBe("allowed");
    for (const key of Object.keys(context)) {
      expect(outcome(policies, { context: { ...context, [key]: "other" } })).toBe("implicitly denied");
    }
  });

  it("of a negated operator hold for none of several values", () => {
    const policies = {
      identity: identity(
        allow({ Condition: { StringNotEquals: { "aws:RequestedRegion": ["us-east-1", "eu-west-1"] } } }),
      ),
    };
    expect(outcome(policies, { context })).toBe("implicitly denied");
    expect(outcome(policies, { context: { "aws:RequestedRegion": "us-west-2" } })).toBe("allowed");
  });

  it("on a missing key make an unsafe ForAllValues allow", () => {
    const unsafe = allow({ Condition: { "ForAllValues:StringEquals": { "aws:TagKeys": "team" } } });
    expect(outcome({ identity: identity(unsafe) })).toBe("allowed");
  });
});

describe("within an account", () => {
  const caller = (arn: string, principalArn: string): Caller => ({
    type: "principal",
    arn,
    principalArn,
    accountId: ACCOUNT,
  });
  const user = caller(`arn:aws:iam::${ACCOUNT}:user/anna`, `arn:aws:iam::${ACCOUNT}:user/anna`);
  const naming = (AWS: string | string[]) => resource(allow({ Principal: { AWS } }));

  it("an identity-based policy suffices", () => {
    expect(outcome({ identity: identity(allow()) })).toBe("allowed");
  });

  it.each([
    ["the role", ROLE_ARN],
    ["the session", SESSION_ARN],
    ["everyone", "*"],
  ])("a resource-based policy that names %s suffices", (_, name) => {
    expect(decision({ resource: naming(name) })).toMatchObject({
      outcome: "allowed",
      by: { kind: "resource-based" },
    });
  });

  it("a resource-based policy that names a user suffices", () => {
    expect(outcome({ resource: naming(user.type === "principal" ? user.arn : "") }, { caller: user })).toBe(
      "allowed",
    );
  });

  it.each([`arn:aws:iam::${ACCOUNT}:root`, ACCOUNT])(
    "a resource-based policy that names the account (%s) leaves it to the identity-based ones",
    (name) => {
      expect(decision({ resource: naming(name) })).toEqual({
        outcome: "implicitly denied",
        missing: "identity-based",
      });
      expect(outcome({ resource: naming(name), identity: identity(allow()) })).toBe("allowed");
    },
  );

  it("a resource-based policy that names another principal does nothing", () => {
    expect(outcome({ resource: naming(`arn:aws:iam::${ACCOUNT}:role/other`) })).toBe("implicitly denied");
    expect(outcome({ resource: naming(`arn:aws:iam::${OTHER_ACCOUNT}:root`) })).toBe("implicitly denied");
    expect(outcome({ resource: resource(allow({ Principal: { Service: "s3.amazonaws.com" } })) })).toBe(
      "implicitly denied",
    );
  });

  it.each([ROLE_ARN, SESSION_ARN, "*", ACCOUNT, `arn:aws:iam::${ACCOUNT}:root`])(
    "a Deny that names %s denies",
    (AWS) => {
      const policies = { identity: identity(allow()), resource: resource(deny({ Principal: { AWS } })) };
      expect(outcome(policies)).toBe("explicitly denied");
    },
  );
});

describe("NotPrincipal", () => {
  const everyName = [`arn:aws:iam::${ACCOUNT}:root`, ROLE_ARN, SESSION_ARN];
  const denyingAllBut = (AWS: string[]) => resource(deny({ NotPrincipal: { AWS } }));

  it("with Deny spares a session only when account, role and session are all listed", () => {
    const grants = { identity: identity(allow()) };
    expect(outcome({ ...grants, resource: denyingAllBut(everyName) })).toBe("allowed");
    for (const missing of everyName) {
      const names = everyName.filter((name) => name !== missing);
      expect(outcome({ ...grants, resource: denyingAllBut(names) })).toBe("explicitly denied");
    }
  });

  it("with Deny spares nobody who has a permissions boundary", () => {
    const policies = {
      identity: identity(allow()),
      boundary: policy("boundary", allow()),
      resource: denyingAllBut(everyName),
    };
    expect(outcome(policies)).toBe("explicitly denied");
  });

  it("with Allow leaves out whoever is listed in any way", () => {
    const allowingAllBut = (AWS: string) => ({ resource: resource(allow({ NotPrincipal: { AWS } })) });
    expect(outcome(allowingAllBut(OTHER_ACCOUNT))).toBe("allowed");
    for (const name of everyName) expect(outcome(allowingAllBut(name))).toBe("implicitly denied");
  });

  it("names services too", () => {
    const caller = { type: "service", service: "s3.amazonaws.com" } as const;
    const policies = (Service: string) => ({
      resource: resource(allow({ Principal: "*" }), deny({ NotPrincipal: { Service } })),
    });
    expect(outcome(policies("s3.amazonaws.com"), { caller })).toBe("allowed");
    expect(outcome(policies("sns.amazonaws.com"), { caller })).toBe("explicitly denied");
  });
});

describe("across accounts", () => {
  const elsewhere = { resourceAccountId: OTHER_ACCOUNT };

  it("the identity-based and the resource-based policy both have to allow", () => {
    const both = { identity: identity(allow()), resource: resource(allow({ Principal: { AWS: ROLE_ARN } })) };
    expect(outcome(both, elsewhere)).toBe("allowed");
    expect(decision({ identity: both.identity }, elsewhere)).toEqual({
      outcome: "implicitly denied",
      missing: "resource-based",
    });
    expect(decision({ resource: both.resource }, elsewhere)).toEqual({
      outcome: "implicitly denied",
      missing: "identity-based",
    });
  });

  it.each([ACCOUNT, `arn:aws:iam::${ACCOUNT}:root`, SESSION_ARN, "*"])(
    "a resource-based policy that names %s is the other half",
    (AWS) => {
      const policies = { identity: identity(allow()), resource: resource(allow({ Principal: { AWS } })) };
      expect(outcome(policies, elsewhere)).toBe("allowed");
    },
  );
});

describe("an AWS service that acts for itself", () => {
  const caller = { type: "service", service: "s3.amazonaws.com" } as const;
  const trusting = resource(allow({ Principal: { Service: "s3.amazonaws.com" } }));

  it("needs a resource-based policy", () => {
    expect(outcome({ resource: trusting }, { caller })).toBe("allowed");
    expect(decision({}, { caller })).toEqual({ outcome: "implicitly denied", missing: "resource-based" });
  });

  it("has no identity-based policies", () => {
    expect(outcome({ identity: identity(allow()) }, { caller })).toBe("implicitly denied");
  });

  it("is not another service, nor the account", () => {
    expect(outcome({ resource: trusting }, { caller: { ...caller, service: "sns.amazonaws.com" } })).toBe(
      "implicitly denied",
    );
    expect(outcome({ resource: resource(allow({ Principal: { AWS: ACCOUNT } })) }, { caller })).toBe(
      "implicitly denied",
    );
  });

  it("is among everyone, so a Deny of everyone denies it", () => {
    const policies = { resource: [...trusting, ...resource(deny({ Principal: "*" }))] };
    expect(outcome(policies, { caller })).toBe("explicitly denied");
  });
});

describe("a ceiling", () => {
  const granted = { identity: identity(allow({ Resource: "*" })) };
  const ceilings: [string, (...statements: object[]) => Partial<Policies>, string][] = [
    [
      "permissions boundary",
      (...statements) => ({ boundary: policy("boundary", ...statements) }),
      "boundary",
    ],
    ["session policy", (...statements) => ({ session: policy("session", ...statements) }), "session"],
    [
      "service control policy",
      (...statements) => ({ serviceControl: [policy("service-control", ...statements)] }),
      "service-control",
    ],
  ];

  it.each(ceilings)("(%s) has to allow as well", (_, attach, kind) => {
    expect(outcome({ ...granted, ...attach(allow()) })).toBe("allowed");
    expect(decision({ ...granted, ...attach(allow({ Action: "s3:PutObject" })) })).toEqual({
      outcome: "implicitly denied",
      missing: kind,
    });
  });

  it.each(ceilings)("(%s) grants nothing by itself", (_, attach) => {
    expect(outcome(attach(allow({ Action: "*", Resource: "*" })))).toBe("implicitly denied");
  });

  it.each(ceilings)("(%s) denies explicitly", (_, attach, kind) => {
    expect(decision({ ...granted, ...attach(allow(), deny()) })).toMatchObject({
      outcome: "explicitly denied",
      by: { kind },
    });
  });

  it.each(ceilings.slice(0, 2))(
    "(%s) limits what a resource-based policy grants to the role",
    (_, attach, kind) => {
      const toRole = { resource: resource(allow({ Principal: { AWS: ROLE_ARN } })) };
      expect(decision({ ...toRole, ...attach(allow({ Action: "s3:PutObject" })) })).toEqual({
        outcome: "implicitly denied",
        missing: kind,
      });
      expect(outcome({ ...toRole, ...attach(allow()) })).toBe("allowed");
    },
  );

  it.each(ceilings.slice(0, 2))("(%s) does not limit what it grants to the session", (_, attach) => {
    for (const AWS of [SESSION_ARN, "*"]) {
      const toSession = { resource: resource(allow({ Principal: { AWS } })) };
      expect(outcome({ ...toSession, ...attach(allow({ Action: "s3:PutObject" })) })).toBe("allowed");
    }
  });

  it("of service control limits that too", () => {
    const toSession = { resource: resource(allow({ Principal: { AWS: SESSION_ARN } })) };
    const serviceControl = [policy("service-control", allow({ Action: "s3:PutObject" }))];
    expect(outcome({ ...toSession, serviceControl })).toBe("implicitly denied");
  });

  it("of service control is one Allow of several policies; none at all allow nothing", () => {
    const other = policy("service-control", allow({ Action: "s3:PutObject" }));
    expect(outcome({ ...granted, serviceControl: [other, policy("service-control", allow())] })).toBe(
      "allowed",
    );
    expect(outcome({ ...granted, serviceControl: [] })).toBe("implicitly denied");
  });

  it("limits across accounts as well", () => {
    const both = { ...granted, resource: resource(allow({ Principal: { AWS: SESSION_ARN } })) };
    const boundary = policy("boundary", allow({ Action: "s3:PutObject" }));
    expect(decision({ ...both, boundary }, { resourceAccountId: OTHER_ACCOUNT })).toEqual({
      outcome: "implicitly denied",
      missing: "boundary",
    });
  });
});

describe("a statement that stands where it cannot", () => {
  const misplaced = (effect: "Allow" | "Deny", Principal?: string) => [
    { name: "misplaced", document: policyWith(effect, Principal) },
  ];
  const policyWith = (effect: "Allow" | "Deny", Principal?: string) =>
    (Principal === undefined
      ? policy("identity-based", { ...allow(), Effect: effect })
      : policy("resource-based", { ...allow({ Principal }), Effect: effect })
    ).document;

  it("never allows, and still denies", () => {
    expect(outcome({ identity: misplaced("Allow", "*") })).toBe("implicitly denied");
    expect(outcome({ resource: misplaced("Allow") })).toBe("implicitly denied");
    expect(outcome({ identity: [...identity(allow()), ...misplaced("Deny", "*")] })).toBe(
      "explicitly denied",
    );
    expect(outcome({ identity: identity(allow()), resource: misplaced("Deny") })).toBe("explicitly denied");
  });
});
