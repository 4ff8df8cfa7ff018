/** What went wrong with a call to AWS, as far as it decides what to do next. */
export type FailureKind =
  | "no credentials"
  | "expired credentials"
  | "rejected credentials"
  | "denied"
  | "throttled"
  | "unreachable"
  | "other";

/** The names that services have for the same thing; those of the older protocols end otherwise. */
const names: ReadonlyMap<string, FailureKind> = new Map([
  ["CredentialsProviderError", "no credentials"],
  ["TokenProviderError", "expired credentials"],
  ["ExpiredToken", "expired credentials"],
  ["ExpiredTokenException", "expired credentials"],
  ["RequestExpired", "expired credentials"],
  ["InvalidAccessKeyId", "rejected credentials"],
  ["InvalidClientTokenId", "rejected credentials"],
  ["InvalidSignatureException", "rejected credentials"],
  ["InvalidToken", "rejected credentials"],
  ["SignatureDoesNotMatch", "rejected credentials"],
  ["UnrecognizedClientException", "rejected credentials"],
  ["AccessDenied", "denied"],
  ["AccessDeniedException", "denied"],
  ["AuthorizationError", "denied"],
  ["AuthorizationErrorException", "denied"],
  ["UnauthorizedOperation", "denied"],
  ["LimitExceededException", "throttled"],
  ["RequestLimitExceeded", "throttled"],
  ["RequestThrottled", "throttled"],
  ["SlowDown", "throttled"],
  ["Throttling", "throttled"],
  ["ThrottlingException", "throttled"],
  ["TooManyRequestsException", "throttled"],
  ["TimeoutError", "unreachable"],
]);

const networkCodes = new Set([
  "ECONNREFUSED",
  "ECONNRESET",
  "EAI_AGAIN",
  "EHOSTUNREACH",
  "ENOTFOUND",
  "ETIMEDOUT",
]);

export function kindOf(error: unknown): FailureKind {
  const { name = "", code = "", $metadata } = asFailure(error);
  const known = names.get(name) ?? (networkCodes.has(code) ? "unreachable" : undefined);
  if (known !== undefined) return known;
  // An answer to HEAD has no body, so no name comes with it.
  return $metadata?.httpStatusCode === 403 ? "denied" : "other";
}

export const isDenied = (error: unknown): boolean => kindOf(error) === "denied";

/** Whether the service says that there is no such thing, whatever it calls that. */
export function isMissing(error: unknown): boolean {
  const { name = "", message = "", $metadata } = asFailure(error);
  return (
    $metadata?.httpStatusCode === 404 ||
    /^(NoSuch|NotFound|ResourceNotFound)|NonExistentQueue|QueueDoesNotExist/.test(name) ||
    // CloudFormation of a stack, Transcribe of a job: both have no name of its own for it.
    /does not exist|couldn't be found/.test(message)
  );
}

/** What went wrong, in AWS's words where it has said something, and what to do about it. */
export function inWords(error: unknown): string {
  const { name, message } = asFailure(error);
  const said = `${name === undefined || name === "Error" ? "" : `${name}: `}${message ?? String(error)}`;
  const remedy = remedies[kindOf(error)];
  // What the chain says when it found nothing at all tells nobody anything.
  if (remedy !== undefined && said.includes("Could not load credentials from any providers")) return remedy;
  return remedy === undefined ? said : `${said.replace(/\.$/, "")}. ${remedy}`;
}

const login =
  "Log in first: aws sso login, or set AWS_PROFILE to a profile of ~/.aws/config. No key belongs into a file of this project.";

const remedies: Readonly<Partial<Record<FailureKind, string>>> = {
  "no credentials": `No credentials found: neither in the environment, nor in a profile, nor from a role of this machine. ${login}`,
  "expired credentials": `The credentials are over. ${login}`,
  "rejected credentials":
    "AWS does not know these credentials: they are wrong, were deactivated, or the region is one that the account must enable first (an opt-in region).",
  throttled: "Too many calls at once: wait a minute and try again.",
  unreachable: "Nothing answers: check the network and that the region exists.",
};

interface Failure {
  readonly name?: string;
  readonly message?: string;
  readonly code?: string;
  readonly $metadata?: { readonly httpStatusCode?: number };
}

function asFailure(error: unknown): Failure {
  return typeof error === "object" && error !== null ? (error as Failure) : {};
}
