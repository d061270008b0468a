/** Why an act needs a second person, and why what was handed in as their yes does not count. */
export const guardTexts = {
  'guard.above': '{count} messages are more than the {above} that one person may act on within an hour',
  'guard.lately':
    '{count} messages and {lately} that were acted on within the last hour are more than the {above} that one person may act on',
  'guard.lost': 'the journal does not say when it was begun, so nobody can tell what was done in that hour',
  'guard.broken':
    'the journal of the last hour was changed outside Redrive, so nobody can tell what was done in it',
  'guard.sweeps': 'sweeps may send {limit} messages within an hour, and have',
  'guard.per-action': '{count} messages are more than the {limit} that one action may be about',
  'guard.per-hour': '{limit} messages may be sent or decided within an hour, sweeps included',
  'guard.hours': 'from {from} to {to} ({timeZone}) nothing is sent or decided',
  'guard.environment': 'its environment and its address are guarded by the policy of {environment}',
  'role.viewer': 'a viewer',
  'role.operator': 'an operator',
  'role.approver': 'an approver',
  'role.administrator': 'an administrator',
  'guard.removal': 'the policy of {environment} guards it',
  'plan.before-restore':
    'the store was restored from a backup at {at}, and what this plan is about may have been sent before that: make it anew',
  'approval.unreadable': 'it is no approval that Redrive can read',
  'approval.another-plan': 'it is the approval of another plan, or of this one before it was changed',
  'approval.approver-unknown': 'the workspace names no such approver for this environment',
  'approval.signature-wrong': 'its signature is not by the key that the workspace has for this approver',
  'approval.same-person': 'its approver made the plan or runs it; a second person is needed',
  'approval.not-yet-valid': 'it was signed in the future by the clock of this computer',
  'approval.valid-too-long': 'it is good for longer than the workspace allows',
  'approval.expired': 'its time is over',
} as const
