import { z } from 'zod'

/** Every error that can cross the border. `src-main/domain/errors.ts` holds the same list for the engine. */
export const errorCodes = [
  'auth-failed',
  'host-unreachable',
  'database-unknown',
  'vhost-unknown',
  'tls-failed',
  'too-many-connections',
  'connection-lost',
  'permission-denied',
  'source-is-standby',
  'secret-missing',
  'secret-store-weak',
  'table-missing',
  'table-without-key',
  'column-missing',
  'no-profile-matches',
  'query-timeout',
  'query-failed',
  'message-not-found',
  'row-changed',
  'state-forbids',
  'payload-not-json',
  'headers-not-json',
  'outcome-unsettled',
  'exchange-missing',
  'unroutable',
  'broker-refused',
  'broker-blocked',
  'broker-failed',
  'confirm-timeout',
  'channel-closed',
  'message-too-large',
  'plan-invalid',
  'plan-digest-mismatch',
  'plan-not-confirmed',
  'plan-empty',
  'plan-too-large',
  'plan-not-found',
  'plan-already-run',
  'job-not-found',
  'job-busy',
  'job-state-forbids',
  'count-not-typed',
  'source-locked',
  'reason-required',
  'decision-not-found',
  'undo-too-late',
  'process-ended',
  'workspace-invalid',
  'source-unknown',
  'broker-unknown',
  'name-in-use',
  'store-failed',
  'store-newer',
  'journal-broken',
  'usage',
  'cancelled',
  'internal',
] as const
export const errorCode = z.enum(errorCodes)
export type ErrorCode = z.infer<typeof errorCode>

export const errorData = z.object({
  code: errorCode,
  retry: z.enum(['never', 'later', 'unknown-effect']),
  detail: z.record(z.string(), z.union([z.string(), z.number()])),
})
export type ErrorData = z.infer<typeof errorData>

/** The one error map of the contract: oRPC's name for it, and the typed data that callers match on. */
export const contractErrors = { REDRIVE: { data: errorData } } as const
