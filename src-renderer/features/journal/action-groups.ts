import type { JournalAction } from '../../../src-preload/contract/journal.ts'

/** How an operator asks for entries; each action belongs to exactly one group. */
export const actionGroups = {
  connections: [
    'workspace-changed',
    'source-unlocked',
    'source-locked',
    'mapping-confirmed',
    'clock-accepted',
    'store-restored',
  ],
  plans: ['plan-created', 'approval-given', 'approval-refused', 'approval-used'],
  jobs: ['job-started', 'job-continued', 'job-ended', 'job-recovered'],
  publishing: ['job-claiming', 'job-publishing', 'job-outcomes', 'job-marked'],
  settling: ['job-settling', 'job-settled'],
  sweeps: ['sweep-switched', 'sweep-begun', 'sweep-expiring', 'sweep-ended'],
  halfMessages: [
    'check-back-switched',
    'check-back-begun',
    'check-back-asking',
    'check-back-answered',
    'check-back-decided',
    'check-back-recovered',
    'check-back-overriding',
    'check-back-ended',
  ],
  deadLetters: [
    'dead-letters-looked',
    'dead-letters-discarding',
    'dead-letters-discarded',
    'dead-letters-marked',
    'dead-letters-restored',
  ],
  callback: ['callback-begun', 'callback-ended', 'upstream-asking', 'upstream-asked'],
  alerts: ['alert-fired', 'alert-repeated', 'alert-acknowledged', 'alert-resolved', 'alert-told'],
  audits: ['audit-begun', 'audit-ended', 'audit-watched'],
  notes: ['note-added', 'message-assigned'],
  operators: ['operator-added', 'operator-revoked', 'logged-in', 'logged-out', 'login-refused'],
  payloads: ['payload-viewed', 'payload-unmasked'],
  decisions: ['resolve-intended', 'resolved', 'undo-intended', 'undone', 'retry-intended', 'retried'],
} as const satisfies Readonly<Record<string, readonly JournalAction[]>>

export type ActionGroup = keyof typeof actionGroups
export const actionGroupNames = Object.keys(actionGroups) as ActionGroup[]

export function asActionGroup(text: unknown): ActionGroup | null {
  return actionGroupNames.find((name) => name === text) ?? null
}
