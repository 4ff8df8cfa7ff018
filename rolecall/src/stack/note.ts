/** What of a template was not understood; it changes no decision. */
export interface Note {
  /** A place in the template, e.g. `Resources.Db.Properties.Endpoint`. */
  readonly where: string;
  readonly says: string;
}
