import type { SchemaProblem } from '../domain/message-edit.ts'

/** Characters of a schema's text. */
export const SCHEMA_CHARS_MAX = 256 * 1024
/** Problems told of one payload; more would not be read. */
export const SCHEMA_PROBLEMS_MAX = 20

/** A JSON Schema that is ready to check payloads. It never changes one. */
export interface PayloadSchema {
  /**
   * Problems of each payload, in the order of `payloads`; an empty list where there are none. A payload whose check fails
   * or takes too long has the problem `unchecked`: it is not known to match. Numbers are compared as doubles, so a bound
   * beyond 2^53 is only as exact as they are. Never throws; blocks while it works, so a call holds a batch and not a job.
   */
  check(payloads: readonly string[]): readonly (readonly SchemaProblem[])[]
}

export type SchemaCompilation =
  | { readonly ok: true; readonly schema: PayloadSchema }
  /** Why the text is no schema that can be used, in English, for the operator who wrote it. */
  | { readonly ok: false; readonly problem: string }

export interface PayloadSchemas {
  /**
   * Reads a schema from its text: draft-07 or 2020-12, as its `$schema` says, the latter where it says nothing. All
   * references must lead into the text itself; nothing is ever fetched.
   */
  compile(text: string): SchemaCompilation
}

/** The schema files that a workspace names. */
export interface SchemaFiles {
  /**
   * The text of the file at `path`, which is relative to the workspace's own. Throws RedriveError `workspace-invalid` where
   * it is missing, too large, no text, or outside the workspace's folder, by a link too.
   */
  read(path: string): Promise<string>
}
