#!/usr/bin/env node
import { complain } from "../terminal/terminal.ts";

/** Nothing is loaded but what the command needs. */
const commands: Readonly<Record<string, { readonly does: string; readonly run: () => Promise<unknown> }>> = {
  report: {
    does: "who may do what, and who may call whom",
    run: async () => (await import("./permissions.ts")).permissions("report"),
  },
  explain: {
    does: "why something is allowed or denied, and what would change that",
    run: async () => (await import("./explain.ts")).explainCommand(),
  },
  lint: {
    does: "what is wrong, or wider than it need be; exits 1 for findings",
    run: async () => (await import("./permissions.ts")).permissions("lint"),
  },
  permissions: {
    does: "report and lint in one",
    run: async () => (await import("./permissions.ts")).permissions("permissions"),
  },
  prove: {
    does: "runs the scenarios, takes each right away, and looks who misses it",
    run: async () => (await import("./prove.ts")).proveCommand(),
  },
  start: {
    does: "runs it on this machine, with IAM enforced",
    run: async () => (await import("./start.ts")).startCommand(),
  },
  token: {
    does: "prints a token that a running local run's authorizers take",
    run: async () => (await import("./token.ts")).tokenCommand(),
  },
};

const width = Math.max(...Object.keys(commands).map((name) => name.length));
const usage = `rolecall COMMAND …

Answers questions about the permissions of a packaged CloudFormation template, and runs it on this machine.

${Object.entries(commands)
  .map(([name, { does }]) => `${name.padEnd(width)}  ${does}`)
  .join("\n")}

rolecall COMMAND --help tells more.`;

const [name = "--help"] = process.argv.splice(2, 1);
const command = Object.hasOwn(commands, name) ? commands[name] : undefined;
if (command !== undefined) await command.run();
else if (name === "--help" || name === "-h" || name === "help") console.log(usage);
else {
  complain(`There is no command ${name}.`);
  console.error(`\n${usage}`);
  process.exitCode = 2;
}
