import { RedriveError } from '../../domain/errors.ts'
import type { ErrorCode, ErrorDetail, Retry } from '../../domain/errors.ts'

/** What was being done when the error came. */
export interface Circumstances {
  /** `commit`: the transaction was told to, and may have been carried out. */
  readonly during: 'connect' | 'read' | 'write' | 'commit'
  readonly detail: ErrorDetail
}

type Verdict = readonly [ErrorCode, Retry]

/** By the beginning of the code that SQLite gives; the first that fits. */
const BY_CODE: readonly (readonly [RegExp, Verdict])[] = [
  [/^SQLITE_(BUSY|LOCKED|PROTOCOL)/, ['query-timeout', 'later']],
  [/^SQLITE_(NOTADB|CORRUPT|FORMAT)/, ['database-unknown', 'never']],
  [/^SQLITE_(READONLY|PERM|AUTH)/, ['permission-denied', 'never']],
  [/^SQLITE_(FULL|NOMEM|INTERRUPT|TOOBIG)/, ['query-failed', 'later']],
]

/** What a function of Redrive throws within a statement whose time is up. */
export class OutOfTime extends Error {}

/** Every error of the library and of the file system as what the caller must do. Total: never throws. */
export function classify(error: unknown, { during, detail }: Circumstances): RedriveError {
  if (error instanceof RedriveError) return error
  const message = error instanceof Error ? error.message : String(error)
  const [code, retry] = verdict(error, codeOf(error), message, during)
  const about = { ...namesIn(code, message), ...detail, sqlstate: codeOf(error), reason: message, during }
  return new RedriveError(code, retry, about, { cause: error })
}

export function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : ''
}

function verdict(error: unknown, code: string, message: string, during: Circumstances['during']): Verdict {
  if (error instanceof OutOfTime) return ['query-timeout', 'later']
  // A commit that failed on the disk may be there after all.
  if (during === 'commit' && code.startsWith('SQLITE_IOERR')) return ['connection-lost', 'unknown-effect']
  const known = BY_CODE.find(([pattern]) => pattern.test(code))
  if (known !== undefined) return known[1]
  if (/no such table/.test(message)) return ['table-missing', 'never']
  if (/no such column/.test(message)) return ['column-missing', 'never']
  if (code.startsWith('SQLITE_CANTOPEN')) return ['permission-denied', 'never']
  return ['query-failed', code.startsWith('SQLITE_IOERR') ? 'later' : 'never']
}

function namesIn(code: ErrorCode, message: string): ErrorDetail {
  const name = /: (.+)$/.exec(message)?.[1] ?? message
  if (code === 'table-missing') return { table: name }
  return code === 'column-missing' ? { columns: name } : {}
}
