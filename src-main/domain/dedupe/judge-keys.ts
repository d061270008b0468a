import { say } from '../text.ts'
import type { DedupeFinding } from './finding.ts'
import type { KeyFacts } from './facts.ts'
import { span } from './span.ts'

/** A key may be looked at a moment after it was set, and the server counts whole seconds of rest. */
const LIFETIME_SLACK_SEC = 5

/** Of keys in Redis: whether they live as long as is said, and what takes them away before. */
export function judgeKeys(facts: KeyFacts): readonly DedupeFinding[] {
  if (facts.keys === 0) {
    const { pattern, complete } = facts
    const says = complete ? say('dedupe.keys-none', { pattern }) : say('dedupe.keys-unseen', { pattern })
    return [{ check: 'unique', state: 'unknown', says }, judgeEviction(facts), ...judgeDisk(facts)]
  }
  const unique: DedupeFinding = { check: 'unique', state: 'ok', says: say('dedupe.keys') }
  return [unique, judgeLifetime(facts), judgeEviction(facts), ...judgeDisk(facts)]
}

function judgeLifetime({ keys, endless, livesSec, livesExact, retentionSec }: KeyFacts): DedupeFinding {
  const finding = (state: DedupeFinding['state'], says: DedupeFinding['says']): DedupeFinding => ({
    check: 'lifetime',
    state,
    says,
  })
  if (livesSec === null) {
    return retentionSec === null
      ? finding('ok', say('dedupe.endless', { keys }))
      : finding('weak', say('dedupe.endless-some', { endless, keys, retention: span(retentionSec) }))
  }
  const lives = span(livesSec)
  if (retentionSec === null) return finding('broken', say('dedupe.not-endless', { keys, lives }))
  const retention = span(retentionSec)
  if (livesSec < retentionSec - LIFETIME_SLACK_SEC) {
    return livesExact
      ? finding('broken', say('dedupe.short-lived', { keys, lives, retention }))
      : finding('unknown', say('dedupe.lives-unknown', { keys, lives, retention }))
  }
  if (endless > 0) return finding('weak', say('dedupe.endless-some', { endless, keys, retention }))
  return finding('ok', say('dedupe.lives', { keys, lives, retention }))
}

function judgeEviction({ server, keys, endless }: KeyFacts): DedupeFinding {
  const { evictionPolicy: policy, memoryMax, evicted } = server
  const finding = (state: DedupeFinding['state'], says: DedupeFinding['says']): DedupeFinding => ({
    check: 'kept',
    state,
    says,
  })
  if (policy === null) return finding('unknown', say('dedupe.memory-unknown'))
  const spared = policy.startsWith('volatile-') && keys > 0 && endless === keys
  if (policy === 'noeviction' || spared) return finding('ok', say('dedupe.memory', { policy }))
  if (memoryMax === 0) return finding('weak', say('dedupe.memory-unlimited', { policy }))
  return finding('broken', say('dedupe.memory-full', { policy, evicted: evicted ?? 0 }))
}

function judgeDisk({ server }: KeyFacts): readonly DedupeFinding[] {
  const { log, snapshots, replicas, replicasForWrite } = server
  const finding = (state: DedupeFinding['state'], says: DedupeFinding['says']): DedupeFinding => ({
    check: 'kept',
    state,
    says,
  })
  if (log === null || (log === 'off' && snapshots === null))
    return [finding('unknown', say('dedupe.disk-unknown'))]
  const failover =
    replicas > 0 && replicasForWrite === 0 ? [finding('weak', say('dedupe.failover', { replicas }))] : []
  if (log === 'always') return [finding('ok', say('dedupe.disk')), ...failover]
  if (log !== 'off') return [finding('weak', say('dedupe.disk-late', { mode: log })), ...failover]
  const says =
    snapshots === '' ? say('dedupe.disk-none') : say('dedupe.disk-snapshots', { save: snapshots ?? '' })
  return [finding(snapshots === '' ? 'broken' : 'weak', says), ...failover]
}
