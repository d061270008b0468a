import { RedriveError } from '../../domain/errors.ts'
import { troubles } from '../../domain/message.ts'
import type { MessageWithContent, Trouble } from '../../domain/message.ts'
import type { MessageDeed } from '../../ports/job-store.ts'
import type {
  BoundedCount,
  GroupBy,
  ListQuery,
  MessageFilter,
  MessagePage,
  Outbox,
} from '../../ports/outbox.ts'
import type { Connections } from '../connections/connections.ts'
import type { EnginePorts } from '../engine-ports.ts'
import type { Assignment, Note } from '../../domain/triage.ts'

/** An operator waits this long for a page before Redrive shows what it has. */
export const PAGE_BUDGET_MS = 1_500
export const COUNT_BUDGET_MS = 1_500

export interface MessageStory extends MessageWithContent {
  readonly deeds: readonly MessageDeed[]
  readonly notes: readonly Note[]
  readonly assignment: Assignment | null
  readonly heldBy: string | null
  /** The decision that an undo would take back. */
  readonly undo: string | null
}

export interface TroubleCounts {
  readonly troubles: readonly ({ readonly trouble: Trouble } & BoundedCount)[]
  readonly unsettled: number
}

export interface Messages {
  list(source: string, query: Omit<ListQuery, 'budgetMs'>, signal: AbortSignal): Promise<MessagePage>
  groups(
    source: string,
    filter: MessageFilter,
    by: GroupBy,
    signal: AbortSignal,
  ): ReturnType<Outbox['groups']>
  counts(source: string, signal: AbortSignal): Promise<TroubleCounts>
  /** Throws `message-not-found`. */
  show(source: string, id: string, signal: AbortSignal): Promise<MessageStory>
}

export function createMessages(ports: EnginePorts, connections: Connections): Messages {
  const { jobReader, noteStore } = ports
  return {
    list: (source, query, signal) =>
      connections.withOutbox(
        source,
        (outbox) => outbox.list({ ...query, budgetMs: PAGE_BUDGET_MS }, signal),
        signal,
      ),
    groups: (source, filter, by, signal) =>
      connections.withOutbox(source, (outbox) => outbox.groups(filter, by, COUNT_BUDGET_MS, signal), signal),
    async counts(source, signal) {
      const counted = await connections.withOutbox(
        source,
        (outbox) =>
          Promise.all(
            troubles.map(async (trouble) => ({
              trouble,
              ...(await outbox.count({ trouble }, COUNT_BUDGET_MS, signal)),
            })),
          ),
        signal,
      )
      return { troubles: counted, unsettled: await jobReader.unsettledCount(source) }
    },
    async show(source, id, signal) {
      const [message] = await connections.withOutbox(source, (outbox) => outbox.read([id], signal), signal)
      if (!message) throw new RedriveError('message-not-found', 'never', { id })
      const deeds = await jobReader.deeds(source, id)
      const held = await jobReader.held(source, [id])
      const lastDecision = deeds.find((deed) => deed.kind === 'resolve')
      const undo =
        message.state === 'discarded' && lastDecision?.result === 'applied' ? lastDecision.subject : null
      const written = await noteStore.of(source, message.messageId)
      return { ...message, ...written, deeds, heldBy: held.get(id) ?? null, undo }
    },
  }
}
