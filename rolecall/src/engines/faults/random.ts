import { hash } from "node:crypto";

/**
 * Numbers from 0 up to 1, the same ones for the same seed and name. Each name has numbers of its own, so that who
 * draws from one stream shifts no other.
 */
export function randomStream(seed: number, name: string): () => number {
  let drawn = 0;
  return () => hash("sha256", `${seed}/${drawn++}/${name}`, "buffer").readUIntBE(0, 6) / 2 ** 48;
}
