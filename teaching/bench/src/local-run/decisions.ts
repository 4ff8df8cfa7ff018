import { recordingsBucket } from "@voice-notes/scenarios";
import type { LocalAws, Question } from "rolecall/run";
import { type Spread, spread } from "../statistics.ts";

const decisionsPerRound = 20_000;

/** How many decisions one process takes and writes down in a second: allowed ones, and denied ones, in turns. */
export function measureDecisions(aws: LocalAws, rounds: number): Spread {
  const object = (key: string): Question => ({
    action: "s3:GetObject",
    resource: `arn:aws:s3:::${recordingsBucket(aws)}/${key}`,
    context: {},
  });
  const questions = [object("audio/recording.wav"), object("elsewhere/recording.wav")];
  const perSecond: number[] = [];
  for (let round = -1; round < rounds; round += 1) {
    const begin = performance.now();
    for (let count = 0; count < decisionsPerRound / questions.length; count += 1) {
      for (const question of questions) aws.ask("readRecording", question);
    }
    // The first round is for the compiler.
    if (round >= 0) perSecond.push((1000 * decisionsPerRound) / (performance.now() - begin));
  }
  return spread(perSecond);
}
