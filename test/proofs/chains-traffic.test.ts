import { expect, test } from 'vitest'
import { readerOf } from '../../src-main/app/audit/chain-view.ts'
import { auditPatience } from '../../src-main/app/audit/read-chains.ts'
import type { ChainsRead } from '../../src-main/app/audit/read-chains.ts'
import { startTraffic } from '../support/chain-traffic.ts'
import { openOutbox, testDatabase } from '../support/postgres.ts'
import { readAll } from '../support/read-chains.ts'

const BRIEF = { steadyMs: 50, holeMs: 300 }
const COUNTERS_MS = 1_500

test(
  'random traffic, late commits and rollbacks: whatever an audit calls missing is so, and nothing is called lost',
  { timeout: 180_000 },
  async () => {
    const database = await testDatabase()
    const reader = readerOf(await openOutbox(database), 'orders')
    const traffic = await startTraffic(database, {
      services: 8,
      chains: 12,
      rollBack: 0.05,
      slow: 0.05,
      slowMs: 400,
      random: Math.random,
    })
    const audits: ChainsRead[] = []
    const until = Date.now() + 30_000
    try {
      // With little patience transactions are found open; with more of it they end, and their holes are filled or not.
      for (let turn = 0; Date.now() < until; turn += 1) {
        const patience = { ...auditPatience, ...(turn % 2 === 0 && BRIEF), countersMs: COUNTERS_MS }
        audits.push(await readAll(reader, { patience }))
      }
    } finally {
      await traffic.stop()
    }
    const holes = audits.flatMap(({ findings }) => findings)
    for (const { kind, previousId, hole } of holes) {
      expect(kind).toBe('missing')
      expect(hole?.kind).not.toBe('lost')
      const fate = traffic.fates.get(previousId!)
      if (hole?.kind === 'rolled-back') expect(fate).toBe('rolled-back')
      if (fate === 'committed') expect(hole?.kind).toBe('in-flight')
    }
    const kinds = new Set(holes.map(({ hole }) => hole?.kind))
    expect([...kinds].sort()).toEqual(['in-flight', 'rolled-back'])
    expect(traffic.late()).toBeGreaterThan(20)
    // When all is quiet, exactly the rolled-back ones that somebody names are missing.
    const named = await database.sql(
      `select distinct prev_id as id from outbox_message r where prev_id is not null
       and not exists (select from outbox_message p where p.id = r.prev_id) order by 1`,
    )
    const last = await readAll(reader)
    const missing = last.findings.filter(({ kind }) => kind === 'missing')
    expect(missing.map(({ previousId }) => previousId).sort()).toEqual(named.map(({ id }) => id).sort())
    expect(missing.every(({ hole }) => hole?.kind === 'rolled-back')).toBe(true)
    console.log(
      `${traffic.fates.size} transactions, ${traffic.late()} committed late, ${audits.length} audits, ${holes.length} holes told`,
    )
  },
)
