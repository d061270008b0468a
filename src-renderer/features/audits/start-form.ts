import {
  auditPace,
  auditScope,
  type AuditPace,
  type AuditScope,
  type ReplicaUse,
} from '../../../src-preload/contract/audits.ts'

export const scopeKinds = ['all', 'new', 'chains', 'since'] as const
export type ScopeKind = (typeof scopeKinds)[number]

export interface StartForm {
  source: string | null
  kind: ScopeKind
  chain: string
  since: string
  workers: 1 | 2
  pauseMs: number | null
  limitMin: number | null
  replica: ReplicaUse
}

const MINUTE_SEC = 60

export const firstStartForm = (source: string | null): StartForm => ({
  source,
  kind: 'all',
  chain: '',
  since: '',
  workers: 1,
  pauseMs: 20,
  limitMin: 60,
  replica: 'if-current',
})

/** Null: the field that belongs to the scope does not hold what the contract takes. */
export function scopeOf({ kind, chain, since }: StartForm): AuditScope | null {
  // A chain may be called '', and an empty field is still somebody who has not typed yet.
  if (kind === 'chains' && chain === '') return null
  const said = {
    all: { kind },
    new: { kind },
    chains: { kind, chains: [chain] },
    since: { kind, id: since.trim() },
  }
  const read = auditScope.safeParse(said[kind])
  return read.success ? read.data : null
}

export function paceOf({ workers, pauseMs, limitMin, replica }: StartForm): AuditPace | null {
  const limitSec = limitMin === null ? null : Math.round(limitMin * MINUTE_SEC)
  const read = auditPace.safeParse({ workers, pauseMs, limitSec, replica })
  return read.success ? read.data : null
}
