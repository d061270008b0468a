import { say } from '../text.ts'
import type { Text } from '../text.ts'
import type { ColumnForm } from './mapping.ts'
import type { Cells } from './codes.ts'
import { kindOf } from './roles.ts'
import type { SurveyedColumn } from './surveyed.ts'

export interface TimeGuess {
  /** Null: the type says it all. */
  readonly form: ColumnForm | null
  readonly evidence: Text
  readonly confidence: number
}

/** 2001 to 2096 in seconds, and the same in milliseconds. */
const EPOCH_S = { from: 1e9, to: 4e9 }
const EPOCH_MS = { from: 1e12, to: 4e12 }
const WITHOUT_ZONE = 0.5
const WITH_ZONE = 0.95
const BY_SIZE = 0.85

/** How a column writes times; null: its values are none. An integer is told by its size alone, in the data. */
export function timeGuess(column: SurveyedColumn, rows: readonly Cells[]): TimeGuess | null {
  const values = rows.flatMap((row) => row[column.name] ?? [])
  const kind = kindOf(column)
  if (kind === 'time') return ofTimeType(column.type)
  if (kind === 'number') return ofNumber(values)
  if (values.length === 0 || !values.some((one) => /^\d{4}-\d\d-\d\dT\d\d:\d\d/.test(one))) return null
  return { form: { time: 'iso' }, evidence: say('because.iso'), confidence: BY_SIZE }
}

function ofTimeType(type: string): TimeGuess {
  // MySQL's timestamp is a moment; that of PostgreSQL says in full whether it is one.
  if (/with time zone|^timestamp(\(\d\))?$/.test(type))
    return { form: null, evidence: say('because.type-is', { type }), confidence: WITH_ZONE }
  const evidence = say('because.no-zone', { type })
  return { form: { time: type === 'date' ? 'date' : 'utc' }, evidence, confidence: WITHOUT_ZONE }
}

function ofNumber(values: readonly string[]): TimeGuess | null {
  const numbers = values.map(Number).filter((one) => one !== 0)
  const none = numbers.length < values.length ? { none: [0] } : {}
  if (numbers.length === 0) return null
  const within = ({ from, to }: typeof EPOCH_S): boolean => numbers.every((one) => one >= from && one < to)
  const evidence = say('because.size')
  if (within(EPOCH_S)) return { form: { time: 'epoch-s', ...none }, evidence, confidence: BY_SIZE }
  if (within(EPOCH_MS)) return { form: { time: 'epoch-ms', ...none }, evidence, confidence: BY_SIZE }
  return null
}
