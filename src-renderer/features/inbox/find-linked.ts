import type { Message } from '../../../src-preload/contract/messages.ts'
import type { MessageLink } from '../../../src-preload/contract/message-link.ts'
import type { Client } from '../../api/client.ts'
import { toApiError } from '../../api/errors.ts'

export interface Linked {
  /** Null: there is none, as far as was looked. */
  readonly message: Pick<Message, 'id' | 'messageId'> | null
  /** False: the table was not looked through to its end. */
  readonly complete: boolean
}

/** By message id, which is what people tell each other, or else by row key. */
export async function findLinked(
  client: Client,
  { source, message }: MessageLink,
  signal: AbortSignal,
): Promise<Linked> {
  const query = { source, filter: { messageId: message }, order: 'newest', cursor: null, limit: 1 } as const
  const { messages, scope } = await client.messages.list(query, { signal })
  if (messages[0] !== undefined) return { message: messages[0], complete: true }
  try {
    return { message: await client.messages.get({ source, id: message }, { signal }), complete: true }
  } catch (thrown) {
    const error = toApiError(thrown)
    if (error.code !== 'message-not-found') throw error
    return { message: null, complete: scope.complete }
  }
}
