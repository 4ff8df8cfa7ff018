import { S3Error } from "./errors.ts";

export interface ByteRange {
  readonly start: number;
  /** Of the last byte. */
  readonly end: number;
}

/**
 * Reads a Range header. S3 serves one range; it answers with the whole object to several and to what it cannot read.
 * https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html
 *
 * @param size bytes of the whole object
 * @returns undefined for the whole object
 * @throws {S3Error} InvalidRange when the object ends before the range begins
 */
export function readRange(header: string | undefined, size: number): ByteRange | undefined {
  const match = /^bytes=(\d*)-(\d*)$/.exec(header ?? "");
  if (match === null) return undefined;
  const [, first, last] = match;
  if (first === "" && last === "") return undefined;
  const start = first === "" ? Math.max(size - Number(last), 0) : Number(first);
  const end = first === "" || last === "" ? size - 1 : Math.min(Number(last), size - 1);
  if (first !== "" && last !== "" && Number(last) < Number(first)) return undefined;
  if (start <= end) return { start, end };
  throw new S3Error(
    "InvalidRange",
    "The requested range is not satisfiable",
    416,
    { RangeRequested: header as string, ActualObjectSize: size },
    { "content-range": `bytes */${size}` },
  );
}
