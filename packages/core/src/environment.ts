/**
 * A variable that serverless.yml sets for the function. Called at module load, so that a missing one fails the
 * init phase, with its name in the log, and not the first request that happens to need it.
 *
 * @throws Error that names the variable.
 */
export function requiredVariable(name: string): string {
  const value = process.env[name];
  if (!value) {
    throw new Error(
      `The environment variable ${name} is missing: set it for this function in serverless.yml.`,
    );
  }
  return value;
}
