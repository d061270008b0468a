import { ORPCError } from '@orpc/server'
import { z } from 'zod'
import { errorData } from '../../../src-preload/contract/errors.ts'
import type { ErrorData } from '../../../src-preload/contract/errors.ts'
import { RedriveError } from '../../domain/errors.ts'

/** What oRPC says of an input that the contract does not take. */
const badInput = z.object({
  issues: z.array(
    z.object({ message: z.string(), path: z.array(z.union([z.string(), z.number()])).optional() }),
  ),
})

export function usageError(problem: string, options?: ErrorOptions): RedriveError {
  return new RedriveError('usage', 'never', { problem }, options)
}

/** Every error that reaches the command line, in the contract's terms. */
export function failureOf(error: unknown): ErrorData {
  if (error instanceof RedriveError) {
    return { code: error.code, retry: error.retry, detail: { ...error.detail } }
  }
  if (error instanceof ORPCError) {
    const known = errorData.safeParse(error.data)
    if (known.success) return known.data
    const refused = badInput.safeParse(error.data)
    if (error.code === 'BAD_REQUEST' && refused.success) return usageOf(refused.data.issues)
  }
  if (error instanceof Error && error.name === 'AbortError') {
    return { code: 'cancelled', retry: 'unknown-effect', detail: {} }
  }
  const reason = error instanceof Error ? error.message : String(error)
  return { code: 'internal', retry: 'unknown-effect', detail: { reason } }
}

function usageOf(issues: z.infer<typeof badInput>['issues']): ErrorData {
  const problem = issues.map(({ path, message }) => `${(path ?? []).join('.')}: ${message}`).join('; ')
  return { code: 'usage', retry: 'never', detail: { problem } }
}

/** Of the operating system: a file that is not there, a folder that may not be written. */
export function isSystemError(error: unknown): boolean {
  return error instanceof Error && 'syscall' in error
}

export function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : String(error)
}
