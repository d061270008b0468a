import { say } from '../../../src-main/domain/text.ts'
import type { DedupeReport, MessageEvidence, PlanEvidence } from '../../../src-preload/contract/evidence.ts'
import type { FakePlan, World } from './fake-world.ts'

const WHERE = 'public.inbox (billing @ db-7)'

export function proof(
  verdict: MessageEvidence['verdict'],
  consumedAt: string | null = null,
): MessageEvidence {
  const reason = verdict === 'unknown' ? ('older-than-retention' as const) : null
  const times = verdict === 'consumed' ? 1 : 0
  return { verdict, reason, consumedAt, times, where: WHERE, problem: null }
}

export function evidenceOfMessage({ switches, now }: World, id: string): MessageEvidence {
  if (switches.consumed === null) return { ...proof('unknown'), reason: 'not-mapped', where: null }
  return switches.consumed(id)
    ? proof('consumed', new Date(now() - 60_000).toISOString())
    : proof('not-seen-within-retention')
}

/** `consumed`: what was left out for it, or is sent again. */
export function evidenceOfPlan(
  { switches }: World,
  { items }: Pick<FakePlan, 'items'>,
  { leftOut, included }: { leftOut: number; included: string | null },
): PlanEvidence {
  const none = { where: null, consumed: 0, notSeen: 0, problem: null, included: null }
  const { consumed } = switches
  if (consumed === null) return { ...none, unknown: [{ reason: 'not-mapped', count: items.length }] }
  const again = items.filter(({ id }) => consumed(id)).length
  return {
    ...none,
    where: WHERE,
    consumed: leftOut + again,
    notSeen: items.length - again,
    unknown: [],
    included,
  }
}

/** A receiver that refuses duplicates, unless a test says otherwise. */
export function dedupeOf({ switches, now }: World): DedupeReport {
  const { consumed, dedupe } = switches
  if (consumed === null && dedupe === null) {
    const finding = { check: 'reachable', state: 'unknown', says: say('dedupe.not-mapped') } as const
    return { where: null, verdict: 'unknown', findings: [finding], asOf: new Date(now()).toISOString() }
  }
  const says = say('dedupe.unique', { index: 'inbox_pkey', columns: 'message_id' })
  const found = dedupe ?? {
    verdict: 'harmless' as const,
    findings: [{ check: 'unique' as const, state: 'ok' as const, says }],
  }
  return { where: WHERE, ...found, asOf: new Date(now()).toISOString() }
}
