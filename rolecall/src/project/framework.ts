import type { FunctionCode } from "../lambda/types.ts";
import type { Note } from "../stack/note.ts";
import type { Sources } from "../stack/source/sources.ts";

/** A template as it lies on the disk. */
export interface TemplateFile {
  /** Absolute. */
  readonly file: string;
  /** What it says, CloudFormation's short tags in YAML (`!Ref`) in their long form. */
  readonly json: JsonTemplate;
}

/** A template that nobody has checked yet. */
export interface JsonTemplate {
  readonly Resources: Readonly<Record<string, JsonResource>>;
  readonly [section: string]: unknown;
}

export interface JsonResource {
  readonly Type: string;
  readonly Properties?: Readonly<Record<string, unknown>>;
  readonly Metadata?: Readonly<Record<string, unknown>>;
  readonly [key: string]: unknown;
}

/** What a framework's output says. Functions are told apart by their logical ids. */
export interface Output {
  /** The template as CloudFormation takes it: with macros such as SAM's applied. */
  readonly json: JsonTemplate;
  /** What the author calls each function; a function that is not here is called by its logical id. */
  readonly names: ReadonlyMap<string, string>;
  /** Of functions and layers. */
  readonly code: ReadonlyMap<string, FunctionCode>;
  /** Absent where the framework has no such thing. */
  readonly service?: string;
  readonly stage?: string;
  readonly region?: string;
  /** Absent where nothing says it. */
  readonly stackName?: string;
  /** What of the template was not understood before it was resolved. */
  readonly notes?: readonly Note[];
  /** @param root The project's folder, to which the places' files are relative. */
  readonly readSources: (root: string) => Promise<Sources>;
}

/** One way to make a template. */
export interface Framework {
  readonly name: "serverless" | "sam" | "cdk" | "plain";
  /** Whether this file is its work: by what it says, or by what lies beside it. */
  readonly recognises: (file: TemplateFile) => boolean | Promise<boolean>;
  /** @throws Error that names the file which cannot be read as the framework writes it. */
  readonly read: (file: TemplateFile) => Promise<Output>;
}
