import { alertBody, retryAfterMs } from '../../domain/alert/alert.ts'
import type { Notice } from '../../domain/alert/alert.ts'
import type { AlertWebhook } from '../../domain/alert/rule.ts'
import { named } from '../../domain/named.ts'
import { ANSWER_BYTES_MAX_DEFAULT } from '../../domain/service-call.ts'
import type { CallAuth } from '../../domain/service-call.ts'
import type { SecretRef, Workspace } from '../../domain/workspace.ts'
import type { ServiceReply } from '../../ports/service-calls.ts'
import type { EnginePorts } from '../engine-ports.ts'

/** Notices at a time. */
const AT_ONCE = 4

export type DeliveryPorts = Pick<EnginePorts, 'alerts' | 'serviceCalls' | 'secrets' | 'clock' | 'operator'>

export interface DeliverOptions {
  readonly signal: AbortSignal
  /** After every few notices that were posted, or could not be. */
  readonly tried: () => void
}

/** Name under which the secret of the webhook is kept. */
const SECRET_NAME = 'alerts.webhook'

/**
 * Posts every notice whose time has come. Each is counted as tried before it is sent, so a process that dies leaves it to the
 * next one; a receiver may see it twice, with the same `delivery`. Returns the wait until the next try; null: none is left.
 */
export async function deliverDue(
  ports: DeliveryPorts,
  workspace: Workspace,
  { signal, tried }: DeliverOptions,
): Promise<number | null> {
  let soonestMs: number | null = null
  for (;;) {
    const notices = await ports.alerts.takeNotices(AT_ONCE)
    if (notices.length === 0) return soonestMs
    const waits = await Promise.all(
      notices.map((notice) => deliver(ports, workspace, notice, signal)),
    ).finally(tried)
    for (const wait of waits) if (wait !== null) soonestMs = Math.min(soonestMs ?? wait, wait)
  }
}

async function deliver(
  ports: DeliveryPorts,
  workspace: Workspace,
  notice: Notice,
  signal: AbortSignal,
): Promise<number | null> {
  const { webhook } = workspace.alerts ?? {}
  // Without an address nothing is tried again: it was taken out of the workspace.
  const result =
    webhook === undefined
      ? { reason: 'no webhook is configured any more', final: true }
      : { reason: failureOf(await post(ports, workspace, { webhook, notice }, signal)), final: false }
  const againMs = result.reason === null || result.final ? null : retryAfterMs(notice.attempt)
  const state = result.reason === null ? 'delivered' : againMs === null ? 'given-up' : 'due'
  const { seq, event, alert, attempt } = notice
  await ports.alerts.endNotice(
    notice,
    { state, reason: result.reason, againMs: againMs ?? 0 },
    {
      action: 'alert-told',
      operator: ports.operator(),
      source: alert.subject.kind === 'source' ? alert.subject.name : null,
      subject: alert.alert,
      detail: {
        rule: alert.rule,
        event,
        delivery: `${alert.alert}/${seq}`,
        attempt,
        state,
        reason: result.reason,
      },
    },
  )
  return againMs
}

function post(
  ports: DeliveryPorts,
  workspace: Workspace,
  { webhook, notice }: { readonly webhook: AlertWebhook; readonly notice: Notice },
  signal: AbortSignal,
): Promise<ServiceReply> {
  const { url, headers, auth, tls, timeoutMs } = webhook
  const { kind, name } = notice.alert.subject
  const environment = kind === 'source' ? (named(workspace.sources, name)?.environment ?? null) : null
  const ref = secretOf(auth)
  return ports.serviceCalls.call(
    {
      method: 'POST',
      url,
      headers: { ...lowerCased(headers ?? {}), 'content-type': 'application/json' },
      body: alertBody(notice, environment),
      ...(auth === undefined ? {} : { auth }),
      ...(tls === undefined ? {} : { tls }),
      timeoutMs,
      answerBytesMax: ANSWER_BYTES_MAX_DEFAULT,
      secret: () => (ref === null ? Promise.resolve(null) : ports.secrets.resolve(SECRET_NAME, ref)),
    },
    signal,
  )
}

/** Null: it was taken. What the service wrote is not repeated: it may hold anything. */
function failureOf(reply: ServiceReply): string | null {
  if (!reply.ok) return reply.failure.reason
  const { status } = reply.answer
  return status >= 200 && status <= 299 ? null : `it answered ${status}`
}

function secretOf(auth: CallAuth | undefined): SecretRef | null {
  if (auth === undefined) return null
  return 'bearer' in auth ? auth.bearer : auth.value
}

function lowerCased(headers: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]))
}
