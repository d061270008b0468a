import { diffJson } from './json-diff.ts'
import type { JsonDiff } from './json-diff.ts'
import { applyPatch } from './json-patch.ts'
import type { JsonPatch, PatchProblem } from './json-patch.ts'
import { documentText, readJson } from './json-text.ts'
import type { JsonProblem } from './json-text.ts'
import type { MessageContent } from './message.ts'
import { contentDigest } from './plan.ts'

/** `patch`: the same change to each of many messages. `payload`: the whole new text of one. */
export type EditRequest =
  | { readonly kind: 'patch'; readonly patch: JsonPatch }
  | { readonly kind: 'payload'; readonly payload: string }

/** Where a payload does not match its JSON Schema. */
export interface SchemaProblem {
  /** JSON Pointer into the payload. */
  readonly path: string
  /** Keyword of the schema that failed (`required`, `type`), or `unchecked` where the check did not end in time. */
  readonly keyword: string
  /** English, by the schema library. */
  readonly message: string
}

export type EditProblem =
  | { readonly from: 'stored' | 'edited'; readonly problem: JsonProblem }
  | { readonly from: 'patch'; readonly problem: PatchProblem }
  | { readonly from: 'schema'; readonly problem: SchemaProblem }
  /** The edited payload says what the stored one says. */
  | { readonly from: 'diff'; readonly problem: { readonly code: 'no-change' } }

/** A new version of a message's content. The original stays where it is, untouched; the headers are the original's. */
export interface MessageVersion {
  /** Exact text to send. */
  readonly payload: string
  /** `contentDigest` of the stored content that was edited. */
  readonly parentDigest: string
  /** `contentDigest` of what is sent. */
  readonly digest: string
  readonly diff: JsonDiff
}

export type EditResult =
  | { readonly ok: true; readonly version: MessageVersion }
  | { readonly ok: false; readonly problems: readonly EditProblem[] }

/** Applies an edit to one message. A payload that is broken can be replaced as a whole but not patched. */
export function editMessage(content: MessageContent, request: EditRequest): EditResult {
  const edited =
    request.kind === 'patch' ? patched(content, request.patch) : replaced(content, request.payload)
  if (!edited.ok) return edited
  const { payload, diff } = edited
  if (diff.changes.length === 0) return failed({ from: 'diff', problem: { code: 'no-change' } })
  const digest = contentDigest({ payload, headers: content.headers })
  return { ok: true, version: { payload, parentDigest: contentDigest(content), digest, diff } }
}

/** What the receiver of an edited message is told: the payload is not what the producer wrote, and which it was. */
const EDITED_HEADER = 'x-redrive-edited'
const EDITED_DIGEST_CHARS = 16

/** The header to send with an edited message; receivers and auditors find the journal's entry by it. */
export function editedHeaders(parentDigest: string): Readonly<Record<string, string>> {
  return { [EDITED_HEADER]: parentDigest.slice(0, EDITED_DIGEST_CHARS) }
}

const sealNames =
  /^(content-(md5|digest|length)|(repr-)?digest|(.*[-_])?(signature|hmac|checksum|sha256|md5|crc32c?)([-_].*)?)$/i

/**
 * Names of headers that speak of the payload's bytes (a signature, a checksum, a length). They go out exactly as stored
 * and no longer fit an edited payload: a receiver that verifies them refuses the message, and the operator should know.
 */
export function sealingHeaders(headers: string | null): readonly string[] {
  if (headers === null) return []
  const reading = readJson(headers)
  if (!reading.ok || reading.document.root.kind !== 'object') return []
  return reading.document.root.slots.map(({ key }) => key).filter((key) => sealNames.test(key))
}

type Edited =
  | { readonly ok: true; readonly payload: string; readonly diff: JsonDiff }
  | { readonly ok: false; readonly problems: readonly EditProblem[] }

function failed(problem: EditProblem): { ok: false; problems: readonly EditProblem[] } {
  return { ok: false, problems: [problem] }
}

function patched(content: MessageContent, patch: JsonPatch): Edited {
  const stored = readJson(content.payload)
  if (!stored.ok) return failed({ from: 'stored', problem: stored.problem })
  const result = applyPatch(stored.document, patch)
  if (!result.ok) return failed({ from: 'patch', problem: result.problem })
  const diff = diffJson(stored.document.root, result.document.root)
  return { ok: true, payload: documentText(result.document), diff }
}

function replaced(content: MessageContent, payload: string): Edited {
  const edited = readJson(payload)
  if (!edited.ok) return failed({ from: 'edited', problem: edited.problem })
  const stored = readJson(content.payload)
  if (stored.ok) return { ok: true, payload, diff: diffJson(stored.document.root, edited.document.root) }
  // What was not JSON, or was ambiguous, has no values to compare: all of it changed.
  const change = { path: '', before: content.payload, after: edited.document.root.text }
  return { ok: true, payload, diff: { changes: [change], more: 0 } }
}
