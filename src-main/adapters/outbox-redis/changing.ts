import { RedriveError } from '../../domain/errors.ts'
import type { Answer } from './client.ts'
import type { Note } from './messages.ts'
import type { Parts } from './parts.ts'
import { guarded } from './reading.ts'
import { placeOf } from './staging.ts'

/** Seconds for which the trace of a message that Redrive removed is kept: a repeat is recognised by it. */
const TRACE_SEC = 86_400
/** Changes that are asked for at once. */
const TOGETHER_MAX = 200

export type Guard =
  | { readonly version: string; readonly fence?: number }
  | { readonly token: string; readonly fence: number; readonly attempts: number | undefined }

export interface ChangeOf {
  readonly id: string
  readonly guard: Guard
  /** Null: there is none afterwards. */
  readonly note: Note | null
  readonly delayMs?: number
  /** The message goes, and leaves a trace with this token. */
  readonly removedBy?: string
}

export interface Changed {
  readonly id: string
  readonly changed: boolean
  /** Afterwards; of a message that was removed `gone`, of one that is not there ''. */
  readonly version: string
  /** Of a change, what the note was; of a removal, its trace; otherwise the note, or the trace, that stands there now. */
  readonly text: string | null
}

/** Each message by compare-and-set in a script of its own; the answers are in the order of the requests. */
export async function changeAll(
  parts: Parts,
  changes: readonly ChangeOf[],
  signal: AbortSignal,
): Promise<readonly Changed[]> {
  const done: Changed[] = []
  for (let at = 0; at < changes.length; at += TOGETHER_MAX) {
    const some = changes.slice(at, at + TOGETHER_MAX)
    try {
      done.push(
        ...(await guarded(parts, 'write', signal, () =>
          Promise.all(some.map((one) => changeOne(parts, one))),
        )),
      )
    } catch (error) {
      // What went before has happened, whatever this one says of its own.
      if (at === 0 || !(error instanceof RedriveError)) throw error
      throw new RedriveError(error.code, 'unknown-effect', error.detail, { cause: error })
    }
  }
  return done
}

async function changeOne({ client, staged, table }: Parts, change: ChangeOf): Promise<Changed> {
  const { id, guard, note, delayMs, removedBy } = change
  const place = placeOf(staged, table, id)
  const compared: readonly (string | number)[] =
    'version' in guard
      ? ['version', guard.version, guard.fence ?? 0, '']
      : ['claim', guard.token, guard.fence, guard.attempts ?? '']
  const [changed, version, text] = await client.change(
    ...place.keys,
    place.layout,
    place.field,
    place.inner,
    ...compared,
    note === null ? '' : JSON.stringify(note),
    delayMs ?? '',
    removedBy === undefined ? '' : '1',
    removedBy ?? '',
    TRACE_SEC,
  )
  return { id, changed: changed === 1, version: String(version ?? ''), text: textOf(text) }
}

export function textOf(answer: Answer | undefined): string | null {
  return typeof answer === 'string' && answer !== '' ? answer : null
}

/** What a removal has left behind: whose it was, and what. */
export interface Trace {
  readonly token: string
  readonly message: readonly string[]
  readonly note: string
  readonly lives: number
}

export function traceOf(text: string | null): Trace | null {
  if (text === null) return null
  const parsed: unknown = JSON.parse(text)
  return typeof parsed === 'object' && parsed !== null && 'token' in parsed ? (parsed as Trace) : null
}

export function noteOf(text: string | null): Note | null {
  if (text === null) return null
  const parsed: unknown = JSON.parse(text)
  return typeof parsed === 'object' && parsed !== null && 's' in parsed ? (parsed as Note) : null
}
