import type { Ceiling } from '../../domain/deed.ts'
import { UPSTREAM_RESENDS_MAX } from '../../domain/callback/config.ts'
import { judgeStatus } from '../../domain/callback/upstream.ts'
import type { AskResult, UpstreamAttempt } from '../../domain/callback/upstream.ts'
import { fillCall } from '../../domain/service-call.ts'
import type { ServiceCall } from '../../domain/service-call.ts'
import type { Json } from '../../domain/digest.ts'
import type { JournalAction, JournalDraft } from '../../domain/journal.ts'
import type { Granted, UpstreamEnd } from '../../ports/upstream-store.ts'
import type { EnginePorts } from '../engine-ports.ts'

/** Requests to the sender that are under way at a time. */
const CALLS_AT_ONCE = 4
/** Of reading the secret and of writing the outcome down, beside the call itself. */
const UNDER_WAY_MARGIN_MS = 10_000
/** Of an answer, in the reason of an attempt. */
const ANSWER_CHARS_MAX = 200

/** Ended by its own time limit only: what was begun is waited for, so that its answer is known. */
const untilAnswered = new AbortController().signal

export type ConfirmedNow = 'confirmed' | 'unconfirmed' | 'cannot-tell'

export interface Asking {
  readonly source: string
  readonly call: ServiceCall
  readonly trigger: UpstreamAttempt['trigger']
  readonly messageIds: readonly string[]
  /** An operator's; null: the callback service's own work. */
  readonly reason: string | null
  /** Limits of an act of a person. */
  readonly within?: readonly Ceiling[]
  /** Asked right before each request goes out. */
  readonly confirmedNow: (messageId: string) => Promise<ConfirmedNow>
}

/**
 * Asks the sender to resend messages: counted and journalled first, in one transaction; then, for each, looked up once more
 * and asked; then the outcomes are written down. An attempt that a crash leaves without an outcome counts, and is unknown.
 */
export async function askSender(
  ports: EnginePorts,
  asking: Asking,
  signal: AbortSignal,
): Promise<readonly AskResult[]> {
  const { upstream } = ports
  const operator = ports.operator()
  const { source, trigger, messageIds, reason, call, within = [] } = asking
  const entry = (action: JournalAction, detail: Json): JournalDraft => ({
    action,
    operator,
    source,
    subject: null,
    detail,
  })
  const { granted, left } = await upstream.begin(
    {
      source,
      messageIds,
      operator,
      trigger,
      limit: UPSTREAM_RESENDS_MAX,
      underWayMs: call.timeoutMs + UNDER_WAY_MARGIN_MS,
    },
    (attempts) => ({
      ...entry('upstream-asking', { trigger, reason, attempts: attempts.map((one) => ({ ...one })) }),
      within,
    }),
  )
  const ends = await askEach(ports, asking, granted, signal)
  if (ends.length > 0) {
    const outcomes = ends.map(({ messageId, attempt, outcome, status }) => ({
      messageId,
      attempt,
      outcome,
      status,
    }))
    await upstream.end(source, ends, entry('upstream-asked', { trigger, outcomes }))
  }
  return [
    ...ends.map((end): AskResult => ({ ...end, asked: true })),
    ...left.map(({ messageId, left: why }): AskResult => ({ messageId, asked: false, left: why })),
  ]
}

async function askEach(
  ports: EnginePorts,
  asking: Asking,
  granted: readonly Granted[],
  signal: AbortSignal,
): Promise<readonly UpstreamEnd[]> {
  const waiting = [...granted]
  const ends: UpstreamEnd[] = []
  const lane = async (): Promise<void> => {
    for (let one = waiting.shift(); one !== undefined; one = waiting.shift())
      ends.push({ ...one, ...(await askOne(ports, asking, one, signal)) })
  }
  await Promise.all(Array.from({ length: CALLS_AT_ONCE }, lane))
  return ends
}

async function askOne(
  { serviceCalls, secrets }: EnginePorts,
  { source, call, confirmedNow }: Asking,
  { messageId, attempt }: Granted,
  signal: AbortSignal,
): Promise<Omit<UpstreamEnd, keyof Granted>> {
  if (signal.aborted) return { outcome: 'not-asked', status: null, reason: 'ended before its turn' }
  const filling = fillCall(call, { source, messageId, resends: attempt })
  if (!filling.ok)
    return { outcome: 'not-asked', status: null, reason: `{${filling.name}} has no place in the url` }
  const now = await confirmedNow(messageId).catch((): ConfirmedNow => 'cannot-tell')
  if (now === 'confirmed') return { outcome: 'not-needed', status: null, reason: null }
  if (now === 'cannot-tell')
    return { outcome: 'not-asked', status: null, reason: 'whether it is confirmed could not be told' }
  const { auth, tls, timeoutMs, answerBytesMax } = call
  const reply = await serviceCalls.call(
    {
      ...filling.call,
      ...(tls === undefined ? {} : { tls }),
      ...(auth === undefined ? {} : { auth }),
      secret: async () =>
        auth === undefined
          ? null
          : secrets.resolve(`sources.${source}.callback.resend`, 'bearer' in auth ? auth.bearer : auth.value),
      timeoutMs,
      answerBytesMax,
    },
    untilAnswered,
  )
  if (!reply.ok)
    return {
      outcome: reply.failure.reached ? 'unknown' : 'refused',
      status: null,
      reason: reply.failure.reason,
    }
  const { status, body } = reply.answer
  const outcome = judgeStatus(status)
  return { outcome, status, reason: outcome === 'accepted' ? null : body.slice(0, ANSWER_CHARS_MAX) }
}
