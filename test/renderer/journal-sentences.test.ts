import { describe, expect, test } from 'vitest'
import { actionGroups } from '../../src-renderer/features/journal/action-groups.ts'
import {
  entrySays,
  interruptionOf,
  outcomeCounts,
  reasonOf,
} from '../../src-renderer/features/journal/entry-sentence.ts'
import { factsOf, idsOf } from '../../src-renderer/features/journal/facts.ts'
import { createConsoleI18n } from '../../src-renderer/app/i18n/i18n.ts'
import { journalAction, type JournalEntry } from '../../src-preload/contract/journal.ts'

type Detail = JournalEntry['detail']

const says = (action: JournalEntry['action'], detail: Detail): string => {
  const { key, values, count } = entrySays({ action, detail })
  return createConsoleI18n().global.t(`journal.says.${key}`, values, count)
}

/** The details as the engine writes them. */
const examples: readonly [JournalEntry['action'], Detail, string][] = [
  ['workspace-changed', { change: 'added', kind: 'source', name: 'shop', url: 'x' }, 'Added the source shop'],
  ['workspace-changed', { change: 'removed', kind: 'broker', name: 'r', url: null }, 'Removed the broker r'],
  [
    'workspace-changed',
    { change: 'sweep', kind: 'source', name: 'shop', sweep: { everySec: 60 } },
    'Set up the sweep of shop',
  ],
  ['sweep-switched', { on: true, everySec: 60 }, 'Switched the sweep on'],
  ['sweep-switched', { on: false }, 'Switched the sweep off'],
  ['sweep-begun', { trigger: 'operator' }, 'Swept once by hand'],
  ['sweep-expiring', { ids: ['1', '2'] }, 'About to make 2 messages failed: attempts used up'],
  ['sweep-ended', { state: 'done', claimed: 1 }, 'Sweep: 1 message was due'],
  ['sweep-ended', { state: 'failed', code: 'connection-lost', reason: 'gone' }, 'Sweep failed'],
  [
    'sweep-ended',
    { state: 'failed', code: 'connection-lost', reason: 'gone', sweepStopped: true, failures: 3 },
    'Sweep failed again, and stopped by itself',
  ],
  ['sweep-ended', { state: 'stopped' }, 'Sweep ended'],
  [
    'workspace-changed',
    { change: 'alert-rule', kind: 'alert-rule', name: 'many' },
    'Wrote the alert rule many',
  ],
  ['workspace-changed', { change: 'alert-rule-removed', name: 'many' }, 'Removed the alert rule many'],
  ['alert-fired', { rule: 'many', kind: 'source', name: 'shop', value: 9 }, 'Alert many fires for shop'],
  ['alert-repeated', { rule: 'many', name: 'shop' }, 'Alert many told again for shop'],
  ['alert-acknowledged', { rule: 'many', name: 'shop' }, 'Acknowledged the alert many for shop'],
  ['alert-resolved', { rule: 'many', name: 'shop', withdrawn: false }, 'Alert many resolved for shop'],
  [
    'alert-resolved',
    { rule: 'many', name: 'shop', withdrawn: true },
    'Alert many withdrawn: the rule or shop is gone from the workspace',
  ],
  ['alert-told', { rule: 'many', attempt: 2, state: 'delivered' }, 'Webhook took the alert many, try 2'],
  [
    'alert-told',
    { rule: 'many', attempt: 1, state: 'due', reason: 'it answered 500' },
    'Webhook did not take the alert many, try 1; it is tried again',
  ],
  [
    'alert-told',
    { rule: 'many', attempt: 6, state: 'given-up', reason: 'it answered 500' },
    'Webhook did not take the alert many in 6 tries; given up',
  ],
  [
    'store-restored',
    { madeAt: '2026-01-01T00:00:00Z' },
    'Restored the store from a backup; what was done since is not in it',
  ],
  ['clock-accepted', { reason: 'NTP' }, 'Accepted the clock, which is behind the entry before'],
  ['audit-begun', { scope: { kind: 'all' } }, 'Began to audit the chains'],
  ['audit-ended', { verdict: 'intact', findings: 0 }, 'Audit: every chain is intact'],
  ['audit-ended', { verdict: 'broken', findings: 2 }, 'Audit: 2 faults in the chains'],
  ['audit-ended', { verdict: 'incomplete', findings: 2 }, 'Audit: incomplete, so nothing is proven'],
  ['audit-watched', { everySec: 60 }, 'Audits the chains on a schedule'],
  ['audit-watched', { everySec: null }, 'Stopped the scheduled audits'],
  [
    'payload-viewed',
    { what: 'message', id: '7', messageId: 'm-7' },
    'Looked at the payload of the message 7',
  ],
  ['payload-viewed', { what: 'records', id: 'reading-1' }, 'Looked at records of a topic'],
  ['payload-viewed', { what: 'of a newer Redrive', id: '7' }, 'Looked at a payload'],
  ['payload-unmasked', { what: 'dead-letter', id: '7', reason: 'why' }, 'Unmasked the dead letter 7'],
  [
    'payload-unmasked',
    { what: 'plan-file', id: 'plan-1', reason: 'why' },
    'Wrote masked payloads into the file of the plan plan-1',
  ],
  ['source-unlocked', { minutes: 1, unlockedUntil: 't' }, 'Unlocked for 1 minute'],
  ['plan-created', { items: 1, skipped: 0 }, 'Planned to resend 1 message'],
  ['job-continued', { items: 50, ended: 13 }, 'Continued with 37 messages'],
  ['job-continued', { items: 50, ended: 13, toCancel: true }, 'Took the job up again to stop it'],
  ['job-claiming', { ids: ['1', '2'] }, 'About to take 2 messages'],
  ['job-publishing', { ids: ['1'] }, 'About to publish 1 message'],
  ['job-marked', { marked: 3, leftAlone: ['9'] }, 'Marked 3 rows; 1 had changed and were left alone'],
  ['job-ended', { state: 'cancelled', ended: 1, items: 2 }, 'Job stopped by the operator'],
  ['job-recovered', { unknown: ['4'] }, 'After a crash: 1 outcome is unknown'],
  ['job-recovered', { released: ['4', '5'] }, 'Gave back 2 messages that were not published'],
  ['job-recovered', { withdrawn: ['4'] }, 'Took 1 message back before any of it went out'],
  [
    'job-recovered',
    { forgotten: ['4', '5'] },
    'The source had forgotten that 2 messages were sent: marked again, not sent again',
  ],
  [
    'job-claiming',
    { ids: ['4', '5'], confirmedBefore: ['5'] },
    'About to take 2 messages, 1 of which the broker confirmed before',
  ],
  ['job-recovered', { code: 'process-ended', ended: 1, items: 3 }, 'Took stock after an interruption'],
  [
    'job-settling',
    { as: 'sent', ids: ['1', '2'], reason: 'r' },
    'About to decide 2 unknown outcomes: were delivered',
  ],
  [
    'job-settled',
    { as: 'not-sent', marked: ['1'], leftAlone: ['2'] },
    'Decided 2 unknown outcomes: were not delivered',
  ],
  ['resolve-intended', { reason: 'r', intended: [{ decision: 'd', id: '1' }] }, 'About to resolve 1 message'],
  ['resolved', { reason: 'r', applied: ['d1', 'd2'] }, 'Resolved 2 messages'],
  ['resolved', { recovered: true, applied: true }, 'After a crash: the message was found resolved'],
  ['undone', { id: '1' }, 'Undid a resolve'],
]

describe('an entry as a sentence', () => {
  test.each(examples)('%s %j', (action, detail, sentence) => {
    expect(says(action, detail)).toBe(sentence)
  })

  test.each(journalAction.options)('%s with a detail that no version wrote still reads', (action) => {
    for (const detail of [null, 7, 'text', [], {}, { items: 'many', ids: 'none', applied: {}, as: 3 }]) {
      const words = says(action, detail)
      expect(words).not.toMatch(/journal\.says|\{|undefined|NaN/)
      expect(words.length).toBeGreaterThan(3)
    }
  })

  test('outcomes are counted over both lists', () => {
    const detail = {
      confirmed: ['1', '2'],
      others: [
        { id: '3', outcome: 'unknown', code: 'confirm-timeout', reason: 'x' },
        { id: '4', outcome: 'returned', code: 'unroutable', reason: 'y' },
        { id: '5', outcome: 'returned', code: 'unroutable', reason: 'y' },
      ],
    }
    expect(outcomeCounts(factsOf({ detail }))).toEqual([
      { outcome: 'confirmed', count: 2 },
      { outcome: 'returned', count: 2 },
      { outcome: 'unknown', count: 1 },
    ])
    expect(idsOf(factsOf({ detail }))).toEqual(['1', '2', '3', '4', '5'])
  })

  test('the reason of a person is quoted, that of a machine is not', () => {
    expect(reasonOf({ action: 'resolved', detail: { reason: 'by hand' } })).toBe('by hand')
    expect(reasonOf({ action: 'job-ended', detail: { reason: 'low on memory' } })).toBeNull()
    expect(interruptionOf({ action: 'job-ended', detail: { code: 'broker-blocked' } })).toBe('broker-blocked')
    expect(interruptionOf({ action: 'job-ended', detail: { code: 'nonsense' } })).toBeNull()
  })

  test('each action belongs to exactly one group', () => {
    const grouped = Object.values(actionGroups).flat()
    expect([...grouped].sort()).toEqual([...journalAction.options].sort())
  })
})
