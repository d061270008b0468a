import type { ErrorCode } from '../../domain/errors.ts'

/** Why something stands although nothing is wrong with source and broker: a rule of the workspace holds it back. */
export const heldBack: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'approval-required',
  'limit-reached',
  'hours-forbidden',
])
