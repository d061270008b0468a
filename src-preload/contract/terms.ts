/*
 * Terms of the contract as plain lists. The window starts with them: the library that makes schemas of them is read with the
 * first page that needs one.
 */

/** Of sources and brokers. */
export const NAME = /^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/
export const ID_CHARS_MAX = 400
export const environments = ['development', 'staging', 'production'] as const
/** As `src-main/domain/role.ts` has them, the least first. */
export const roles = ['viewer', 'operator', 'approver', 'administrator'] as const
export const messageStates = [
  'pending',
  'scheduled',
  'in-flight',
  'retrying',
  'sent',
  'consumed',
  'failed',
  'discarded',
  'expired',
  'waiting-confirm',
  'unknown',
] as const
export const troubles = ['stuck', 'failed', 'unconfirmed'] as const
export const overviewRanges = ['1h', '6h', '24h', '14d'] as const
