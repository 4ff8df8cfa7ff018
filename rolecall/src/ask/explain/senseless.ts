/** A question that makes no sense. The message says why, and what to ask instead. */
export class SenselessQuestion extends Error {
  constructor(message: string) {
    super(message);
    this.name = "SenselessQuestion";
  }
}
