import { RedriveError } from '../../domain/errors.ts'
import type { AskResult, LeftReason } from '../../domain/callback/upstream.ts'
import type { Message } from '../../domain/message.ts'
import type { Changes } from '../changes.ts'
import type { Connections } from '../connections/connections.ts'
import type { Locks } from '../connections/locks.ts'
import type { EnginePorts } from '../engine-ports.ts'
import { Guards } from '../guard/guards.ts'
import { askSender } from './asking.ts'
import type { ConfirmedNow } from './asking.ts'
import { callbackOf, resendOf } from './configured.ts'
import { withConfirmations } from './confirmations.ts'
import type { Confirmations } from './confirmations.ts'

export interface AskRequest {
  readonly source: string
  /** Row ids. */
  readonly ids: readonly string[]
  readonly reason: string
  /** Production: the number of messages, typed. */
  readonly typedCount: number | null
}

interface Parts {
  readonly ports: EnginePorts
  readonly connections: Connections
  readonly locks: Locks
  readonly changes: Changes
}

/**
 * Asks the sender for messages that a person chose. Throws `source-locked`, `count-not-typed`, `callback-not-configured`;
 * `callback-not-running` where confirmations may be waiting in the broker, so that nobody can say what is unconfirmed.
 */
export async function askByHand(
  { ports, connections, locks, changes }: Parts,
  { source, ids, reason, typedCount }: AskRequest,
  signal: AbortSignal,
): Promise<readonly (AskResult & { readonly id: string })[]> {
  locks.require(source)
  if (reason.trim() === '') throw new RedriveError('reason-required', 'never')
  const { environment } = await connections.source(source)
  if (environment === 'production' && typedCount !== ids.length)
    throw new RedriveError('count-not-typed', 'never', { count: ids.length })
  const within = await new Guards(ports, connections).requireAct(source, ids.length)
  const callback = await callbackOf(connections, source)
  const call = resendOf(source, callback)
  const rows = await connections.withOutbox(source, (outbox) => outbox.read(ids, signal), signal)
  const work = async (confirmations: Confirmations): Promise<readonly AskResult[]> => {
    if (!(await confirmations.current())) throw new RedriveError('callback-not-running', 'never', { source })
    const sent = rows.filter(({ state }) => state === 'sent')
    const said = await confirmations.look(sent, signal)
    const wanted = sent.filter((_, at) => said[at]?.verdict === 'not-seen-within-retention')
    const leftOf = (at: number): LeftReason =>
      said[at]?.verdict === 'consumed' ? 'confirmed' : 'cannot-tell'
    const left = sent.flatMap(({ messageId }, at): AskResult[] =>
      said[at]?.verdict === 'not-seen-within-retention'
        ? []
        : [{ messageId, asked: false, left: leftOf(at) }],
    )
    const byId = new Map(wanted.map((row) => [row.messageId, row]))
    const confirmedNow = async (messageId: string): Promise<ConfirmedNow> =>
      again(confirmations, byId.get(messageId), signal)
    const messageIds = wanted.map(({ messageId }) => messageId)
    const asking = { source, call, trigger: 'operator' as const, messageIds, reason, confirmedNow, within }
    const asked = await askSender(ports, asking, signal)
    return [...asked, ...left]
  }
  const results = await withConfirmations({ ports, connections }, { source, callback }, work, signal)
  changes.bump()
  const answers = new Map(results.map((result) => [result.messageId, result]))
  return ids.map((id) => {
    const row = rows.find((one) => one.id === id)
    if (row === undefined) return { id, messageId: id, asked: false, left: 'not-found' }
    return { id, ...(answers.get(row.messageId) ?? notSent(row)) }
  })
}

/** Right before the request goes out. */
async function again(
  confirmations: Confirmations,
  row: Message | undefined,
  signal: AbortSignal,
): Promise<ConfirmedNow> {
  if (row === undefined || !(await confirmations.current())) return 'cannot-tell'
  const [evidence] = await confirmations.look([row], signal)
  if (evidence?.verdict === 'consumed') return 'confirmed'
  return evidence?.verdict === 'not-seen-within-retention' ? 'unconfirmed' : 'cannot-tell'
}

function notSent({ messageId }: Message): AskResult {
  return { messageId, asked: false, left: 'not-sent' }
}
