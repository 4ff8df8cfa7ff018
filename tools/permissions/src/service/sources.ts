/** Where a statement was written. */
export interface Source {
  /** Relative to the folder of serverless.yml, with slashes. */
  readonly file: string;
  /** Of the statement's first line, from 1. */
  readonly line: number;
}
