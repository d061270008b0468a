import type { Field } from './mapping/values.ts'

/**
 * What makes two messages the same business event: the same values in these fields, stored no further apart than the
 * window. A field is told as in a mapping: a column, or a value such as `{ "path": ["orderId"], "in": { "column": "payload" } }`.
 */
export interface EventFingerprint {
  readonly fields: readonly Field[]
  readonly windowSec: number
}

/** One message as it is compared. */
export interface EventRow {
  readonly id: string
  readonly messageId: string
  /** Microseconds since 1970, as decimal text. */
  readonly atMicros: string
  /** The values of the fields, as one text. */
  readonly values: string
}

/** A message that tells an event once more, under another message id, with the one that told it before. */
export interface SameEvent {
  readonly first: EventRow
  readonly again: EventRow
  readonly apartMs: number
}

const MICROS_A_SECOND = 1_000_000n
const MICROS_A_MS = 1_000n

/**
 * Each message with the latest one before it that has the same values, another message id, and is no further away than the
 * window, its edge included. `rows` in any order. Copies under one message id are no finding here: consumers drop them.
 */
export function sameEvents(rows: readonly EventRow[], windowSec: number): readonly SameEvent[] {
  const windowMicros = BigInt(windowSec) * MICROS_A_SECOND
  const found: SameEvent[] = []
  for (const group of Map.groupBy(rows, ({ values }) => values).values()) {
    const ordered = group.toSorted(byTime)
    for (const [at, again] of ordered.entries()) {
      const first = ordered.slice(0, at).findLast(({ messageId }) => messageId !== again.messageId)
      if (first === undefined) continue
      const apart = BigInt(again.atMicros) - BigInt(first.atMicros)
      if (apart <= windowMicros) found.push({ first, again, apartMs: Number(apart / MICROS_A_MS) })
    }
  }
  return found.sort((a, b) => byTime(a.again, b.again))
}

/** In one sentence, as the command line prints it. Names ids, never the values. */
export function saySameEvent({ first, again, apartMs }: SameEvent): string {
  return (
    `Message ${again.messageId} (id ${again.id}) tells the event of ${first.messageId} (id ${first.id}) once more, ` +
    `${apartMs} ms after it.`
  )
}

function byTime(a: EventRow, b: EventRow): number {
  const apart = BigInt(a.atMicros) - BigInt(b.atMicros)
  if (apart !== 0n) return apart < 0n ? -1 : 1
  return a.id.length - b.id.length || (a.id < b.id ? -1 : a.id > b.id ? 1 : 0)
}
