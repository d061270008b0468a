import { ORPCError } from '@orpc/client'
import { errorData, type ErrorCode, type ErrorData } from '../../src-preload/contract/errors.ts'

/** The contract's codes, and the one that only the page can know: the engine itself does not answer. */
export const ENGINE_AWAY = 'engine-unreachable'
export type ApiErrorCode = ErrorCode | typeof ENGINE_AWAY

/** The only error that leaves `api/`. `retry` says whether the same call may be made again. */
export class ApiError extends Error {
  override readonly name = 'ApiError'
  readonly code: ApiErrorCode
  readonly retry: ErrorData['retry']
  readonly detail: ErrorData['detail']

  constructor({ code, retry, detail }: Pick<ApiError, 'code' | 'retry' | 'detail'>, cause?: unknown) {
    super(code, { cause })
    this.code = code
    this.retry = retry
    this.detail = detail
  }
}

/** Total: whatever was thrown becomes an ApiError; what the contract does not define is `internal`. */
export function toApiError(error: unknown): ApiError {
  if (error instanceof ApiError) return error
  if (error instanceof ORPCError && error.defined) {
    const data = errorData.safeParse(error.data)
    if (data.success) return new ApiError(data.data, error)
  }
  const reason = error instanceof Error ? error.message : String(error)
  return new ApiError({ code: 'internal', retry: 'unknown-effect', detail: { reason } }, error)
}
