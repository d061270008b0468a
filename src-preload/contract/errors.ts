import { z } from 'zod'
import { errorCodes, retries } from './error-codes.ts'
import { textValue } from './words.ts'

export const errorCode = z.enum(errorCodes)
export type { ErrorCode } from './error-codes.ts'

export const errorData = z.object({
  code: errorCode,
  retry: z.enum(retries),
  detail: z.record(z.string(), textValue),
})
export type ErrorData = z.infer<typeof errorData>

/** Of every error: where it is not said, oRPC takes what is thrown for undefined, and pages show it as a failure inside. */
export const ERROR_STATUS = 422

/** The one error map of the contract: oRPC's name for it, and the typed data that callers match on. */
export const contractErrors = { REDRIVE: { status: ERROR_STATUS, data: errorData } } as const
