import { describe, expect, test } from 'vitest'
import { createCollector } from '../../src-main/app/audit/collector.ts'
import { byPlace, fillChains, plantFaults } from '../support/chain-generator.ts'
import type { GeneratorOptions, Planted } from '../support/chain-generator.ts'
import { openChains } from '../support/chain-tables.ts'
import { freeShape, freeTable, fullPace, indexFreeTable } from '../support/free-chains.ts'
import { testDatabase } from '../support/postgres.ts'

const ROWS = 200_000
const never = new AbortController().signal
const whole = { above: null, upTo: null }

describe.each([
  ['100 chains', 100],
  ['2,000 chains', 2_000],
  ['100,000 chains', 100_000],
])('faults of every kind among 200,000 messages in %s', (_, chains) => {
  test.each([
    ['with the covering index', true],
    ['without an index', false],
  ])('are found %s: all of them, and nothing else', { timeout: 120_000 }, async (_name, indexed) => {
    const database = await testDatabase({ empty: true })
    await freeTable(database, false)
    const options: GeneratorOptions = { table: 'free', rows: ROWS, chains, each: 5, payload: 40 }
    await fillChains(database, options)
    const planted = await plantFaults(database, options)
    if (indexed) await indexFreeTable(database)
    await database.sql('vacuum analyze free_chain')
    const reader = await openChains(database, 'free_chain', freeShape)
    expect((await reader.method(never)).reading).toBe(indexed ? 'index' : 'scan')
    for (const workers of [1, 2] as const) {
      const pace = { ...fullPace, workers }
      const suspicious: string[] = []
      let messages = 0
      await reader.survey(
        { pace, seed: '7' },
        (part) => {
          messages += part.messages
          suspicious.push(...part.suspicious)
        },
        never,
      )
      const collector = createCollector('linked')
      const walk = { chains: suspicious, bounds: whole, pace, counted: false }
      await reader.walk(walk, (some) => collector.take(some), never)
      const found = collector
        .kept()
        .map(({ kind, chain, id, previousId }): Planted => ({ kind, chain, id, prevId: previousId }))
      expect(found.sort(byPlace)).toEqual([...planted].sort(byPlace))
      expect(new Set(suspicious)).toEqual(new Set(planted.map(({ chain }) => chain)))
      const [row] = await database.sql('select count(*) as n from free_chain')
      expect(String(messages)).toBe(row?.['n'])
    }
  })
})
