import { type Faults, requireValid } from "./faults.ts";

/**
 * Reads what follows --faults and --seed, e.g. "throttle=0.1,kill=0.02" and "42".
 *
 * @throws Error that says what is wrong with them.
 */
export function parseFaults(list: string, seed: string | undefined): Faults {
  const faults: Record<string, number> = {};
  for (const item of list.split(",")) {
    const [, name, value] = /^\s*([\w-]+)=(\S+)\s*$/.exec(item) ?? [];
    if (name === undefined) throw new Error(`--faults takes NAME=RATE,NAME=RATE…, and "${item}" is none.`);
    if (name === "seed") throw new Error("The seed is given by --seed.");
    if (Object.hasOwn(faults, name)) throw new Error(`--faults names ${name} twice.`);
    faults[name] = readNumber(name, value ?? "");
  }
  if (seed !== undefined) faults.seed = readNumber("The seed", seed);
  requireValid(faults);
  return faults;
}

function readNumber(name: string, text: string): number {
  const number = Number(text);
  if (text.trim() !== "" && !Number.isNaN(number)) return number;
  throw new Error(`${name} is "${text}", which is no number.`);
}
