/** The most that a function may be: what is required of it, and what is aimed at. */
export interface Goals {
  readonly zipKilobytes: { readonly required: number };
  /** Import and first call, against serverless-esbuild's usual settings. */
  readonly total: { readonly required: number; readonly stretch: number };
  /** Resident memory after the first call, against a function that does nothing. */
  readonly rss: { readonly required: number; readonly stretch: number };
}

export const goals: Readonly<Record<string, Goals>> = {
  receiveAudio: {
    zipKilobytes: { required: 135 },
    total: { required: 0.75, stretch: 0.62 },
    rss: { required: 1.6, stretch: 1.45 },
  },
  startTranscription: {
    zipKilobytes: { required: 135 },
    total: { required: 0.8, stretch: 0.67 },
    rss: { required: 1.6, stretch: 1.45 },
  },
  issueUploadForm: {
    zipKilobytes: { required: 135 },
    total: { required: 0.68, stretch: 0.56 },
    rss: { required: 1.6, stretch: 1.45 },
  },
};
