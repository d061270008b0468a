import type { Audit, AuditFinding, FindingKind } from '../../../src-preload/contract/audits.ts'

/** The order in which kinds are listed: what hurts most first. */
export const findingKinds = [
  'missing',
  'fork',
  'disorder',
  'duplicate',
  'orphan-head',
  'cycle',
] as const satisfies readonly FindingKind[]

/** What an audit says of a chain's health; one that runs says nothing yet. */
export type Health = 'running' | 'broken' | 'incomplete' | 'intact'

export function healthOf({ state, verdict }: Pick<Audit, 'state' | 'verdict'>): Health {
  // Without a verdict nothing is known: that is never intact.
  return state === 'running' ? 'running' : (verdict ?? 'incomplete')
}

/** 0 to 1 of the messages that the source thinks it has; null: it does not say. Never quite 1 while it runs. */
export function shareDone({
  progress: { messages, messagesEstimate },
}: Pick<Audit, 'progress'>): number | null {
  if (messagesEstimate === null || messagesEstimate === 0) return null
  return Math.min(0.99, messages / messagesEstimate)
}

export function secondsTaken({ startedAt, endedAt }: Audit, nowMs: number): number {
  const endMs = endedAt === null ? nowMs : Date.parse(endedAt)
  return Math.max(0, (endMs - Date.parse(startedAt)) / 1_000)
}

export interface DamagedChain {
  readonly source: string
  readonly chain: string
  readonly findings: number
  /** The audit that found it so. */
  readonly audit: string
  readonly at: string
}

export interface AuditedChains {
  readonly audit: Audit
  readonly chains: readonly { readonly chain: string; readonly findings: number }[]
}

/**
 * The damaged chains of one source as its last audits found them, the worst first. The newest audit that names a chain
 * counts; one that looked at this very chain and found nothing clears it. Audits come newest first.
 */
export function damagedOf(audits: readonly AuditedChains[]): readonly DamagedChain[] {
  const known = new Map<string, DamagedChain | null>()
  for (const { audit, chains } of audits) {
    const named = new Map(chains.map(({ chain, findings }) => [chain, findings]))
    for (const [chain, findings] of named) {
      if (known.has(chain)) continue
      const { source, startedAt } = audit
      known.set(chain, { source, chain, findings, audit: audit.audit, at: audit.endedAt ?? startedAt })
    }
    const looked = audit.scope.kind === 'chains' ? audit.scope.chains : []
    for (const chain of looked) if (!known.has(chain)) known.set(chain, null)
  }
  return [...known.values()].filter((one) => one !== null).sort(byHealth)
}

function byHealth(a: DamagedChain, b: DamagedChain): number {
  return b.findings - a.findings || a.chain.localeCompare(b.chain)
}

/** Those of one source that say how its chains are: from the newest whole audit that came to its end on. */
export function tellingAudits(audits: readonly Audit[], source: string): readonly Audit[] {
  const done = audits.filter((audit) => audit.source === source && audit.state === 'done')
  const whole = done.findIndex(({ scope }) => scope.kind === 'all')
  return whole === -1 ? done : done.slice(0, whole + 1)
}

/** `1043`, or the first and the last of several that are missing in a row. */
export function missingRange({ prevId, missingTo }: Pick<AuditFinding, 'prevId' | 'missingTo'>): string {
  return missingTo === null || missingTo === prevId ? (prevId ?? '–') : `${prevId ?? '–'}–${missingTo}`
}

const BYTES_UNITS = ['B', 'kB', 'MB', 'GB', 'TB'] as const
const BYTES_STEP = 1_000

/** A size with its unit, as people say it: three digits at most before the unit changes. */
export function sizeOf(bytes: number): { readonly value: number; readonly unit: string } {
  let [value, at] = [bytes, 0]
  while (value >= BYTES_STEP && at < BYTES_UNITS.length - 1) [value, at] = [value / BYTES_STEP, at + 1]
  return { value: Math.round(value * 10) / 10, unit: BYTES_UNITS[at] ?? 'B' }
}
