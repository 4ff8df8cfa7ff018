import { rmSync } from "node:fs";
import { type FileHandle, mkdtemp, open, rm, unlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { atExit } from "../../terminal/at-exit.ts";
import type { ByteRange } from "./range.ts";

/** Bytes that stay in memory; a larger body goes to a file. */
const MAX_IN_MEMORY = 1024 ** 2;

/** Bytes that are read from a file at once. */
const READ_SIZE = 256 * 1024;

/**
 * What an object or a part of one holds: pieces of what was written, one behind the other. Several bodies may share a
 * file: it is removed when the last hold on it is let go.
 */
export interface Body {
  /** Bytes. */
  readonly size: number;
  readonly pieces: readonly Piece[];
}

interface Piece {
  readonly source: Buffer | SharedFile;
  readonly start: number;
  readonly size: number;
}

interface SharedFile {
  readonly path: string;
  hold(): void;
  letGo(): void;
}

/** A body that is being written. Whoever begins it finishes or discards it. */
export interface BodyWriter {
  /** @returns once more can be taken; undefined for at once */
  write(chunk: Buffer): Promise<void> | undefined;
  /** @returns the body, with one hold on it */
  finish(): Promise<Body>;
  /** Leaves nothing behind. Does nothing once the body is finished. */
  discard(): Promise<void>;
}

export interface BodyStore {
  begin(): BodyWriter;
  /** Removes every file. */
  close(): Promise<void>;
}

/**
 * Where bodies are kept: small ones in memory, larger ones in files of a folder that is this run's own. A body is
 * never whole in memory on its way there or back.
 *
 * @param parent where that folder is made
 */
export function createBodyStore(parent: string = tmpdir()): BodyStore {
  let folder: Promise<string> | undefined;
  let forget = () => {};
  let files = 0;

  async function createFolder(): Promise<string> {
    // Only its owner may enter it.
    const path = await mkdtemp(join(parent, "local-s3-"));
    forget = atExit(() => rmSync(path, { recursive: true, force: true }));
    return path;
  }

  async function createFile() {
    folder ??= createFolder();
    const path = join(await folder, String(++files));
    return { path, handle: await open(path, "wx", 0o600) };
  }

  return {
    begin: () => beginBody(createFile),
    async close() {
      const path = await folder?.catch(() => undefined);
      if (path === undefined) return;
      await rm(path, { recursive: true, force: true, maxRetries: 3 });
      forget();
    },
  };
}

function beginBody(
  createFile: () => Promise<{ readonly path: string; readonly handle: FileHandle }>,
): BodyWriter {
  let size = 0;
  let inMemory: Buffer[] = [];
  let file: Awaited<ReturnType<typeof createFile>> | undefined;

  async function moveToFile(): Promise<void> {
    const chunks = inMemory;
    inMemory = [];
    file = await createFile();
    for (const chunk of chunks) await writeAll(file.handle, chunk);
  }

  return {
    write(chunk) {
      size += chunk.length;
      if (file !== undefined) return writeAll(file.handle, chunk);
      inMemory.push(chunk);
      return size > MAX_IN_MEMORY ? moveToFile() : undefined;
    },
    async finish() {
      // A copy: chunks are parts of larger buffers, which they would keep.
      if (file === undefined) return wholeBody(Buffer.concat(inMemory), size);
      const { path, handle } = file;
      await handle.close();
      file = undefined;
      return wholeBody(shareFile(path), size);
    },
    async discard() {
      inMemory = [];
      if (file === undefined) return;
      const { path, handle } = file;
      file = undefined;
      await handle.close();
      // The store may have been closed meanwhile.
      await rm(path, { force: true });
    },
  };
}

async function writeAll(handle: FileHandle, chunk: Buffer): Promise<void> {
  for (let written = 0; written < chunk.length; ) {
    written += (await handle.write(chunk, written)).bytesWritten;
  }
}

function wholeBody(source: Buffer | SharedFile, size: number): Body {
  return { size, pieces: size === 0 ? [] : [{ source, start: 0, size }] };
}

function shareFile(path: string): SharedFile {
  let holders = 1;
  return {
    path,
    hold() {
      holders += 1;
    },
    letGo() {
      holders -= 1;
      // One that cannot be removed now goes with the folder.
      if (holders === 0) unlink(path).catch(() => {});
    },
  };
}

/** Keeps a body's files until this hold is let go as well. */
export function hold(body: Body): void {
  for (const { source } of body.pieces) if (!Buffer.isBuffer(source)) source.hold();
}

export function letGo(body: Body): void {
  for (const { source } of body.pieces) if (!Buffer.isBuffer(source)) source.letGo();
}

/** Keeps a body's files to the end of a scope. */
export function held(body: Body): Disposable {
  hold(body);
  return { [Symbol.dispose]: () => letGo(body) };
}

/** A part of a body, without a hold of its own. */
export function slice({ pieces }: Body, { start, end }: ByteRange): Body {
  const sliced: Piece[] = [];
  let before = 0;
  for (const piece of pieces) {
    const first = Math.max(start - before, 0);
    const last = Math.min(end - before, piece.size - 1);
    if (first <= last) sliced.push({ ...piece, start: piece.start + first, size: last - first + 1 });
    before += piece.size;
  }
  return joinPieces(sliced);
}

/** Bodies one behind the other, without a hold of its own. */
export function joinBodies(bodies: readonly Body[]): Body {
  return joinPieces(bodies.flatMap(({ pieces }) => pieces));
}

function joinPieces(pieces: readonly Piece[]): Body {
  return { size: pieces.reduce((sum, { size }) => sum + size, 0), pieces };
}

/** A body's bytes: as they are where they are in memory in one piece, else as a stream that holds the body. */
export function content(body: Body): Buffer | Readable {
  const [first, ...more] = body.pieces;
  if (first === undefined) return Buffer.alloc(0);
  if (more.length === 0 && Buffer.isBuffer(first.source)) {
    return first.source.subarray(first.start, first.start + first.size);
  }
  return stream(body);
}

/** A body's bytes. The stream holds the body until it is closed: whoever takes it reads it to its end or destroys it. */
export function stream(body: Body): Readable {
  hold(body);
  const readable = Readable.from(chunks(body), { objectMode: false, highWaterMark: READ_SIZE });
  return readable.once("close", () => letGo(body));
}

/** A body's bytes, whole in memory. */
export async function collect(body: Body): Promise<Buffer> {
  const bytes = content(body);
  return Buffer.isBuffer(bytes) ? bytes : Buffer.concat(await bytes.toArray());
}

async function* chunks({ pieces }: Body): AsyncGenerator<Buffer> {
  for (const { source, start, size } of pieces) {
    if (Buffer.isBuffer(source)) yield source.subarray(start, start + size);
    else yield* readFile(source.path, start, start + size);
  }
}

async function* readFile(path: string, start: number, end: number): AsyncGenerator<Buffer> {
  const handle = await open(path);
  try {
    for (let position = start; position < end; ) {
      const buffer = Buffer.allocUnsafeSlow(Math.min(READ_SIZE, end - position));
      const { bytesRead } = await handle.read(buffer, 0, buffer.length, position);
      if (bytesRead === 0)
        throw new Error(`${path} has become shorter: ${position} of ${end} bytes are there.`);
      yield buffer.subarray(0, bytesRead);
      position += bytesRead;
    }
  } finally {
    await handle.close();
  }
}
