import { describe, expect, test } from 'vitest'
import type { KeyFacts, TableFacts } from '../../src-main/domain/dedupe/facts.ts'
import { verdictOf } from '../../src-main/domain/dedupe/finding.ts'
import { judgeDedupe } from '../../src-main/domain/dedupe/judge.ts'
import type { Circumstances } from '../../src-main/domain/dedupe/judge.ts'
import { longestRetrySec, span } from '../../src-main/domain/dedupe/span.ts'
import { plain } from '../../src-main/domain/text.ts'
import { backoffSec, defaultSweepPolicy } from '../../src-main/domain/sweep-policy.ts'

const HOUR = 3_600
const DAY = 24 * HOUR

const whole = {
  name: 'inbox_pkey',
  columns: ['message_id'],
  partial: false,
  valid: true,
  deferred: false,
  cutAt: null,
}
const table: TableFacts = {
  kind: 'table',
  build: {
    table: 'public.inbox',
    kind: 'table',
    uniques: [whole],
    emptiedBy: null,
    transactions: true,
    engine: null,
  },
  ids: ['message_id'],
  pinned: [],
  sample: null,
  retentionSec: DAY,
}
const keys: KeyFacts = {
  kind: 'keys',
  pattern: 'seen:*',
  keys: 10,
  complete: true,
  endless: 0,
  livesSec: DAY,
  livesExact: true,
  server: {
    evictionPolicy: 'noeviction',
    memoryMax: 0,
    evicted: 0,
    log: 'always',
    snapshots: '',
    replicas: 0,
    replicasForWrite: 0,
  },
  retentionSec: DAY,
}
const agreeing = { receiverToSourceSec: 0.2, machineToSourceSec: -0.1 }

function findings(change: Partial<Circumstances>): string[] {
  const of = {
    facts: table,
    retrySec: null,
    oldest: { known: true, ageSec: null } as const,
    skew: agreeing,
    ...change,
  }
  return judgeDedupe(of)
    .filter(({ check }) => check !== 'unique')
    .map(({ state, says }) => `${state} ${says.say.slice('dedupe.'.length)}`)
}

function verdict(change: Partial<Circumstances>): string {
  const of = {
    facts: table,
    retrySec: null,
    oldest: { known: true, ageSec: null } as const,
    skew: agreeing,
  }
  return verdictOf(judgeDedupe({ ...of, ...change }))
}

describe('for how long a proof has to be kept', () => {
  test('the last retry comes after all waits at their longest, with the runs of the sweep between', () => {
    const policy = defaultSweepPolicy({ stuckAfterSec: 300, maxAttempts: 4 })
    const waits = [1, 2, 3].map((attempts) => backoffSec(attempts, policy.backoff, 1))
    expect(waits).toEqual([30, 120, 480])
    expect(longestRetrySec(policy)).toBe(300 + 4 * 60 + 630)
    const capped = { ...policy, attemptsMax: 1_000, backoff: { ...policy.backoff, capSec: 100 } }
    expect(longestRetrySec(capped)).toBe(300 + 1_000 * 60 + 30 + 998 * 100)
    expect(longestRetrySec({ ...policy, attemptsMax: 1 })).toBe(360)
  })

  test('a retention that the retries outlast is broken, with a minute taken off for clocks', () => {
    const retries = (retrySec: number) => findings({ retrySec })[0]
    expect(retries(DAY - 61)).toBe('ok retries')
    expect(retries(DAY - 60)).toBe('broken retries-longer')
    expect(findings({ retrySec: null })).toEqual(['ok age-none', 'ok clocks'])
  })

  test('so is one that the oldest message has outlived; nearly so is weak', () => {
    const age = (ageSec: number) => findings({ oldest: { known: true, ageSec } })[0]
    expect(age(HOUR)).toBe('ok age')
    expect(age(DAY - HOUR - 30)).toBe('weak age-near')
    expect(age(DAY - 60)).toBe('broken age-over')
    expect(findings({ oldest: { known: false, problem: 'query-timeout' } })[0]).toBe('unknown age-unknown')
  })

  test('what nothing removes is kept for ever; what nobody has said is not known', () => {
    const old = { known: true, ageSec: 900 * DAY } as const
    expect(findings({ facts: { ...table, retentionSec: null }, oldest: old, retrySec: 9 * DAY })).toEqual([
      'ok retention-none',
      'ok clocks',
    ])
    const { kind, build, ids, pinned, sample } = table
    const unsaid = { kind, build, ids, pinned, sample }
    expect(findings({ facts: unsaid })[0]).toBe('unknown retention-unsaid')
    expect(verdict({ facts: unsaid })).toBe('unknown')
  })

  test('clocks that differ shorten it by that much', () => {
    const skew = { receiverToSourceSec: -2 * HOUR, machineToSourceSec: 0 }
    const oldest = { known: true, ageSec: DAY - 2 * HOUR } as const
    expect(findings({ oldest })).toEqual(['ok age', 'ok clocks'])
    expect(findings({ oldest, skew })).toEqual(['broken age-over', 'weak clock-behind'])
    expect(findings({ skew: { receiverToSourceSec: 61, machineToSourceSec: -70 } })).toEqual([
      'ok age-none',
      'weak clock-ahead',
      'weak clock-machine',
    ])
    expect(verdict({ skew: { receiverToSourceSec: null, machineToSourceSec: null } })).toBe('unknown')
  })

  test('of keys the time counts that they really live', () => {
    const oldest = { known: true, ageSec: 2 * HOUR } as const
    expect(findings({ facts: { ...keys, livesSec: HOUR }, oldest })).toEqual([
      'broken short-lived',
      'ok memory',
      'ok disk',
      'broken age-over',
      'ok clocks',
    ])
    expect(verdict({ facts: keys, oldest })).toBe('harmless')
    // What is left of a key is no proof that it lives shorter than is said.
    const left = { ...keys, livesSec: HOUR, livesExact: false }
    expect(findings({ facts: left, oldest })[0]).toBe('unknown lives-unknown')
    expect(findings({ facts: left, oldest }).at(-2)).toBe('ok age')
    const unseen = { ...keys, keys: 0, livesSec: null, complete: false }
    expect(verdict({ facts: unseen })).toBe('unknown')
    const lasting = { ...keys, endless: 10, livesSec: null, retentionSec: null }
    const evicting = { ...keys.server, evictionPolicy: 'volatile-lru', memoryMax: 1 }
    // Only keys that end are removed by this policy.
    expect(verdict({ facts: { ...lasting, server: evicting } })).toBe('harmless')
    expect(verdict({ facts: { ...keys, server: evicting } })).toBe('not-harmless')
  })
})

test('weak leaves the verdict, unknown takes it away, broken turns it', () => {
  expect(verdict({})).toBe('harmless')
  const deferred = { ...table, build: { ...table.build, uniques: [{ ...whole, deferred: true }] } }
  expect(verdict({ facts: deferred })).toBe('harmless')
  const view = { ...table, build: { ...table.build, kind: 'view' as const } }
  expect(verdict({ facts: view })).toBe('unknown')
  const both = { facts: view, oldest: { known: true, ageSec: 2 * DAY } as const }
  expect(verdict(both)).toBe('not-harmless')
  expect(verdictOf([])).toBe('unknown')
})

test('of several indexes the one that protects counts', () => {
  const some = [
    { ...whole, name: 'part', partial: true },
    { ...whole, name: 'wider', columns: ['message_id', 'at'] },
    { ...whole, name: 'late', deferred: true },
  ]
  const told = (uniques: typeof some) => {
    const [first] = judgeDedupe({
      facts: { ...table, build: { ...table.build, uniques } },
      retrySec: null,
      oldest: { known: true, ageSec: null },
      skew: agreeing,
    })
    return `${first!.state} ${plain(first!.says.with['index'] ?? '')}`
  }
  expect(told([...some, whole])).toBe('ok inbox_pkey')
  expect(told(some)).toBe('weak late')
  expect(told(some.slice(0, 2))).toBe('broken part')
})

test('a length of time is said in the unit in which it is short', () => {
  expect([0, 119, 120, 7_199, 7_200, 172_799, 172_800].map((seconds) => span(seconds).text)).toEqual([
    '0 s',
    '119 s',
    '2 min',
    '119 min',
    '2 h',
    '47 h',
    '2 days',
  ])
})
