import { defaultProvider } from "@aws-sdk/credential-provider-node";
import { AwsV4Signer } from "aws4fetch";

export interface Recording {
  readonly id: string;
  readonly language: string;
  readonly format: string;
  readonly status: "uploaded" | "queued" | "transcribing" | "completed" | "failed";
  /** Present once the status is `completed`; times in seconds. */
  readonly transcript?: {
    readonly text: string;
    readonly segments: readonly { readonly start: number; readonly end: number; readonly text: string }[];
  };
  /** Present when the status is `failed`. */
  readonly failureReason?: string;
}

export interface UploadForm {
  readonly id: string;
  readonly form: { readonly url: string; readonly fields: Readonly<Record<string, string>> };
  readonly expiresAt: string;
  readonly maxBytes: number;
}

export interface Upload {
  readonly audio: Uint8Array<ArrayBuffer>;
  readonly mediaType: string;
  /** The stage's default when absent. */
  readonly language?: string | undefined;
}

export interface Api {
  /** Sends the audio as the request's body: up to 4 MiB. */
  receiveAudio(upload: Upload): Promise<Recording>;
  issueUploadForm(mediaType: string, language?: string): Promise<UploadForm>;
  /** Asks for a form, and posts the audio with it: up to 2 GB. */
  uploadByForm(upload: Upload): Promise<{ readonly id: string }>;
  readRecording(id: string): Promise<Recording>;
  deleteRecording(id: string): Promise<void>;
}

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
 * The service's HTTP API, called as whoever the SDK's default credential chain finds. Each request is signed for
 * execute-api: every route has an IAM authorizer.
 *
 * @param url The API's base URL: HttpApiUrl of the stack's outputs, or what the local run prints.
 */
export function createApi(url: string, region: string): Api {
  const provider = defaultProvider();

  async function call(
    method: string,
    path: string,
    init: { headers?: Record<string, string>; body?: BodyInit } = {},
  ) {
    const { accessKeyId, secretAccessKey, sessionToken } = await provider();
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
    const response = await fetch(signedUrl, {
      method,
      headers,
      ...(init.body !== undefined && { body: init.body }),
    });
    if (!response.ok) throw await apiError(response, `${method} ${path}`);
    return response;
  }

  const api: Api = {
    async receiveAudio({ audio, mediaType, language }) {
      const path = language ? `/recordings?${new URLSearchParams({ language })}` : "/recordings";
      const response = await call("POST", path, { headers: { "content-type": mediaType }, body: audio });
      return (await response.json()) as Recording;
    },
    async issueUploadForm(contentType, language) {
      const body = JSON.stringify({ contentType, language });
      const response = await call("POST", "/upload-forms", {
        headers: { "content-type": "application/json" },
        body,
      });
      return (await response.json()) as UploadForm;
    },
    async uploadByForm({ audio, mediaType, language }) {
      const { id, form } = await api.issueUploadForm(mediaType, language);
      const data = new FormData();
      for (const [name, value] of Object.entries(form.fields)) data.append(name, value);
      // Last: S3 ignores every field that follows the file.
      data.append("file", new Blob([audio]));
      const response = await fetch(form.url, { method: "POST", body: data });
      if (!response.ok) throw await apiError(response, "The upload form");
      return { id };
    },
    async readRecording(id) {
      const response = await call("GET", `/recordings/${encodeURIComponent(id)}`);
      return (await response.json()) as Recording;
    },
    async deleteRecording(id) {
      await call("DELETE", `/recordings/${encodeURIComponent(id)}`);
    },
  };
  return api;
}

/** The handlers say what is wrong in `detail`, API Gateway in `message`, S3 in XML. */
async function apiError(response: Response, what: string): Promise<ApiError> {
  const text = await response.text();
  const reason =
    /"(?:detail|message)":"((?:[^"\\]|\\.)*)"/.exec(text)?.[1] ?? /<Message>(.*?)<\/Message>/.exec(text)?.[1];
  return new ApiError(response.status, `${what} answered ${response.status}: ${reason ?? text}`);
}
