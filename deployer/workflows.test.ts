import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";

const root = fileURLToPath(new URL("..", import.meta.url));
const folder = join(root, ".github", "workflows");

interface Step {
  readonly id?: string;
  readonly name?: string;
  readonly if?: string;
  readonly run?: string;
  readonly uses?: string;
  readonly with?: Readonly<Record<string, unknown>>;
}
interface Job {
  readonly if?: string;
  readonly needs?: string;
  readonly environment?: string;
  readonly permissions?: Readonly<Record<string, string>>;
  readonly "timeout-minutes"?: number;
  readonly steps: readonly Step[];
}
interface Workflow {
  readonly on: Readonly<Record<string, unknown>>;
  readonly permissions?: object;
  readonly concurrency?: { readonly group: string; readonly "cancel-in-progress": boolean };
  readonly jobs: Readonly<Record<string, Job>>;
}

const workflows = await Promise.all(
  (await readdir(folder)).map(async (file) => {
    const text = await readFile(join(folder, file), "utf8");
    return [file, text, parse(text) as Workflow] as const;
  }),
);

/** As all workflows have it. */
const [, pnpmVersion] = /\bpnpm@(\S+)/.exec(workflows.map(([, text]) => text).join("\n")) ?? [];

describe.each(workflows)("the workflow %s", (_file, text, workflow) => {
  const jobs = Object.values(workflow.jobs);
  const steps = jobs.flatMap((job) => job.steps);

  it("pins each action to a commit, its version beside it", () => {
    const uses = text.split("\n").filter((line) => /\buses:/.test(line));

    expect(uses).toHaveLength(steps.filter((step) => step.uses).length);
    for (const line of uses) expect(line).toMatch(/uses: [\w-]+\/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/);
  });

  it("gives nothing to all jobs, and to each what it needs", () => {
    expect(workflow.permissions).toEqual({});
    for (const job of jobs) {
      const assumesRole = job.steps.some(({ uses }) => uses?.startsWith("aws-actions/"));

      expect(job.permissions).toEqual(assumesRole ? { "id-token": "write" } : { contents: "read" });
    }
  });

  it("installs nothing where a token for AWS can be asked for", () => {
    for (const job of jobs.filter(({ permissions }) => permissions?.["id-token"])) {
      for (const { run = "", uses = "" } of job.steps) {
        expect(run).not.toMatch(/\b(npm|npx|pnpm|corepack|yarn|pip|apt-get|curl)\b/);
        expect(uses).not.toMatch(/^actions\/checkout@/);
      }
    }
  });

  it("pins pnpm to one version, the same everywhere", () => {
    const versions = [...text.matchAll(/\bpnpm@(\S+)/g)].map(([, version]) => version);

    expect(versions).not.toEqual([]);
    expect(new Set(versions)).toEqual(new Set([pnpmVersion]));
    expect(pnpmVersion).toMatch(/^\d+\.\d+\.\d+$/);
  });

  it("knows no secret and no key, and leaves no token behind in the clone", () => {
    expect(text).not.toMatch(
      /secrets\.|access-key|secret-access|AWS_ACCESS_KEY|AWS_SECRET|AWS_SESSION_TOKEN/i,
    );
    for (const step of steps.filter(({ uses }) => uses?.startsWith("actions/checkout@")))
      expect(step.with).toMatchObject({ "persist-credentials": false });
  });

  it("puts nothing that somebody typed into a shell's command", () => {
    for (const { run = "" } of steps) expect(run).not.toContain("${{");
  });

  it("ends: each job in time, and a run that another one follows", () => {
    for (const job of jobs) expect(job["timeout-minutes"]).toBeLessThanOrEqual(50);
    expect(workflow.concurrency?.group).toContain("${{");
  });

  it("never runs a stranger's code with more rights than the stranger has", () => {
    expect(workflow.on).not.toHaveProperty("pull_request_target");
    expect(workflow.on).not.toHaveProperty("workflow_run");
  });

  it("calls only scripts that package.json has", async () => {
    const { scripts } = JSON.parse(await readFile(join(root, "package.json"), "utf8"));
    const called = steps.flatMap(({ run = "" }) => [
      ...run.matchAll(/\b(?:pnpm(?:@[\d.]+)?|node --run) ([a-z][a-z:]*)/g),
    ]);

    for (const [, script] of called) expect([...Object.keys(scripts), "install"]).toContain(script);
  });
});

describe("the workflow that deploys", () => {
  const [, , workflow] = workflows.find(([file]) => file === "sandbox.yml") ?? [];
  const job = workflow?.jobs.deploy;
  const commands = job?.steps.flatMap(
    ({ run = "" }) => /node --run (?:sls -- )?([a-z]+)/.exec(run)?.[1] ?? [],
  );

  it("does nothing until a role is named", () => {
    expect(workflow?.jobs.package?.if).toBe("vars.DEPLOY_ROLE != ''");
    expect(job?.needs).toBe("package");
  });

  it("deploys what the job before it packaged, for the same stage and with the same parameters", () => {
    const run = (steps: readonly Step[] = [], command: string) =>
      steps.find((step) => step.run?.includes(`sls ${command}`) || step.run?.includes(`sls -- ${command}`))
        ?.run;
    const [packaged, deployed] = [run(workflow?.jobs.package?.steps, "package"), run(job?.steps, "deploy")];

    expect(packaged?.replace("pnpm sls package", "")).toBe(deployed?.replace("node --run sls -- deploy", ""));
    expect(deployed).toContain("--package packaged");
  });

  it("does not run for pull requests", () => {
    expect(Object.keys(workflow?.on ?? {})).toEqual(["push", "workflow_dispatch"]);
  });

  it("is in the environment that the deploy role trusts", async () => {
    const template = await readFile(join(root, "deployer", "template.yml"), "utf8");
    const [, environment] = /GitHubEnvironment:.*?Default: (\S+)/s.exec(template) ?? [];

    expect(job?.environment).toBe(environment);
  });

  it("looks before it deploys, tries, empties and removes, in this order, where there is a command for it", async () => {
    const { scripts } = JSON.parse(await readFile(join(root, "package.json"), "utf8"));
    const inOrder = ["preflight", "deploy", "smoke", "empty", "remove"];

    expect(commands).toEqual(
      inOrder.filter((name) => name === "deploy" || name === "remove" || name in scripts),
    );
  });

  it("empties and removes also when deploying or trying failed, or somebody ended it", () => {
    const last = job?.steps.filter(({ name }) => name === "Empty" || name === "Remove") ?? [];

    expect(last.at(-1)).toBe(job?.steps.at(-1));
    for (const step of last) expect(step.if).toBe("always() && steps.deploy.outcome != 'skipped'");
    expect(job?.steps.find(({ id }) => id === "deploy")?.name).toBe("Deploy");
  });

  it("removes as it deployed: with the same execution role", () => {
    const [deploy, remove] = ["deploy", "remove"].map((command) =>
      job?.steps
        .find(({ run }) => run?.startsWith(`node --run sls -- ${command}`))
        ?.run?.replace(command, "")
        .replace(" --package packaged", ""),
    );

    expect(deploy).toContain("executionRole=");
    expect(deploy).toBe(remove);
  });

  it("runs once at a time for a stage, and is not cut off by the next", () => {
    expect(workflow?.concurrency?.group).toMatch(/^sandbox-\$\{\{ inputs\.stage/);
    expect(workflow?.concurrency?.["cancel-in-progress"]).toBe(false);
  });
});
