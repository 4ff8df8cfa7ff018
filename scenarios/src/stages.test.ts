import { beforeAll, describe, expect, it } from "vitest";
import { decide } from "../../rolecall/src/iam/evaluate.ts";
import type { AccessRequest } from "../../rolecall/src/iam/types.ts";
import { packageService } from "../../rolecall/src/packaging/package-service.ts";
import { serviceName } from "../../rolecall/src/packaging/service-name.ts";
import { readPackaged } from "../../rolecall/src/project/packaged.ts";
import { functionParts } from "../../rolecall/src/run/parts/functions.ts";
import { queueParts } from "../../rolecall/src/run/parts/queues.ts";
import { readingOf } from "../../rolecall/src/run/parts/read.ts";
import { type ExecutionRole, executionRoles } from "../../rolecall/src/stack/principals.ts";
import { resolveTemplate, type Stack } from "../../rolecall/src/stack/template.ts";
import { root } from "./local.ts";

const service = serviceName(root);
const place = { accountId: "123456789012", region: "us-east-1", partition: "aws" };
const id = "01900000-0000-7000-8000-000000000000.en-US.wav";

/** What one stage has that another must not touch, each with a right that somebody holds on its own stage's. */
function belongings(stack: Stack, stage: string): Pick<AccessRequest, "action" | "resource" | "context">[] {
  const bucket = stack.resources.get("RecordingsBucket")?.physicalId ?? "";
  const job = `arn:aws:transcribe:us-east-1:123456789012:transcription-job/${service}_${stage}_${id}`;
  const objects = [`audio/${id}`, `transcripts/${id}.json`].flatMap((key) =>
    ["s3:GetObject", "s3:PutObject", "s3:DeleteObject"].map((action) => ({
      action,
      resource: `arn:aws:s3:::${bucket}/${key}`,
      context: {},
    })),
  );
  return [
    ...objects,
    { action: "s3:ListBucket", resource: `arn:aws:s3:::${bucket}`, context: { "s3:prefix": "audio/" } },
    { action: "transcribe:GetTranscriptionJob", resource: job, context: {} },
    { action: "transcribe:DeleteTranscriptionJob", resource: job, context: {} },
    {
      action: "transcribe:StartTranscriptionJob",
      resource: "*",
      context: { "transcribe:OutputBucketName": bucket },
    },
    ...queueParts(readingOf(stack)).flatMap(({ arn }) =>
      ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"].map((action) => ({
        action,
        resource: arn,
        context: {},
      })),
    ),
    ...functionParts(readingOf(stack), new Map()).flatMap(({ logGroup }) =>
      ["logs:CreateLogStream", "logs:PutLogEvents"].map((action) => ({
        action,
        resource: `arn:aws:logs:us-east-1:123456789012:log-group:${logGroup}:log-stream:any`,
        context: {},
      })),
    ),
  ];
}

function isAllowed(
  role: ExecutionRole,
  question: Pick<AccessRequest, "action" | "resource" | "context">,
): boolean {
  const caller = {
    type: "principal" as const,
    arn: `arn:aws:sts::123456789012:assumed-role/${role.name}/${role.functionName}`,
    principalArn: role.arn,
    accountId: place.accountId,
  };
  const request = { caller, resourceAccountId: place.accountId, ...question };
  return decide(request, { identity: role.policies, resource: [] }).outcome === "allowed";
}

async function packagedStage(stage: string) {
  const packaged = await packageService({ root, stage, region: place.region });
  const { template } = await readPackaged(packaged);
  const stack = resolveTemplate(template, { ...place, stackName: `${service}-${stage}` });
  return { roles: executionRoles(stack), belongings: belongings(stack, stage) };
}

describe("of two stages whose names begin alike", () => {
  const stages = new Map<string, Awaited<ReturnType<typeof packagedStage>>>();
  const stage = (name: string) => {
    const found = stages.get(name);
    if (!found) throw new Error(`The stage ${name} was not packaged.`);
    return found;
  };

  beforeAll(async () => {
    for (const name of ["dev", "dev-anna", "dev2"]) stages.set(name, await packagedStage(name));
  }, 120_000);

  it.each(["dev", "dev-anna", "dev2"])("%s holds rights on every kind of thing of its own", (name) => {
    const { roles, belongings } = stage(name);
    const kinds = new Set(belongings.map(({ action }) => action));

    for (const kind of kinds) {
      const held = belongings.filter(({ action }) => action === kind);
      expect(
        held.some((question) => roles.some((role) => isAllowed(role, question))),
        kind,
      ).toBe(true);
    }
  });

  it.each([
    ["dev", "dev-anna"],
    ["dev-anna", "dev"],
    ["dev", "dev2"],
    ["dev2", "dev"],
  ])("no role of %s reaches anything of %s", (from, to) => {
    const reached = stage(to).belongings.flatMap((question) =>
      stage(from)
        .roles.filter((role) => isAllowed(role, question))
        .map((role) => `${role.name}: ${question.action} on ${question.resource}`),
    );

    expect(reached).toEqual([]);
  });
});
