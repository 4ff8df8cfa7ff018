import { commandEngine } from "./command.ts";
import { findConverter } from "./convert.ts";
import { engineRecogniser } from "./engine.ts";
import { findPocketsphinx } from "./pocketsphinx.ts";
import type { Recogniser } from "./recogniser.ts";
import { recordedTranscripts } from "./recorded.ts";

/**
 * What hears on this machine: the command that `LOCAL_SPEECH` names, else pocketsphinx, else the recorded
 * transcripts. `LOCAL_SPEECH=recorded` is those in any case.
 *
 * @param transcripts the folder with recorded transcripts
 * @throws {Error} when LOCAL_SPEECH names what cannot be run
 */
export async function findRecogniser(
  environment: NodeJS.ProcessEnv = process.env,
  transcripts?: string,
): Promise<Recogniser> {
  const asked = environment.LOCAL_SPEECH?.trim();
  if (asked === "recorded") return recordedTranscripts(transcripts);
  const engine = asked ? await commandEngine(asked, environment) : await findPocketsphinx(environment);
  if (!engine) return recordedTranscripts(transcripts);
  return engineRecogniser(engine, { environment, converter: await findConverter(environment) });
}
