import type { SweepSettings } from '../../../src-preload/contract/sweeps.ts'

export type NumberField =
  | 'everySec'
  | 'stuckAfterSec'
  | 'attemptsMax'
  | 'batch'
  | 'rate'
  | 'firstSec'
  | 'factor'
  | 'capSec'
  | 'jitter'

export interface FieldRule {
  readonly name: NumberField
  /** Key under `sweeps.settings.unit`. */
  readonly unit: 'seconds' | 'silent' | 'publishes' | 'rows' | 'rate' | 'times' | 'share'
  readonly min: number
  readonly max: number
  readonly whole: boolean
  /** May be left empty. */
  readonly optional: boolean
}

const DAY_SEC = 86_400
const MONTH_SEC = 2_592_000

const rule = (
  name: NumberField,
  unit: FieldRule['unit'],
  [min, max]: readonly [number, number],
  more: Partial<FieldRule> = {},
): FieldRule => ({ name, unit, min, max, whole: true, optional: false, ...more })

/** In the order of the form; the limits are the contract's. */
export const fieldRules: readonly FieldRule[] = [
  rule('everySec', 'seconds', [5, DAY_SEC]),
  rule('stuckAfterSec', 'silent', [1, MONTH_SEC]),
  rule('attemptsMax', 'publishes', [1, 1_000]),
  rule('batch', 'rows', [1, 1_000]),
  rule('rate', 'rate', [1, 100_000], { whole: false, optional: true }),
  rule('firstSec', 'seconds', [1, DAY_SEC], { whole: false }),
  rule('factor', 'times', [1, 10], { whole: false }),
  rule('capSec', 'seconds', [1, MONTH_SEC], { whole: false }),
  rule('jitter', 'share', [0, 1], { whole: false }),
]

export type Fields = Record<NumberField, number | null> & { order: SweepSettings['order'] }

export function fieldsOf(settings: SweepSettings): Fields {
  const { everySec, stuckAfterSec, attemptsMax, batch, rate, backoff, order } = settings
  return { everySec, stuckAfterSec, attemptsMax, batch, rate, ...backoff, order }
}

/** Fields that are empty or out of their limits. */
export function wrongFields(fields: Fields): readonly NumberField[] {
  return fieldRules
    .filter(({ name, min, max, whole, optional }) => {
      const value = fields[name]
      if (value === null) return !optional
      return value < min || value > max || (whole && !Number.isInteger(value))
    })
    .map(({ name }) => name)
}

/** Null where a field is wrong. */
export function settingsOf(fields: Fields): SweepSettings | null {
  const { everySec, stuckAfterSec, attemptsMax, batch, rate, firstSec, factor, capSec, jitter, order } =
    fields
  if (wrongFields(fields).length > 0) return null
  if (everySec === null || stuckAfterSec === null || attemptsMax === null || batch === null) return null
  if (firstSec === null || factor === null || capSec === null || jitter === null) return null
  const backoff = { firstSec, factor, capSec, jitter }
  return { everySec, stuckAfterSec, attemptsMax, batch, rate, backoff, order, resendUnknown: false }
}
