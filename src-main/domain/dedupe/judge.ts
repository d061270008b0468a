import { RETENTION_MARGIN_SEC } from '../evidence.ts'
import { say } from '../text.ts'
import { judgeKeys } from './judge-keys.ts'
import { judgeTable } from './judge-table.ts'
import type { DedupeFacts } from './facts.ts'
import type { DedupeFinding } from './finding.ts'
import { span } from './span.ts'

/** A message that outlives its proof within so many seconds is resent now or not at all. */
const NEAR_SEC = 3_600

/** The oldest message that could be resent now; `none`: there is none. */
export type Oldest =
  | { readonly known: true; readonly ageSec: number | null }
  | { readonly known: false; readonly problem: string }

/** Seconds by which one clock is ahead of another; null: one of them could not be asked. */
export interface Skew {
  readonly receiverToSourceSec: number | null
  readonly machineToSourceSec: number | null
}

export interface Circumstances {
  readonly facts: DedupeFacts
  /** From the moment a message is stored to its last attempt; null: no policy of a sweep is written down. */
  readonly retrySec: number | null
  readonly oldest: Oldest
  readonly skew: Skew
}

/** Every finding, in the order in which a person reads them. */
export function judgeDedupe(of: Circumstances): readonly DedupeFinding[] {
  const { facts, skew } = of
  return [...judgeWay(facts), ...judgeRetention(of), ...judgeClocks(skew)]
}

/** How a second delivery is noticed. */
function judgeWay(facts: DedupeFacts): readonly DedupeFinding[] {
  if (facts.kind === 'table') return judgeTable(facts)
  if (facts.kind === 'keys') return judgeKeys(facts)
  return [{ check: 'unique', state: 'unknown', says: say('dedupe.log', { log: facts.log }) }]
}

/** For how long a proof is there, at the least: by what is said, by what was seen, and less what the clocks may be off. */
function judgeRetention({ facts, retrySec, oldest, skew }: Circumstances): readonly DedupeFinding[] {
  const said = facts.retentionSec
  // What is left of a key is less than what it lives: it counts where nothing else is said.
  const lived = facts.kind === 'keys' && (facts.livesExact || said === null) ? facts.livesSec : null
  if (said === undefined) return [{ check: 'age', state: 'unknown', says: say('dedupe.retention-unsaid') }]
  if (said === null && lived === null)
    return [{ check: 'age', state: 'ok', says: say('dedupe.retention-none') }]
  const keptSec = Math.min(said ?? Infinity, lived ?? Infinity)
  const sureSec = keptSec - RETENTION_MARGIN_SEC - Math.abs(skew.receiverToSourceSec ?? 0)
  const retries = retrySec === null ? [] : [judgeRetries({ keptSec, sureSec }, retrySec)]
  return [...retries, judgeAge({ keptSec, sureSec }, oldest)]
}

interface Kept {
  readonly keptSec: number
  /** The same less everything that is not sure. */
  readonly sureSec: number
}

function judgeRetries({ keptSec, sureSec }: Kept, retrySec: number): DedupeFinding {
  const says = { retention: span(keptSec), span: span(retrySec) }
  return sureSec > retrySec
    ? { check: 'retries', state: 'ok', says: say('dedupe.retries', says) }
    : { check: 'retries', state: 'broken', says: say('dedupe.retries-longer', says) }
}

function judgeAge({ keptSec, sureSec }: Kept, oldest: Oldest): DedupeFinding {
  const retention = span(keptSec)
  if (!oldest.known)
    return { check: 'age', state: 'unknown', says: say('dedupe.age-unknown', { problem: oldest.problem }) }
  const { ageSec } = oldest
  if (ageSec === null) return { check: 'age', state: 'ok', says: say('dedupe.age-none', { retention }) }
  const age = span(ageSec)
  const leftSec = sureSec - ageSec
  if (leftSec <= 0) return { check: 'age', state: 'broken', says: say('dedupe.age-over', { age, retention }) }
  if (leftSec < NEAR_SEC) {
    const says = say('dedupe.age-near', { age, retention, left: span(leftSec) })
    return { check: 'age', state: 'weak', says }
  }
  return { check: 'age', state: 'ok', says: say('dedupe.age', { age, retention }) }
}

function judgeClocks({ receiverToSourceSec, machineToSourceSec }: Skew): readonly DedupeFinding[] {
  if (receiverToSourceSec === null || machineToSourceSec === null)
    return [{ check: 'clocks', state: 'unknown', says: say('dedupe.clocks-unknown') }]
  const found: DedupeFinding[] = []
  const far = (seconds: number): boolean => Math.abs(seconds) > RETENTION_MARGIN_SEC
  if (far(receiverToSourceSec)) {
    const by = span(Math.abs(receiverToSourceSec))
    const says =
      receiverToSourceSec > 0 ? say('dedupe.clock-ahead', { by }) : say('dedupe.clock-behind', { by })
    found.push({ check: 'clocks', state: 'weak', says })
  }
  if (far(machineToSourceSec)) {
    const says = say('dedupe.clock-machine', { by: span(Math.abs(machineToSourceSec)) })
    found.push({ check: 'clocks', state: 'weak', says })
  }
  if (found.length > 0) return found
  const by = span(
    Math.max(1, Math.ceil(Math.max(Math.abs(receiverToSourceSec), Math.abs(machineToSourceSec)))),
  )
  return [{ check: 'clocks', state: 'ok', says: say('dedupe.clocks', { by }) }]
}
