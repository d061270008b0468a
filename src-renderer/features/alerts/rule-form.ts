import type {
  AlertCondition,
  AlertMeasure,
  AlertRule,
  AlertTrouble,
} from '../../../src-preload/contract/alerts.ts'

export const measures = [
  'count',
  'oldest',
  'failure-rate',
  'stopped',
  'source-silent',
  'broker-silent',
] as const satisfies readonly AlertMeasure[]
export const troubles = [
  'stuck',
  'failed',
  'unconfirmed',
  'unknown',
] as const satisfies readonly AlertTrouble[]

/** As it is typed: a rate in percent, a repetition that may be left empty. */
export interface RuleFields {
  name: string
  measure: AlertMeasure
  trouble: AlertTrouble
  above: number | null
  windowSec: number | null
  publishesMin: number | null
  only: string | null
  forSec: number | null
  repeatSec: number | null
}

export type NumberField = 'above' | 'windowSec' | 'publishesMin' | 'forSec' | 'repeatSec'

export interface NumberRule {
  readonly name: NumberField
  /** Key under `alerts.unit`. */
  readonly unit: 'messages' | 'seconds' | 'percent' | 'publishes' | 'told'
  readonly min: number
  readonly max: number
  readonly optional: boolean
}

const DAY_SEC = 86_400
const PERCENT = 100

const FIRST: Omit<RuleFields, 'above'> = {
  name: '',
  measure: 'count',
  trouble: 'failed',
  windowSec: 600,
  publishesMin: 20,
  only: null,
  forSec: 60,
  repeatSec: 3_600,
}
const ABOVE_FIRST = { count: 100, oldest: 900, 'failure-rate': 10 } as const

export function aboveFirst(measure: AlertMeasure): number | null {
  return measure in ABOVE_FIRST ? ABOVE_FIRST[measure as keyof typeof ABOVE_FIRST] : null
}

/** The limits are the contract's. */
export function numberRules(measure: AlertMeasure): readonly NumberRule[] {
  const rule = (name: NumberField, unit: NumberRule['unit'], min: number, max: number): NumberRule => ({
    name,
    unit,
    min,
    max,
    optional: name === 'repeatSec',
  })
  const above: Partial<Record<AlertMeasure, readonly NumberRule[]>> = {
    count: [rule('above', 'messages', 0, 1_000_000_000)],
    oldest: [rule('above', 'seconds', 1, 30 * DAY_SEC)],
    'failure-rate': [
      rule('above', 'percent', 0, PERCENT),
      rule('windowSec', 'seconds', 60, DAY_SEC),
      rule('publishesMin', 'publishes', 1, 1_000_000),
    ],
  }
  return [
    ...(above[measure] ?? []),
    rule('forSec', 'seconds', 0, DAY_SEC),
    rule('repeatSec', 'told', 60, 7 * DAY_SEC),
  ]
}

export function fieldsOf(rule: { readonly name: string; readonly rule: AlertRule } | null): RuleFields {
  if (rule === null) return { ...FIRST, above: ABOVE_FIRST.count }
  const { when, only, forSec, repeatSec } = rule.rule
  const above = 'above' in when ? when.above : null
  return {
    ...FIRST,
    name: rule.name,
    measure: when.measure,
    only,
    forSec,
    repeatSec,
    ...('trouble' in when ? { trouble: when.trouble } : {}),
    ...(when.measure === 'failure-rate'
      ? { windowSec: when.windowSec, publishesMin: when.publishesMin }
      : {}),
    above: when.measure === 'failure-rate' && above !== null ? round(above * PERCENT) : above,
  }
}

/** Fields that are empty or out of their limits. */
export function wrongFields(fields: RuleFields): readonly (NumberField | 'name')[] {
  const numbers = numberRules(fields.measure)
    .filter(({ name, unit, min, max, optional }) => {
      const value = fields[name]
      if (value === null) return !optional
      return value < min || value > max || (unit !== 'percent' && !Number.isInteger(value))
    })
    .map(({ name }) => name)
  return /^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/.test(fields.name) ? numbers : ['name', ...numbers]
}

/** Null where a field is wrong. */
export function ruleOf(fields: RuleFields): AlertRule | null {
  const when = conditionOf(fields)
  const { only, forSec, repeatSec } = fields
  if (wrongFields(fields).length > 0 || when === null || forSec === null) return null
  return { when, only, forSec, repeatSec }
}

function conditionOf({
  measure,
  trouble,
  above,
  windowSec,
  publishesMin,
}: RuleFields): AlertCondition | null {
  switch (measure) {
    case 'count':
    case 'oldest':
      return above === null ? null : { measure, trouble, above }
    case 'failure-rate':
      if (above === null || windowSec === null || publishesMin === null) return null
      return { measure, above: round(above) / PERCENT, windowSec, publishesMin }
    case 'stopped':
    case 'source-silent':
    case 'broker-silent':
      return { measure }
  }
}

/** Percent with two digits. */
function round(percent: number): number {
  return Math.round(percent * PERCENT) / PERCENT
}
