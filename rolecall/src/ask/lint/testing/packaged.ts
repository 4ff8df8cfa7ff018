import {
  type Change,
  type FilmArchive,
  filmArchive,
  type Place,
} from "../../../testing/film-archive/film-archive.ts";
import type { Exception } from "../accepted.ts";
import type { Finding } from "../finding.ts";
import { lint } from "../lint.ts";

/** The packaged service, and what the lint says of it with a change. */
export interface Packaged extends FilmArchive {
  readonly lint: (
    change?: Change,
    exceptions?: readonly Exception[],
    place?: Place,
  ) => Promise<readonly Finding[]>;
}

export async function packaged(stage = "dev"): Promise<Packaged> {
  const archive = await filmArchive(stage);
  return {
    ...archive,
    lint: (change, exceptions, place) => lint(archive.service(change, place), archive.sources, exceptions),
  };
}
