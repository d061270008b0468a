import type { ErrorCode } from '../../domain/errors.ts'

export const EXIT = {
  done: 0,
  failed: 1,
  /** Wrong usage or configuration: nothing was tried. */
  usage: 2,
  /** Done, but something needs a person: unknown outcomes, a broken chain. */
  attention: 3,
} as const
export type ExitCode = (typeof EXIT)[keyof typeof EXIT]

/** Errors of what was asked for, found before anything was tried. */
const USAGE_CODES: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'usage',
  'workspace-invalid',
  'source-unknown',
  'broker-unknown',
  'name-in-use',
  'secret-missing',
  'secret-command-failed',
  'secrets-locked',
  'secrets-passphrase-wrong',
  'secrets-file-damaged',
  'backup-damaged',
  'plan-invalid',
  'plan-digest-mismatch',
  'plan-not-confirmed',
  'mapping-unconfirmed',
  'mapping-unsafe',
  'mapping-digest-mismatch',
  'approval-required',
  'approval-invalid',
  'approval-impossible',
  'policy-forbids',
  'operator-unknown',
  'count-not-typed',
  'name-not-typed',
  'id-not-typed',
  'check-back-not-set',
  'reason-required',
  'callback-not-configured',
  'callback-places-missing',
])

export function exitCodeOf(code: ErrorCode): ExitCode {
  return USAGE_CODES.has(code) ? EXIT.usage : EXIT.failed
}
