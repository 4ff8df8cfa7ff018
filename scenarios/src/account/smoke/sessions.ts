import { S3Client } from "@aws-sdk/client-s3";
import { AssumeRoleCommand } from "@aws-sdk/client-sts";
import { TranscribeClient } from "@aws-sdk/client-transcribe";
import { type Clients, createApi } from "../../index.ts";
import type { Account } from "../account/account.ts";
import type { Plan } from "../stage/plan.ts";

/** A policy document of a session's own. */
export interface SessionPolicy {
  readonly Version: "2012-10-17";
  readonly Statement: readonly object[];
}

/** Acts with less than a role has: with what a session policy leaves of its rights. */
export interface Sessions {
  /** With the rights of a function's role, as the packaged template has them. */
  ofFunction(functionKey: string): Promise<Clients>;
  /** With one statement's. @param name For the session: letters, digits and `-`. */
  allowing(name: string, ...statements: readonly object[]): Promise<Clients>;
  /** What AWS said each time that it refused one of these sessions. */
  readonly refusals: readonly string[];
  close(): void;
}

/**
 * Nobody but Lambda can assume a function's role. But a session of another role, assumed with the function's own
 * statements as its session policy, may do no more than those say: where AWS refuses it something because of the
 * session policy, it would refuse the function.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies.html#policies_session
 *
 * @param roleArn A role that the caller may assume, and that may do all that the functions may.
 */
export function createSessions(account: Account, plan: Plan, url: string, roleArn: string): Sessions {
  const { region } = account;
  const opened: Clients[] = [];
  const refusals: string[] = [];
  const keepRefusal = (error: unknown): never => {
    if (error instanceof Error && error.name.startsWith("AccessDenied")) refusals.push(error.message);
    throw error;
  };
  const allowing: Sessions["allowing"] = async (name, ...Statement) => {
    const Policy = JSON.stringify({ Version: "2012-10-17", Statement } satisfies SessionPolicy);
    if (Policy.length > longestPolicy)
      throw new Error(
        `The session policy of ${name} has ${Policy.length} characters of at most ${longestPolicy}.`,
      );
    const { Credentials } = await account.clients.sts.send(
      new AssumeRoleCommand({
        RoleArn: roleArn,
        RoleSessionName: `smoke-${name}`,
        Policy,
        DurationSeconds: 900,
      }),
    );
    const credentials = {
      accessKeyId: Credentials?.AccessKeyId ?? "",
      secretAccessKey: Credentials?.SecretAccessKey ?? "",
      sessionToken: Credentials?.SessionToken ?? "",
    };
    // Once: a refusal is an answer.
    const options = { region, credentials, maxAttempts: 1 };
    const clients: Clients = {
      api: createApi(url, region, async () => credentials),
      s3: new S3Client(options),
      transcribe: new TranscribeClient(options),
      bucket: plan.recordingsBucket,
    };
    clients.s3.middlewareStack.add((next) => (args) => next(args).catch(keepRefusal), keeping);
    clients.transcribe.middlewareStack.add((next) => (args) => next(args).catch(keepRefusal), keeping);
    opened.push(clients);
    return clients;
  };
  return {
    allowing,
    ofFunction: (functionKey) => allowing(functionKey, ...statementsOf(plan, functionKey)),
    refusals,
    close() {
      for (const { s3, transcribe } of opened) {
        s3.destroy();
        transcribe.destroy();
      }
    },
  };
}

const keeping = { step: "initialize", name: "keepRefusals" } as const;

/** Characters. https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html */
const longestPolicy = 2048;

/** Those of the role's own policies, as the template has them but without Sids, to be short. */
function statementsOf({ service: { roles, stack } }: Plan, functionKey: string): readonly object[] {
  const role = roles.find((one) => one.functionKey === functionKey);
  const { Policies } = (stack.resources.get(role?.logicalId ?? "")?.properties ?? {}) as {
    Policies?: readonly {
      readonly PolicyDocument: { readonly Statement: readonly { readonly Sid?: string }[] };
    }[];
  };
  return (Policies ?? []).flatMap(({ PolicyDocument }) =>
    PolicyDocument.Statement.map(({ Sid: _, ...statement }) => statement),
  );
}
