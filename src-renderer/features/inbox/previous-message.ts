import type { MessageDetail } from '../../../src-preload/contract/messages.ts'
import type { Client } from '../../api/client.ts'
import { toApiError } from '../../api/errors.ts'

interface Link {
  readonly source: string
  readonly chainKey: string
  readonly previousId: string
}

/**
 * The message that another one names as the one before it: by its row, or by its message id, as the layout has it. Null:
 * none of this chain is called so.
 */
export async function previousMessage(
  client: Client,
  { source, chainKey, previousId }: Link,
  signal: AbortSignal,
): Promise<MessageDetail | null> {
  const byRow = await found(client, source, previousId, signal)
  if (byRow?.chain?.key === chainKey) return byRow
  const page = await client.messages.list(
    { source, filter: { chainKey, messageId: previousId }, order: 'newest', cursor: null, limit: 1 },
    { signal },
  )
  const id = page.messages[0]?.id
  return id === undefined ? null : found(client, source, id, signal)
}

async function found(
  client: Client,
  source: string,
  id: string,
  signal: AbortSignal,
): Promise<MessageDetail | null> {
  try {
    return await client.messages.get({ source, id }, { signal })
  } catch (thrown) {
    if (toApiError(thrown).code === 'message-not-found') return null
    throw thrown
  }
}
