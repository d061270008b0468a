import type { CallbackListening } from '../../domain/callback/config.ts'
import type { AskResult } from '../../domain/callback/upstream.ts'
import type { OpenCheck } from '../../domain/callback/state.ts'
import type { ServiceCall } from '../../domain/service-call.ts'
import type { CallbackStore, CheckMove } from '../../ports/callback-store.ts'
import type { EnginePorts } from '../engine-ports.ts'
import { askSender } from './asking.ts'
import type { ConfirmedNow } from './asking.ts'

/** Checks of one round. */
export const CHECKS_BATCH = 200
const SECOND_MS = 1_000

interface Checking {
  readonly ports: EnginePorts
  readonly store: CallbackStore
  readonly source: string
  /** Null: nobody is asked. */
  readonly call: ServiceCall | null
  readonly listen: CallbackListening
}

/** Answers checks that are due, when everything that the broker had is stored. */
export async function settleDue(
  { ports, store, source, call, listen }: Checking,
  due: readonly OpenCheck[],
  signal: AbortSignal,
): Promise<void> {
  const ids = due.map(({ messageId }) => messageId)
  const confirmed = await store.reading.confirmed(source, ids)
  const open = ids.filter((id) => !confirmed.has(id))
  const later = (): string =>
    new Date(ports.clock.now().getTime() + listen.delaySec * SECOND_MS).toISOString()
  const confirmedNow = async (id: string): Promise<ConfirmedNow> =>
    (await store.reading.confirmed(source, [id])).has(id) ? 'confirmed' : 'unconfirmed'
  const answered = ids.filter((id) => confirmed.has(id))
  await store.intake.moveChecks(
    source,
    answered.map((messageId) => ({ messageId, to: 'confirmed', dueAt: null })),
  )
  if (open.length === 0) return
  const asking = { source, trigger: 'callback' as const, messageIds: open, reason: null, confirmedNow }
  const results = call === null ? [] : await askSender(ports, { ...asking, call }, signal)
  const outcomes = new Map(results.map((result) => [result.messageId, result]))
  const moves = open.map((messageId): CheckMove => {
    const to = nextState(outcomes.get(messageId))
    return { messageId, to, dueAt: to === 'waiting' ? later() : null }
  })
  await store.intake.moveChecks(source, moves)
}

function nextState(result: AskResult | undefined): CheckMove['to'] {
  if (result?.asked === true) return result.outcome === 'not-needed' ? 'confirmed' : 'waiting'
  return result?.left === 'limit' ? 'person' : 'waiting'
}
