import { ORPCError } from '@orpc/client'
import { errorCodes, retries } from '../../src-preload/contract/error-codes.ts'
import type { ErrorCode, ErrorData } from '../../src-preload/contract/errors.ts'
import type { Text } from '../../src-preload/contract/text.ts'

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
    const data = errorDataOf(error.data)
    if (data !== null) return new ApiError(data, error)
  }
  const reason = error instanceof Error ? error.message : String(error)
  return new ApiError({ code: 'internal', retry: 'unknown-effect', detail: { reason } }, error)
}

/** By hand: the contract's schema would bring the library of schemas into the file that the window starts with. */
function errorDataOf(data: unknown): ErrorData | null {
  if (!isRecord(data) || !isRecord(data['detail'])) return null
  const code = errorCodes.find((one) => one === data['code'])
  const retry = retries.find((one) => one === data['retry'])
  const detail = Object.entries(data['detail'])
  if (code === undefined || retry === undefined || !detail.every(isValueEntry)) return null
  return { code, retry, detail: Object.fromEntries(detail.filter(isValueEntry)) }
}

type TextValue = string | number | Text

function isValueEntry(entry: [string, unknown]): entry is [string, TextValue] {
  const [, value] = entry
  return typeof value === 'string' || typeof value === 'number' || isText(value)
}

function isText(value: unknown): value is Text {
  if (!isRecord(value) || !isRecord(value['with'])) return false
  const { say, text } = value
  return (
    typeof say === 'string' && typeof text === 'string' && Object.entries(value['with']).every(isValueEntry)
  )
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null
}
