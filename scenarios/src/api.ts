import { defaultProvider } from "@aws-sdk/credential-provider-node";
import { AwsV4Signer } from "aws4fetch";
import type { NewRecording, Page, Recording } from "./recording.ts";

export interface Form {
  readonly url: string;
  readonly fields: Readonly<Record<string, string>>;
}

export interface UploadForm {
  readonly id: string;
  readonly form: Form;
  readonly expiresAt: string;
  readonly maxBytes: number;
}

/** Bytes, or a file that is read as it is sent. */
export type Audio = Uint8Array<ArrayBuffer> | Blob;

export interface Upload {
  readonly audio: Audio;
  readonly mediaType: string;
  /** The stage's default when absent. */
  readonly language?: string | undefined;
}

export interface RequestParts {
  readonly headers?: Record<string, string>;
  readonly body?: string | Uint8Array<ArrayBuffer>;
}

export interface Api {
  /** Any request, signed; resolves whatever the status is. */
  call(method: string, path: string, init?: RequestParts): Promise<Response>;
  /** Sends the audio as the request's body: up to 4 MiB. */
  receiveAudio(upload: Upload): Promise<NewRecording>;
  issueUploadForm(mediaType: string, language?: string): Promise<UploadForm>;
  /** Sends the audio straight to S3, as whoever signed the form: up to 2 GB. */
  postForm(form: Form, audio: Audio): Promise<void>;
  readRecording(id: string): Promise<Recording>;
  listRecordings(page?: { readonly limit?: number; readonly next?: string | undefined }): Promise<Page>;
  deleteRecording(id: string): Promise<void>;
}

/** How the SDKs look for credentials. */
export type CredentialProvider = () => Promise<{
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
}>;

/** The API, or S3 for a form, answered with an error. */
export class ApiError extends Error {
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.name = "ApiError";
    this.status = status;
  }
}

/**
 * The service's HTTP API. Each request is signed for execute-api: every route has an IAM authorizer.
 *
 * @param url The API's base URL: HttpApiUrl of the stack's outputs, or what the local run prints.
 * @param provider Finds who calls: by default whoever the SDK's default credential chain finds.
 */
export function createApi(
  url: string,
  region: string,
  provider: CredentialProvider = defaultProvider(),
): Api {
  if (!URL.canParse(url)) throw new Error(`${url} is no URL, such as http://127.0.0.1:41081.`);

  const call: Api["call"] = async (method, path, init = {}) => {
    const { accessKeyId, secretAccessKey, sessionToken } = await provider().catch((error: unknown) => {
      throw new Error(
        `${error instanceof Error ? error.message : error}: with pnpm start, run the export lines that it prints; otherwise log in to your account.`,
      );
    });
    const signer = new AwsV4Signer({
      url: new URL(path, url).href,
      method,
      ...init,
      service: "execute-api",
      region,
      accessKeyId,
      secretAccessKey,
      ...(sessionToken && { sessionToken }),
    });
    const { url: signedUrl, headers } = await signer.sign();
    return fetch(signedUrl, { method, headers, ...(init.body !== undefined && { body: init.body }) }).catch(
      () => {
        throw new Error(`Nothing answers at ${url}: is it running, and is this its address?`);
      },
    );
  };

  async function answerTo<Answer>(...[method, path, init]: Parameters<typeof call>): Promise<Answer> {
    const response = await call(method, path, init);
    if (!response.ok) throw await apiError(response, `${method} ${path}`);
    return (response.status === 204 ? undefined : await response.json()) as Answer;
  }

  return {
    call,
    receiveAudio: async ({ audio, mediaType, language }) =>
      answerTo("POST", `/recordings${query({ language })}`, {
        headers: { "content-type": mediaType },
        // The signature is of the bytes, so they are needed at once.
        body: audio instanceof Blob ? new Uint8Array(await audio.arrayBuffer()) : audio,
      }),
    issueUploadForm: (contentType, language) =>
      answerTo("POST", "/upload-forms", {
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ contentType, language }),
      }),
    async postForm(form, audio) {
      const data = new FormData();
      for (const [name, value] of Object.entries(form.fields)) data.append(name, value);
      // Last: S3 ignores every field that follows the file.
      data.append("file", audio instanceof Blob ? audio : new Blob([audio]));
      const response = await fetch(form.url, { method: "POST", body: data });
      if (!response.ok) throw await apiError(response, "The upload form");
    },
    readRecording: (id) => answerTo("GET", `/recordings/${encodeURIComponent(id)}`),
    listRecordings: ({ limit, next } = {}) => answerTo("GET", `/recordings${query({ limit, next })}`),
    deleteRecording: (id) => answerTo("DELETE", `/recordings/${encodeURIComponent(id)}`),
  };
}

function query(parameters: Readonly<Record<string, string | number | undefined>>): string {
  const given = new URLSearchParams();
  for (const [name, value] of Object.entries(parameters))
    if (value !== undefined) given.set(name, String(value));
  return given.size > 0 ? `?${given}` : "";
}

/** The handlers say what is wrong in `detail`, API Gateway in `message`, S3 in XML. */
async function apiError(response: Response, what: string): Promise<ApiError> {
  const text = await response.text();
  const reason =
    /"(?:detail|message)":"((?:[^"\\]|\\.)*)"/.exec(text)?.[1] ?? /<Message>(.*?)<\/Message>/.exec(text)?.[1];
  return new ApiError(response.status, `${what} answered ${response.status}: ${reason ?? text}`);
}
