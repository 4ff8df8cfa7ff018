import type { IncomingMessage } from "node:http";
import type { Readable } from "node:stream";
import { Busboy, type BusboyInstance } from "@fastify/busboy";
import { entityTooLarge, incompleteBody, invalidArgument, preconditionFailed, S3Error } from "./errors.ts";

/** https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-HTTPPOSTForms.html */
const MAX_FIELDS_BYTES = 20 * 1024;
const MAX_FIELDS = 256;

export interface Form<Admission> {
  readonly admission: Admission;
  /** Bytes of the file. */
  readonly size: number;
}

/** What happens to the file. */
export interface FileTaker<Admission> {
  /**
   * @param fields by name in lower case, with `${filename}` filled in
   * @returns how many bytes the file may have, or throws
   */
  admit(fields: ReadonlyMap<string, string>): Admission;
  /** @returns once more can be taken; undefined for at once */
  take(chunk: Buffer, admission: Admission): Promise<void> | undefined;
}

/**
 * Reads an upload form. The fields before the file decide whether it is let in, before any of it is kept; fields
 * behind the file are ignored, as S3 does. Once this has failed, nothing more of the file is handed over.
 *
 * @throws {S3Error} MalformedPOSTRequest, PreconditionFailed, EntityTooLarge, and what `admit` and `take` throw
 */
export function readForm<Admission extends { readonly maximum: number }>(
  request: IncomingMessage,
  { admit, take }: FileTaker<Admission>,
): Promise<Form<Admission>> {
  return new Promise((resolve, reject) => {
    const parser = createParser(request);
    const fields = new Map<string, string>();
    let fieldBytes = 0;
    let form: Promise<Form<Admission>> | undefined;
    let abandonFile = () => {};

    let refused = false;
    const refuse = (error: unknown) => {
      if (refused) return;
      refused = true;
      request.unpipe(parser);
      // The rest is read and forgotten: a client that still sends would not see the answer.
      request.resume();
      abandonFile();
      Promise.allSettled([form]).then(() => reject(error));
    };
    const attempt = (step: () => void) => {
      try {
        step();
      } catch (error) {
        refuse(error);
      }
    };

    parser.on("field", (name: string | undefined, value, _, valueTruncated) =>
      attempt(() => {
        // What the parser had taken in already comes here even after a refusal.
        if (form !== undefined || refused) return;
        if (name === undefined) throw malformedForm();
        fieldBytes += Buffer.byteLength(name) + Buffer.byteLength(value);
        if (valueTruncated || fieldBytes > MAX_FIELDS_BYTES) throw fieldsTooLarge();
        const lower = name.toLowerCase();
        if (fields.has(lower))
          throw invalidArgument("POST requires exactly one value per field.", name, value);
        fields.set(lower, value);
      }),
    );
    parser.on("fieldsLimit", () => refuse(fieldsTooLarge()));
    parser.on("file", (_, file, filename: string | undefined) => {
      file.on("error", () => refuse(malformedForm()));
      if (refused) return;
      if (form !== undefined) {
        refuse(oneFile(2));
        return;
      }
      attempt(() => {
        const admission = admit(expand(fields, filename ?? ""));
        abandonFile = () => file.destroy();
        form = takeFile(file, admission, take);
        form.catch(refuse);
      });
    });
    parser.on("finish", () => {
      if (form === undefined) refuse(oneFile(0));
      else form.then((done) => refused || resolve(done), refuse);
    });
    parser.on("error", () => refuse(malformedForm()));
    request.on("close", () => {
      if (!request.complete) refuse(incompleteBody());
    });
    request.pipe(parser);
  });
}

async function takeFile<Admission extends { readonly maximum: number }>(
  file: Readable,
  admission: Admission,
  take: FileTaker<Admission>["take"],
): Promise<Form<Admission>> {
  const { maximum } = admission;
  let size = 0;
  for await (const chunk of file) {
    size += chunk.length;
    // Counted to the end all the same: the answer says how large the file would have been.
    if (size <= maximum) await take(chunk, admission);
  }
  if (size > maximum) throw entityTooLarge(size, maximum);
  return { admission, size };
}

function createParser(request: IncomingMessage): BusboyInstance {
  const contentType = request.headers["content-type"] ?? "";
  if (!/^multipart\/form-data\b/i.test(contentType)) {
    throw preconditionFailed("Bucket POST must be of the enclosure-type multipart/form-data");
  }
  try {
    return new Busboy({
      headers: { ...request.headers, "content-type": contentType },
      // A file need not have a name, and everything else is text even if it has one.
      isPartAFile: (name) => name?.toLowerCase() === "file",
      limits: { fieldSize: MAX_FIELDS_BYTES, fields: MAX_FIELDS },
    });
  } catch {
    throw malformedForm();
  }
}

/** Fills in the file's name, without the folders that some browsers put before it. */
function expand(fields: ReadonlyMap<string, string>, filename: string): ReadonlyMap<string, string> {
  const name = filename.slice(Math.max(filename.lastIndexOf("/"), filename.lastIndexOf("\\")) + 1);
  return new Map([...fields].map(([field, value]) => [field, value.replace(/\$\{filename\}/g, () => name)]));
}

const malformedForm = () =>
  new S3Error(
    "MalformedPOSTRequest",
    "The body of your POST request is not well-formed multipart/form-data.",
    400,
  );

const fieldsTooLarge = () =>
  new S3Error(
    "MaxPostPreDataLengthExceeded",
    "Your POST request fields preceding the upload file was too large.",
    400,
    { MaxPostPreDataLengthBytes: MAX_FIELDS_BYTES },
  );

const oneFile = (count: number) =>
  invalidArgument("POST requires exactly one file upload per request.", "file", String(count));
