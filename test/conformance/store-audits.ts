import { expect, test } from 'vitest'
import { AUDITS_KEPT, nothingFound } from '../../src-main/domain/audit.ts'
import type { KeptFinding } from '../../src-main/domain/audit.ts'
import type { AuditEnd, NewAudit } from '../../src-main/ports/audit-store.ts'
import { draft, other, owner, wholeJournal } from '../support/store-samples.ts'
import type { WithStore } from '../support/store-samples.ts'

const fresh = (audit: string, source = 'orders'): NewAudit => ({
  audit,
  source,
  scope: { kind: 'chains', chains: ['a "quoted" chain', 'b'] },
  pace: { workers: 2, pauseMs: 5, limitSec: 60 },
  trigger: 'operator',
  operator: 'ann',
  owner,
})

const finding = (seq: number, chain: string, kind: KeptFinding['kind'] = 'fork'): KeptFinding => ({
  seq,
  kind,
  chain,
  id: '9007199254740993',
  previousId: kind === 'orphan-head' ? null : '9007199254740991',
  missingTo: null,
  hole: kind === 'missing' ? { kind: 'lost', reason: 'verified-before', detail: { verifiedTo: '7' } } : null,
})

const findings = [
  finding(1, 'b', 'missing'),
  finding(2, 'a'),
  finding(3, 'b'),
  finding(4, 'c', 'orphan-head'),
]
const ended: AuditEnd = {
  state: 'done',
  endedAt: '2026-11-21T09:00:00.000Z',
  outcome: { ...nothingFound, verdict: 'broken', findings: 4, digest: 'd' },
  findings,
  report: '{"a":1}',
  mark: { outbox: 'x', readTo: '90071992547409931', intactTo: null },
}

export function storeConformanceOfAudits(withStore: WithStore): void {
  test('an audit is begun, ends once, and is told with its findings and its report', () =>
    withStore(async ({ audits, auditWatches, journal }) => {
      const begun = await audits.begin(fresh('audit-1'), [draft('audit-begun')])
      expect(begun).toMatchObject({ state: 'running', verdict: null, endedAt: null, scope: fresh('').scope })
      expect(await audits.running()).toEqual([{ audit: begun, owner }])
      expect(await audits.report('audit-1')).toBeNull()
      const done = await audits.end('audit-1', ended, [draft('audit-ended')])
      expect(done).toEqual({ ...begun, ...ended.outcome, state: 'done', endedAt: ended.endedAt })
      expect(await audits.audit('audit-1')).toEqual(done)
      expect(await audits.running()).toEqual([])
      expect(await audits.report('audit-1')).toBe('{"a":1}')
      expect(await audits.findings('audit-1', { afterSeq: 0, limit: 10 })).toEqual(findings)
      expect(await audits.findings('audit-1', { afterSeq: 1, limit: 2 })).toEqual(findings.slice(1, 3))
      expect(await audits.findings('audit-1', { afterSeq: 0, limit: 9, chain: 'b' })).toEqual([
        findings[0],
        findings[2],
      ])
      expect(await audits.findings('audit-1', { afterSeq: 0, limit: 9, kinds: ['fork'] })).toEqual([
        findings[1],
        findings[2],
      ])
      expect(await audits.damagedChains('audit-1', 2)).toEqual({
        chains: [
          { chain: 'b', findings: 2 },
          { chain: 'a', findings: 1 },
        ],
        total: 3,
      })
      expect(await auditWatches.mark('orders', 'x')).toEqual({ readTo: '90071992547409931', intactTo: null })
      await expect(audits.end('audit-1', ended, [draft('audit-ended')])).rejects.toMatchObject({
        code: 'job-state-forbids',
      })
      await expect(audits.end('audit-9', ended, [])).rejects.toMatchObject({ code: 'audit-not-found' })
      expect((await journal.list(wholeJournal)).map(({ action }) => action)).toEqual([
        'audit-begun',
        'audit-ended',
      ])
    }))

  test('a mark belongs to one outbox of one source, and stays where an audit does not move it', () =>
    withStore(async ({ audits, auditWatches }) => {
      await audits.begin(fresh('audit-1'), [])
      await audits.end('audit-1', ended, [])
      await audits.begin(fresh('audit-2'), [])
      await audits.end('audit-2', { ...ended, mark: null }, [])
      expect(await auditWatches.mark('orders', 'x')).toEqual({ readTo: '90071992547409931', intactTo: null })
      expect(await auditWatches.mark('orders', 'y')).toBeNull()
      expect(await auditWatches.mark('other', 'x')).toBeNull()
      await audits.begin(fresh('audit-3'), [])
      await audits.end('audit-3', { ...ended, mark: { outbox: 'x', readTo: '7', intactTo: '7' } }, [])
      expect(await auditWatches.mark('orders', 'x')).toEqual({ readTo: '7', intactTo: '7' })
    }))

  test('the newest are kept with their findings, and listed from the newest in pages', () =>
    withStore(async ({ audits }) => {
      await audits.begin({ ...fresh('running'), owner: other }, [])
      await audits.begin(fresh('elsewhere', 'other'), [])
      for (let at = 1; at <= AUDITS_KEPT + 3; at += 1) {
        await audits.begin(fresh(`audit-${at}`), [])
        await audits.end(`audit-${at}`, ended, [])
      }
      const first = await audits.audits({ source: 'orders', before: null, limit: 2 })
      expect(first.map(({ audit }) => audit)).toEqual([
        `audit-${AUDITS_KEPT + 3}`,
        `audit-${AUDITS_KEPT + 2}`,
      ])
      const next = await audits.audits({ source: 'orders', before: first[1]!.audit, limit: 100 })
      expect(next.map(({ audit }) => audit).slice(-2)).toEqual(['audit-4', 'running'])
      expect(await audits.audit('audit-3')).toBeNull()
      expect(await audits.findings('audit-3', { afterSeq: 0, limit: 10 })).toEqual([])
      expect((await audits.audits({ before: null, limit: 100 })).map(({ audit }) => audit)).toContain(
        'elsewhere',
      )
    }))

  test('what is watched is kept until it is ended', () =>
    withStore(async ({ auditWatches, journal }) => {
      expect(await auditWatches.watches()).toEqual([])
      await auditWatches.setWatch('orders', 60, draft('audit-watched'))
      await auditWatches.setWatch('orders', 30, draft('audit-watched'))
      await auditWatches.setWatch('bills', 10, draft('audit-watched'))
      expect(await auditWatches.watches()).toEqual([
        { source: 'bills', everySec: 10 },
        { source: 'orders', everySec: 30 },
      ])
      await auditWatches.setWatch('orders', null, draft('audit-watched'))
      expect(await auditWatches.watches()).toEqual([{ source: 'bills', everySec: 10 }])
      expect(await journal.list(wholeJournal)).toHaveLength(4)
    }))
}
