import type { DedupeState } from '../../src-preload/contract/evidence.ts'
import type { ItemResult } from '../../src-preload/contract/jobs.ts'
import type { MessageState, Trouble } from '../../src-preload/contract/messages.ts'

/** `state:unknown` and `result:unknown` look alike, because they say the same. */
export type Mark =
  `state:${MessageState}` | `trouble:${Trouble}` | `result:${ItemResult}` | `dedupe:${DedupeState}`

interface Shape {
  /** Key of the word in every language. */
  readonly word: string
  readonly colour: 'stuck' | 'failed' | 'unconfirmed' | 'sent' | 'unknown' | 'waiting'
  readonly path: string
  readonly filled: boolean
}

const disc = 'M6 1.5a4.5 4.5 0 1 1 0 9 4.5 4.5 0 0 1 0-9z'
const ring = 'M6 2a4 4 0 1 1 0 8 4 4 0 0 1 0-8z'
const triangle = 'M6 1l5.2 9.5H.8z'
const diamond = 'M6 .8 11.2 6 6 11.2.8 6z'
const tick = 'M1.5 6.5l3 3L10.5 3'
const cross = 'M2.5 2.5l7 7M9.5 2.5l-7 7'
/** Three slanted stripes in a square. */
const stripes = 'M1 4.5 4.5 1h2.2L1 6.7zM1 11 11 1v2.3L3.3 11zM7.8 11 11 7.8V10l-1 1z'

const shape = (word: string, colour: Shape['colour'], path: string, filled = false): Shape => ({
  word: `words.${word}`,
  colour,
  path,
  filled,
})

export const marks: Readonly<Record<Mark, Shape>> = {
  'dedupe:ok': shape('dedupe.state.ok', 'sent', tick),
  'dedupe:weak': shape('dedupe.state.weak', 'stuck', triangle, true),
  'dedupe:broken': shape('dedupe.state.broken', 'failed', cross),
  'dedupe:unknown': shape('dedupe.state.unknown', 'unknown', stripes, true),
  'trouble:stuck': shape('trouble.stuck', 'stuck', triangle, true),
  'trouble:failed': shape('trouble.failed', 'failed', disc, true),
  'trouble:unconfirmed': shape('trouble.unconfirmed', 'unconfirmed', diamond, true),
  'state:pending': shape('state.pending', 'waiting', ring),
  'state:scheduled': shape('state.scheduled', 'waiting', `${ring}M6 4v2l1.5 1`),
  'state:in-flight': shape('state.in-flight', 'waiting', 'M2.5 2l7 4-7 4z'),
  'state:retrying': shape('state.retrying', 'waiting', 'M9.8 4.2A4.2 4.2 0 1 0 10.2 6M10 1.5v3H7'),
  'state:sent': shape('state.sent', 'sent', tick),
  'state:consumed': shape('state.consumed', 'sent', 'M.5 6.5l2.5 3 4-7M5.5 8l1.5 1.5L11 3'),
  'state:failed': shape('state.failed', 'failed', disc, true),
  'state:discarded': shape('state.discarded', 'waiting', 'M2 6h8'),
  'state:expired': shape('state.expired', 'waiting', `${ring}M3 3l6 6`),
  'state:waiting-confirm': shape('state.waiting-confirm', 'waiting', 'M6 2a4 4 0 0 1 0 8z'),
  'state:unknown': shape('state.unknown', 'unknown', stripes, true),
  'result:confirmed': shape('result.confirmed', 'sent', tick),
  'result:returned': shape('result.returned', 'failed', 'M4.5 2 1.5 5l3 3M1.5 5H8a2.5 2.5 0 0 1 0 5H6'),
  'result:refused': shape('result.refused', 'failed', cross),
  'result:unknown': shape('result.unknown', 'unknown', stripes, true),
  'result:skipped': shape('result.skipped', 'waiting', 'M2 6h8'),
  'result:parked': shape('result.parked', 'waiting', 'M3.5 2v8M8.5 2v8'),
}

/** A message shows its trouble, if it has one, else its state. */
export function messageMark(message: { state: MessageState; trouble: Trouble | null }): Mark {
  return message.trouble === null ? `state:${message.state}` : `trouble:${message.trouble}`
}
