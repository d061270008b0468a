import type { Text } from './text.ts'

/**
 * Errors are named by what the caller must do. `code` is stable and is what the UI, the cli and scripts match on;
 * `retry` says whether trying again is safe:
 * - `never`: the request itself is wrong, somebody has to change something first;
 * - `later`: nothing happened, the same request may succeed in a moment;
 * - `unknown-effect`: it may or may not have happened, look before trying again.
 */
export type Retry = 'never' | 'later' | 'unknown-effect'

export type ErrorCode =
  // connecting
  | 'auth-failed'
  | 'host-unreachable'
  | 'database-unknown'
  | 'vhost-unknown'
  | 'tls-failed'
  | 'too-many-connections'
  | 'connection-lost'
  | 'permission-denied'
  | 'source-is-standby'
  | 'replica-not-usable'
  | 'secret-missing'
  | 'secret-command-failed'
  | 'secrets-locked'
  | 'secrets-passphrase-wrong'
  | 'secrets-file-damaged'
  // the outbox
  | 'table-missing'
  | 'table-without-key'
  | 'column-missing'
  | 'no-profile-matches'
  | 'mapping-invalid'
  | 'mapping-drifted'
  | 'mapping-unconfirmed'
  | 'mapping-unsafe'
  | 'mapping-digest-mismatch'
  | 'action-refused'
  | 'query-timeout'
  | 'source-busy'
  | 'query-failed'
  | 'message-not-found'
  | 'row-changed'
  | 'state-forbids'
  | 'payload-not-json'
  | 'headers-not-json'
  | 'outcome-unsettled'
  | 'already-consumed'
  | 'evidence-unreachable'
  | 'evidence-not-mapped'
  // the broker
  | 'exchange-missing'
  | 'topic-missing'
  | 'partition-missing'
  | 'unroutable'
  | 'broker-refused'
  | 'broker-blocked'
  | 'broker-failed'
  | 'confirm-timeout'
  | 'channel-closed'
  | 'message-too-large'
  // dead letters
  | 'queue-missing'
  | 'look-refused'
  | 'look-missing'
  | 'header-damaged'
  | 'redriven-too-often'
  | 'redriven-already'
  | 'discarded-already'
  | 'origin-unknown'
  | 'no-dead-letters'
  // looking into brokers
  | 'no-topics'
  | 'no-queues'
  | 'not-a-stream'
  | 'group-missing'
  | 'reading-missing'
  | 'management-missing'
  | 'management-absent'
  // plans, jobs, decisions
  | 'plan-invalid'
  | 'plan-digest-mismatch'
  | 'plan-not-confirmed'
  | 'plan-empty'
  | 'plan-too-large'
  | 'plan-not-found'
  | 'plan-already-run'
  | 'plan-import-unknown'
  | 'patch-invalid'
  | 'patch-failed'
  | 'payload-invalid'
  | 'edit-changes-nothing'
  | 'payload-masked'
  | 'destination-invalid'
  | 'job-not-found'
  | 'job-busy'
  | 'job-state-forbids'
  | 'count-not-typed'
  | 'name-not-typed'
  | 'source-locked'
  | 'reason-required'
  | 'decision-not-found'
  | 'undo-too-late'
  | 'process-ended'
  // guard rails
  | 'approval-required'
  | 'approval-invalid'
  | 'approval-impossible'
  | 'limit-reached'
  | 'hours-forbidden'
  | 'policy-forbids'
  | 'role-forbids'
  | 'operator-unknown'
  | 'session-over'
  | 'unlock-too-long'
  | 'brake-pulled'
  | 'check-back-not-set'
  | 'id-not-typed'
  | 'sweep-busy'
  | 'sweep-not-found'
  // second confirmation
  | 'callback-not-configured'
  | 'callback-not-running'
  | 'callback-places-missing'
  | 'callback-busy'
  // audits
  | 'audit-not-found'
  | 'audit-busy'
  | 'audit-running'
  | 'chain-not-mapped'
  | 'chain-audit-unavailable'
  | 'event-search-unavailable'
  | 'finding-not-found'
  | 'fingerprint-not-set'
  | 'time-not-mapped'
  // alerts
  | 'alert-not-found'
  // the workspace and the local store
  | 'workspace-invalid'
  | 'source-unknown'
  | 'broker-unknown'
  | 'name-in-use'
  | 'store-failed'
  | 'store-newer'
  | 'store-in-use'
  | 'backup-damaged'
  | 'store-read-only'
  | 'clock-went-back'
  | 'store-undecided'
  | 'journal-broken'
  // usage
  | 'usage'
  | 'cancelled'
  | 'internal'

/** Values for the sentence of the error: names and numbers that an operator may see. Never a secret. */
export type ErrorDetail = Readonly<Record<string, string | number | Text>>

export class RedriveError extends Error {
  override readonly name = 'RedriveError'
  readonly code: ErrorCode
  readonly retry: Retry
  readonly detail: ErrorDetail

  constructor(code: ErrorCode, retry: Retry, detail: ErrorDetail = {}, options?: ErrorOptions) {
    super(`${code} ${JSON.stringify(detail)}`, options)
    this.code = code
    this.retry = retry
    this.detail = detail
  }
}

/** Nothing can be written down: whatever it was for must not happen either, until somebody has seen to it. */
export function isOfStore(code: ErrorCode): boolean {
  return (
    code === 'store-failed' ||
    code === 'store-undecided' ||
    code === 'store-newer' ||
    code === 'store-read-only' ||
    code === 'clock-went-back'
  )
}
