import type { JournalEntry } from '../../../src-preload/contract/journal.ts'
import { errorCode } from '../../../src-preload/contract/errors.ts'
import type { ErrorCode } from '../../../src-preload/contract/errors.ts'
import { readableId } from '../../ui/readable-id.ts'
import { countOf, factsOf, recordsOf, textOf } from './facts.ts'
import type { Facts } from './facts.ts'

/** A sentence by its key under `journal.says`; `count` chooses the plural. */
export interface Says {
  readonly key: string
  readonly values: Readonly<Record<string, string | number>>
  readonly count: number
}

export interface OutcomeCount {
  readonly outcome: 'confirmed' | 'returned' | 'refused' | 'unknown' | 'skipped'
  readonly count: number
}

const OUTCOMES = ['confirmed', 'returned', 'refused', 'unknown', 'skipped'] as const

const plain = (key: string): Says => ({ key, values: {}, count: 1 })

/** With a count the full sentence, without it the one that says only what was done. */
function counted(key: string, plainKey: string, count: number | null, values: Says['values'] = {}): Says {
  return count === null ? plain(plainKey) : { key, values: { ...values, n: count }, count }
}

function workspace(facts: Facts): Says {
  const change = textOf(facts, 'change')
  const kind = textOf(facts, 'kind')
  const name = textOf(facts, 'name')
  if (change === 'alert-rule' && name !== null)
    return { key: 'workspace.alertRule', values: { name }, count: 1 }
  if (change === 'alert-rule-removed' && name !== null)
    return { key: 'workspace.alertRuleRemoved', values: { name }, count: 1 }
  if (change === 'check-back' && name !== null)
    return { key: 'workspace.checkBack', values: { name }, count: 1 }
  if (change === 'sweep' && name !== null) return { key: 'workspace.sweep', values: { name }, count: 1 }
  const known = change === 'added' || change === 'changed' || change === 'removed'
  if (!known || (kind !== 'source' && kind !== 'broker') || name === null) return plain('workspace.other')
  return { key: `workspace.${change}.${kind}`, values: { name }, count: 1 }
}

function ofOperator(key: string, facts: Facts): Says {
  const values = { name: textOf(facts, 'name') ?? '?', role: textOf(facts, 'role') ?? '?' }
  return { key, values, count: 1 }
}

function loggedOutBy(facts: Facts): string {
  const why = textOf(facts, 'why')
  return why === 'idle' || why === 'over' || why === 'revoked' ? why : 'self'
}

function planned(facts: Facts): Says {
  const skipped = countOf(facts, 'skipped') ?? 0
  const items = countOf(facts, 'items') ?? 0
  return { key: skipped > 0 ? 'plannedSkips' : 'planned', values: { n: items, skipped }, count: items }
}

/** Outcomes of an entry, those that happened. */
export function outcomeCounts(facts: Facts): OutcomeCount[] {
  const others = recordsOf(facts, 'others').map((other) => textOf(other, 'outcome'))
  return OUTCOMES.map((outcome) => ({
    outcome,
    count: (countOf(facts, outcome) ?? 0) + others.filter((other) => other === outcome).length,
  })).filter(({ count }) => count > 0)
}

function marked(facts: Facts): Says {
  const count = countOf(facts, 'marked') ?? 0
  const left = countOf(facts, 'leftAlone') ?? 0
  return { key: left > 0 ? 'markedLeft' : 'marked', values: { n: count, left }, count }
}

function recovered(facts: Facts): Says {
  const unknown = countOf(facts, 'unknown')
  if (unknown !== null && unknown > 0)
    return { key: 'recoveredUnknown', values: { n: unknown }, count: unknown }
  const withdrawn = countOf(facts, 'withdrawn')
  if (withdrawn !== null) return counted('recoveredWithdrawn', 'recoveredPlain', withdrawn)
  const forgotten = countOf(facts, 'forgotten')
  if (forgotten !== null) return counted('recoveredForgotten', 'recoveredPlain', forgotten)
  return counted('recovered', 'recoveredPlain', countOf(facts, 'released'))
}

function claiming(facts: Facts): Says {
  const n = items(facts) ?? 0
  const before = countOf(facts, 'confirmedBefore') ?? 0
  if (before === 0) return counted('claiming', 'claiming', n)
  return { key: 'claimingAgain', values: { n, before }, count: n }
}

function settlement(stem: 'settling' | 'settled', facts: Facts): Says {
  const as = textOf(facts, 'as')
  const settled = countOf(facts, 'marked')
  const count = settled === null ? countOf(facts, 'ids') : settled + (countOf(facts, 'leftAlone') ?? 0)
  if (count === null || (as !== 'sent' && as !== 'not-sent')) return plain(`${stem}Plain`)
  return { key: `${stem}.${as}`, values: { n: count }, count }
}

function continued(facts: Facts): Says {
  if (facts['toCancel'] === true) return plain('continuedToCancel')
  const items = countOf(facts, 'items')
  const done = countOf(facts, 'ended')
  return counted('continued', 'continuedPlain', items === null || done === null ? null : items - done)
}

function resolved(facts: Facts): Says {
  // After a crash: whether the row carries the decision was found out later.
  if (facts['recovered'] === true)
    return plain(facts['applied'] === true ? 'foundResolved' : 'foundNotResolved')
  return counted('resolved', 'resolvedPlain', countOf(facts, 'applied'))
}

function ended(facts: Facts): Says {
  const state = textOf(facts, 'state')
  const known = state === 'done' || state === 'cancelled' || state === 'interrupted' || state === 'running'
  return plain(known ? `ended.${state}` : 'endedPlain')
}

function sweepEnded(facts: Facts): Says {
  if (facts['sweepStopped'] === true) return plain('sweepStopped')
  if (textOf(facts, 'state') === 'failed') return plain('sweepFailed')
  return counted('sweepEnded', 'sweepEndedPlain', countOf(facts, 'claimed'))
}

function checkBackEnded(facts: Facts): Says {
  if (facts['scheduleStopped'] === true) return plain('checkBackStopped')
  if (textOf(facts, 'state') === 'failed') return plain('checkBackFailed')
  return counted('checkBackEnded', 'checkBackEndedPlain', countOf(facts, 'asked'))
}

function halfDecided(facts: Facts): Says {
  if (facts['overridden'] === true) {
    return plain(textOf(facts, 'decision') === 'commit' ? 'halfOverridden.commit' : 'halfOverridden.rollback')
  }
  const committed = countOf(facts, 'committed') ?? 0
  const rolledBack = countOf(facts, 'rolledBack') ?? 0
  return { key: 'halfDecided', values: { committed, rolledBack }, count: 1 }
}

function auditEnded(facts: Facts): Says {
  const verdict = textOf(facts, 'verdict')
  const known = verdict === 'intact' || verdict === 'incomplete'
  if (known) return plain(`auditEnded.${verdict}`)
  return counted('auditEnded.broken', 'auditEnded.plain', countOf(facts, 'findings'))
}

/** Names the rule and what it watches: the entry of a broker has no source. */
function alerted(stem: string): (facts: Facts) => Says {
  return (facts) => {
    const key = stem === 'resolved' && facts['withdrawn'] === true ? 'withdrawn' : stem
    const values = { rule: textOf(facts, 'rule') ?? '?', name: textOf(facts, 'name') ?? '?' }
    return { key: `alert.${key}`, values, count: 1 }
  }
}

function alertTold(facts: Facts): Says {
  const state = textOf(facts, 'state')
  const known = state === 'delivered' || state === 'due' || state === 'given-up'
  const values = { rule: textOf(facts, 'rule') ?? '?', attempt: countOf(facts, 'attempt') ?? 1 }
  return { key: known ? `alertTold.${state}` : 'alertTold.plain', values, count: 1 }
}

function assigned(facts: Facts): Says {
  const assignee = textOf(facts, 'assignee')
  if (assignee === null) return plain('released')
  return { key: 'assigned', values: { assignee }, count: 1 }
}

const PAYLOADS = {
  viewed: {
    message: 'message',
    'dead-letter': 'letter',
    record: 'record',
    records: 'records',
    'plan-item': 'planItem',
    parked: 'parked',
  },
  unmasked: { message: 'message', 'dead-letter': 'letter', record: 'record', 'plan-file': 'planFile' },
} as const

function ofPayload(act: keyof typeof PAYLOADS, facts: Facts): Says {
  const kinds: Readonly<Record<string, string>> = PAYLOADS[act]
  const kind = kinds[textOf(facts, 'what') ?? '']
  const id = textOf(facts, 'id')
  if (kind === undefined || id === null) return plain(`${act}.other`)
  return { key: `${act}.${kind}`, values: { id: readableId(id) }, count: 1 }
}

const items = (facts: Facts): number | null => countOf(facts, 'items', 'ids')

const sentences: Readonly<Record<JournalEntry['action'], (facts: Facts) => Says>> = {
  'workspace-changed': workspace,
  'source-unlocked': (facts) => counted('unlocked', 'unlockedPlain', countOf(facts, 'minutes')),
  'source-locked': () => plain('locked'),
  'plan-created': planned,
  'job-started': (facts) => counted('started', 'startedPlain', items(facts)),
  'job-continued': continued,
  'job-claiming': claiming,
  'job-publishing': (facts) => counted('publishing', 'publishing', items(facts) ?? 0),
  'job-outcomes': (facts) => plain(outcomeCounts(facts).length > 0 ? 'outcomes' : 'outcomesPlain'),
  'job-marked': marked,
  'job-ended': ended,
  'job-recovered': recovered,
  'job-settling': (facts) => settlement('settling', facts),
  'job-settled': (facts) => settlement('settled', facts),
  'resolve-intended': (facts) =>
    counted('resolveIntended', 'resolveIntendedPlain', countOf(facts, 'intended')),
  resolved,
  'undo-intended': () => plain('undoIntended'),
  undone: () => plain('undone'),
  'mapping-confirmed': () => plain('mappingConfirmed'),
  'retry-intended': (facts) => counted('retryIntended', 'retryIntendedPlain', items(facts)),
  retried: (facts) => counted('retried', 'retriedPlain', countOf(facts, 'applied')),
  'sweep-switched': (facts) => plain(facts['on'] === true ? 'sweepSwitched.on' : 'sweepSwitched.off'),
  'sweep-begun': () => plain('sweepBegun'),
  'sweep-expiring': (facts) => counted('sweepExpiring', 'sweepEndedPlain', items(facts)),
  'sweep-ended': sweepEnded,
  'check-back-switched': (facts) =>
    plain(facts['on'] === true ? 'checkBackSwitched.on' : 'checkBackSwitched.off'),
  'check-back-begun': () => plain('checkBackBegun'),
  'check-back-asking': (facts) =>
    counted('checkBackAsking', 'checkBackEndedPlain', countOf(facts, 'messages')),
  'check-back-answered': (facts) =>
    counted('checkBackAnswered', 'checkBackEndedPlain', countOf(facts, 'answers')),
  'check-back-decided': halfDecided,
  'check-back-recovered': () => plain('checkBackRecovered'),
  'check-back-overriding': (facts) => {
    const says = textOf(facts, 'decision') === 'commit' ? 'commit' : 'rollback'
    return plain(`checkBackOverriding.${says}`)
  },
  'check-back-ended': checkBackEnded,
  'dead-letters-looked': (facts) =>
    counted('lettersLooked', 'lettersLookedPlain', countOf(facts, 'messages')),
  'dead-letters-discarding': (facts) =>
    counted('lettersDiscarding', 'lettersDiscardedPlain', countOf(facts, 'ids')),
  'dead-letters-discarded': (facts) =>
    counted('lettersDiscarded', 'lettersDiscardedPlain', countOf(facts, 'removed')),
  'dead-letters-marked': (facts) => counted('lettersMarked', 'lettersMarkedPlain', countOf(facts, 'ids')),
  'dead-letters-restored': (facts) =>
    counted('lettersRestored', 'lettersRestoredPlain', countOf(facts, 'ids')),
  'callback-begun': () => plain('callbackBegun'),
  'callback-ended': () => plain('callbackEnded'),
  'upstream-asking': (facts) => counted('upstreamAsking', 'upstreamPlain', countOf(facts, 'attempts')),
  'upstream-asked': (facts) => counted('upstreamAsked', 'upstreamPlain', countOf(facts, 'outcomes')),
  'alert-fired': alerted('fired'),
  'alert-repeated': alerted('repeated'),
  'alert-acknowledged': alerted('acknowledged'),
  'alert-resolved': alerted('resolved'),
  'alert-told': alertTold,
  'note-added': () => plain('noted'),
  'message-assigned': assigned,
  'payload-viewed': (facts) => ofPayload('viewed', facts),
  'payload-unmasked': (facts) => ofPayload('unmasked', facts),
  'clock-accepted': () => plain('clockAccepted'),
  'store-restored': () => plain('storeRestored'),
  'operator-added': (facts) => ofOperator('operatorAdded', facts),
  'operator-revoked': (facts) => ofOperator('operatorRevoked', facts),
  'logged-in': (facts) => ofOperator('loggedIn', facts),
  'logged-out': (facts) => ofOperator(`loggedOut.${loggedOutBy(facts)}`, facts),
  'login-refused': (facts) => {
    const count = countOf(facts, 'times') ?? 1
    return { key: 'loginRefused', values: { name: textOf(facts, 'name') ?? '?', n: count }, count }
  },
  'approval-given': (facts) => ({
    key: 'approvalGiven',
    values: { approver: textOf(facts, 'approver') ?? '?' },
    count: 1,
  }),
  'approval-refused': (facts) =>
    plain(textOf(facts, 'problem') === 'none' ? 'approvalMissing' : 'approvalRefused'),
  'approval-used': () => plain('approvalUsed'),
  'audit-begun': () => plain('auditBegun'),
  'audit-ended': auditEnded,
  'audit-watched': (facts) => plain(facts['everySec'] === null ? 'auditWatched.off' : 'auditWatched.on'),
}

/** How one entry reads, without who did it: that is a column of its own. */
export function entrySays(entry: Pick<JournalEntry, 'action' | 'detail'>): Says {
  return sentences[entry.action](factsOf(entry))
}

const REASONED: ReadonlySet<JournalEntry['action']> = new Set([
  'source-unlocked',
  'plan-created',
  'job-settling',
  'job-settled',
  'resolve-intended',
  'resolved',
  'dead-letters-discarding',
  'dead-letters-discarded',
  'dead-letters-marked',
  'check-back-overriding',
  'upstream-asking',
  'alert-told',
  'payload-unmasked',
  'clock-accepted',
  'store-restored',
])

/** The operator's own words in an entry, or why a webhook did not take it; null where the action asks for none. */
export function reasonOf(entry: Pick<JournalEntry, 'action' | 'detail'>): string | null {
  return REASONED.has(entry.action) ? textOf(factsOf(entry), 'reason') : null
}

const ENDS: ReadonlySet<JournalEntry['action']> = new Set([
  'job-ended',
  'job-recovered',
  'sweep-ended',
  'check-back-ended',
])

/** Why a job stopped before its end, as an error code; null where it did not. */
export function interruptionOf(entry: Pick<JournalEntry, 'action' | 'detail'>): ErrorCode | null {
  if (!ENDS.has(entry.action)) return null
  return errorCode.safeParse(factsOf(entry)['code']).data ?? null
}
