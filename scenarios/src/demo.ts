import { basename, join, relative } from "node:path";
import { styleText } from "node:util";
import { GetObjectCommand, S3Client } from "@aws-sdk/client-s3";
import type { LocalAws } from "rolecall/run";
import { columns, complain, ignoreClosedOutput, indented } from "rolecall/terminal";
import { ApiError } from "./api.ts";
import { readSamples } from "./console/recordings.ts";
import { decisionTable } from "./decision-table.ts";
import { actAs, type LocalSession, root, withLocalRun } from "./local.ts";
import { recordingsBucket } from "./recordings-bucket.ts";
import { samples } from "./scenarios/samples.ts";
import { transcribeFile } from "./transcribe.ts";
import { transcriptLines } from "./transcript-lines.ts";

/*
 * The whole service on this machine: a recording goes in each of the two ways, its transcript comes out, it is deleted;
 * then every decision that IAM's rules took on the way, and one that they refuse. Exits 0 only if all of it happened.
 */

const ways = [
  { way: "body", route: "POST /recordings, the audio as body" },
  { way: "form", route: "POST /upload-forms, then the form straight to S3" },
] as const;

ignoreClosedOutput();

if (process.argv.length > 2) {
  console.error("pnpm demo takes no arguments; to send a recording of yours through: pnpm transcribe FILE");
  process.exit(2);
}

console.log(
  "A recording goes in, its transcript comes out: on this machine, with the roles of the template that deploys.\n",
);

await withLocalRun(async (session) => {
  const { aws, packagingTook, startingTook } = session;
  const steps = [
    [
      "packaged with sls package",
      packagingTook === undefined ? "before, and nothing changed" : `${packagingTook.toFixed(1)} s`,
    ],
    [`running at ${aws.api}`, `${startingTook.toFixed(1)} s`],
  ];
  console.log(columns(steps.map((step) => [styleText("green", "✔"), ...step])).join("\n"));
  console.log(`  speech: ${aws.recogniser}\n`);

  const files = (await readSamples(samples)).map(({ name }) => join(samples, name)).slice(-ways.length);
  const ids: string[] = [];
  for (const [index, { way, route }] of ways.entries()) {
    const file = files[index % files.length];
    if (file === undefined) throw new Error(`There is no recording with its transcript in ${samples}.`);
    ids.push(await transcribeSample(session, `${index + 1}. ${route}`, file, way));
  }
  await listAll(session, "3. GET /recordings", ids);
  await deleteAll(session, "4. DELETE /recordings/{id}", ids);
  await aws.idle();

  console.log("\nWho asked for what, and the statement that allowed it\n");
  console.log(
    decisionTable(aws.decisions, {
      bucket: recordingsBucket(aws),
      principals: Object.keys(aws.principals),
      policies: aws.policies,
    }),
  );
  console.log(
    "\n(S3 sends a test message first; Transcribe tries its rights when a job starts, and uses them when it runs.)",
  );

  console.log("\nAnd one that nothing allows: listRecordings' own credentials, reading audio\n");
  const denial = await session.expectDenial(() => provokeDenial(aws));
  console.log(indented([styleText("red", denial)]));
}).catch((error: unknown) => {
  console.error();
  complain(error);
  process.exitCode = 1;
});

async function transcribeSample(
  { api }: LocalSession,
  title: string,
  file: string,
  way: "body" | "form",
): Promise<string> {
  console.log(`${title}: ${relative(root, file)}`);
  const statuses: string[] = ["uploaded"];
  const recording = await transcribeFile(api, file, {
    way,
    onStatus: (status) => statuses.at(-1) !== status && statuses.push(status),
  });
  console.log(indented([`${recording.id}: ${statuses.join(" → ")}`]));
  if (recording.status !== "completed") {
    throw new Error(`${basename(file)} was not transcribed: ${recording.failureReason ?? recording.status}`);
  }
  console.log(`${indented(transcriptLines(recording).map((line) => styleText("green", line)))}\n`);
  return recording.id;
}

async function listAll({ api }: LocalSession, title: string, ids: readonly string[]): Promise<void> {
  const { recordings } = await api.listRecordings();
  const listed = recordings.map(({ id }) => id);
  if (ids.some((id) => !listed.includes(id))) throw new Error("A recording is missing from the list.");
  console.log(`${title}: ${listed.length} recordings`);
}

async function deleteAll({ api }: LocalSession, title: string, ids: readonly string[]): Promise<void> {
  for (const id of ids) {
    await api.deleteRecording(id);
    const gone = await api.readRecording(id).then(
      () => false,
      (error: unknown) => error instanceof ApiError && error.status === 404,
    );
    if (!gone) throw new Error(`${id} is still there after it was deleted.`);
  }
  console.log(`${title}: ${ids.length} recordings gone, and GET answers 404`);
}

/** @returns what S3 said. */
async function provokeDenial(aws: LocalAws): Promise<string> {
  const { endpoint, region, principals } = aws;
  actAs(principals.listRecordings);
  const s3 = new S3Client({ endpoint, region });
  try {
    await s3.send(new GetObjectCommand({ Bucket: recordingsBucket(aws), Key: "audio/any.wav" }));
  } catch (error) {
    if (error instanceof Error && error.name === "AccessDenied") return `${error.name}: ${error.message}`;
    throw error;
  } finally {
    s3.destroy();
  }
  throw new Error("listRecordings may read audio, which no statement of its role allows.");
}
