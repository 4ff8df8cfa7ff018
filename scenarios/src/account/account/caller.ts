import { GetCallerIdentityCommand, type STSClient } from "@aws-sdk/client-sts";

/** Who calls AWS from here. */
export interface Caller {
  readonly arn: string;
  readonly accountId: string;
  /** `aws`, `aws-cn` or `aws-us-gov`. */
  readonly partition: string;
  readonly kind: "Identity Center session" | "role session" | "federated user" | "user" | "root";
  /** A key that works until somebody deletes it, as a user has; none that ends by itself. */
  readonly isLongLived: boolean;
  /** When the session ends, where its source says so. */
  readonly expiration?: Date;
}

/**
 * Asks AWS whose the credentials are. Nobody needs a right for that.
 * https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html
 *
 * @throws Error of the credential chain's when it finds none, or STS's when it does not know them.
 */
export async function identifyCaller(sts: STSClient): Promise<Caller> {
  const { sessionToken, expiration } = await inTime(sts.config.credentials());
  const { Arn = "", Account = "" } = await sts.send(new GetCallerIdentityCommand({}));
  const [, partition = "aws", , , , name = ""] = Arn.split(":");
  return {
    arn: Arn,
    accountId: Account,
    partition,
    kind: kindOf(name),
    isLongLived: sessionToken === undefined,
    ...(expiration && { expiration }),
  };
}

/** https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html#identifiers-arns */
function kindOf(name: string): Caller["kind"] {
  if (name === "root") return "root";
  if (name.startsWith("assumed-role/AWSReservedSSO_")) return "Identity Center session";
  if (name.startsWith("assumed-role/")) return "role session";
  return name.startsWith("federated-user/") ? "federated user" : "user";
}

/** Milliseconds; a program that a profile names may hang, and so may a machine's metadata service. */
const patience = 30_000;

async function inTime<Value>(credentials: Promise<Value>): Promise<Value> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      const error = new Error(`The source of credentials did not answer within ${patience / 1000} seconds`);
      error.name = "CredentialsProviderError";
      reject(error);
    }, patience);
  });
  try {
    return await Promise.race([credentials, late]);
  } finally {
    clearTimeout(timer);
  }
}
