import { Readable } from "node:stream";
import { sdkStreamMixin } from "@smithy/core/serde";

/** The body of an S3 object, as GetObject answers it. */
export const objectBody = (text: string) => sdkStreamMixin(Readable.from([Buffer.from(text)]));

interface Call {
  readonly args: readonly [{ readonly input: object }];
  calledBefore(other: Call): boolean;
}

/**
 * Every command that the mocked clients were sent, in order, each with its whole input. The matchers pass over fields
 * that the test does not name; where one field more would be a mistake, compare with this.
 */
export function sentCommands(...clients: readonly { calls(): readonly Call[] }[]): [string, object][] {
  return clients
    .flatMap((client) => client.calls())
    .sort((a, b) => (a.calledBefore(b) ? -1 : 1))
    .map(({ args: [command] }) => [command.constructor.name, command.input]);
}
