import { FOUND_MAX, SCANNED_MAX } from '../../../src-preload/contract/brokers.ts'
import type { RecordRange, RecordSearch } from '../../../src-preload/contract/brokers.ts'

/** Records that are shown of a range, or found by a search. */
export const SHOWN_MAX = 500
const TAIL_DEFAULT = 100
const PARTITION_MAX = 2_147_483_647

export const rangeKinds = ['tail', 'offsets', 'times'] as const

/** What is typed into the bar above the records of a topic. */
export interface RangeForm {
  kind: (typeof rangeKinds)[number]
  tail: string
  from: string
  to: string
  since: string
  until: string
  partition: string
  text: string
  place: RecordSearch['place']
}

export interface RangeAsked {
  readonly partition: number | null
  readonly range: RecordRange
  readonly search: RecordSearch | null
  readonly limit: number
}

/** A part of the form that cannot be read. */
export type RangeProblem = 'tail' | 'offset' | 'time' | 'partition'

export function emptyForm(): RangeForm {
  return {
    kind: 'tail',
    tail: String(TAIL_DEFAULT),
    from: '0',
    to: '',
    since: '1h',
    until: '',
    partition: '',
    text: '',
    place: 'anywhere',
  }
}

export function askedOf(form: RangeForm, nowMs: number): RangeAsked | RangeProblem {
  const partition = form.partition.trim() === '' ? null : whole(form.partition, PARTITION_MAX)
  if (partition !== null && Number.isNaN(partition)) return 'partition'
  const text = form.text.trim()
  const search = text === '' ? null : { text, place: form.place }
  const range = rangeOf(form, search !== null, nowMs)
  if (typeof range === 'string') return range
  const limit = range.kind === 'tail' && search === null ? range.records : SHOWN_MAX
  return { partition, range, search, limit }
}

function rangeOf(form: RangeForm, searched: boolean, nowMs: number): RecordRange | RangeProblem {
  switch (form.kind) {
    case 'tail': {
      const records = whole(form.tail, searched ? SCANNED_MAX : FOUND_MAX)
      return Number.isNaN(records) || records < 1 ? 'tail' : { kind: 'tail', records }
    }
    case 'offsets': {
      const [from, to] = [form.from.trim(), form.to.trim()]
      if (!OFFSET.test(from) || !(to === '' || OFFSET.test(to))) return 'offset'
      return { kind: 'offsets', from, to: to === '' ? null : to }
    }
    case 'times': {
      const since = timeOf(form.since, nowMs)
      const until = form.until.trim() === '' ? null : timeOf(form.until, nowMs)
      if (since === null || (until === null && form.until.trim() !== '')) return 'time'
      return { kind: 'times', since, until }
    }
  }
}

const OFFSET = /^\d{1,18}$/
const AGO = /^(\d{1,6})\s*([smhd])$/
const UNIT_MS = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const

/** `2h` is two hours ago; anything else a date with a time in the operator's zone. */
function timeOf(text: string, nowMs: number): string | null {
  const [, count, unit] = AGO.exec(text.trim()) ?? []
  const ms =
    count === undefined
      ? Date.parse(text.trim().replace(' ', 'T'))
      : nowMs - Number(count) * UNIT_MS[unit as keyof typeof UNIT_MS]
  return Number.isNaN(ms) ? null : new Date(ms).toISOString()
}

/** NaN: it is none up to `max`. */
function whole(text: string, max: number): number {
  const value = /^\d+$/.test(text.trim()) ? Number(text) : Number.NaN
  return value > max ? Number.NaN : value
}
