import { ORPCError } from '@orpc/server'
import { ERROR_STATUS } from '../../src-preload/contract/errors.ts'
import type { ErrorData } from '../../src-preload/contract/errors.ts'
import { RedriveError } from '../domain/errors.ts'
import type { Log } from '../ports/surroundings.ts'

/** A domain error as data of the contract. Anything else is `internal`: its text stays in the log. */
export function errorData(error: unknown, log: Log): ErrorData {
  if (error instanceof RedriveError) {
    return { code: error.code, retry: error.retry, detail: { ...error.detail } }
  }
  if (error instanceof Error && error.name === 'AbortError') {
    return { code: 'cancelled', retry: 'later', detail: {} }
  }
  log.warn(
    { error: error instanceof Error ? (error.stack ?? error.message) : String(error) },
    'unexpected-error',
  )
  return { code: 'internal', retry: 'unknown-effect', detail: { reason: 'see the log' } }
}

/** The one place where errors of the engine become errors of the API. What the API itself throws passes. */
export function toApiError(error: unknown, log: Log): ORPCError<string, unknown> {
  if (error instanceof ORPCError) return error as ORPCError<string, unknown>
  const data = errorData(error, log)
  return new ORPCError('REDRIVE', { defined: true, status: ERROR_STATUS, message: data.code, data })
}
