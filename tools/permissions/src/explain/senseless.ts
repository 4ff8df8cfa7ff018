/** A question that no request could put to IAM. The message says why, and what to ask instead. */
export class SenselessQuestion extends Error {
  constructor(message: string) {
    super(message);
    this.name = "SenselessQuestion";
  }
}
