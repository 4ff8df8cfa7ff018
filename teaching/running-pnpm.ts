/**
 * The pnpm that runs this process: a program, and what comes before its arguments where it is a script of Node's.
 *
 * @throws Error when something else runs it
 */
export function runningPnpm(): readonly [string, ...string[]] {
  const { npm_execpath: pnpm = "", npm_config_user_agent: agent = "" } = process.env;
  if (!agent.startsWith("pnpm/"))
    throw new Error("Run the tests with pnpm: pnpm test, pnpm exec vitest run.");
  return /\.[cm]?js$/.test(pnpm) ? [process.execPath, pnpm] : [pnpm];
}
