import type { Engine } from '../app/engine.ts'
import type { Implementer } from './implementer.ts'
import { messageEvidence } from './message-evidence.ts'
import { required } from './signal.ts'

export function messageRoutes(os: Implementer, { messages, evidence, ports }: Engine) {
  const now = (): string => ports.clock.now().toISOString()
  return {
    list: os.messages.list.handler(async ({ input, signal }) => {
      const { source, ...query } = input
      const page = await messages.list(source, query, required(signal))
      return { ...page, messages: [...page.messages], asOf: now() }
    }),
    groups: os.messages.groups.handler(async ({ input, signal }) => {
      const result = await messages.groups(input.source, input.filter, input.by, required(signal))
      return { ...result, groups: [...result.groups], asOf: now() }
    }),
    get: os.messages.get.handler(async ({ input, signal }) => {
      const { content, deeds, notes, ...message } = await messages.show(
        input.source,
        input.id,
        required(signal),
      )
      return {
        ...message,
        payload: content.payload,
        headers: content.headers,
        deeds: [...deeds],
        notes: [...notes],
      }
    }),
    evidence: os.messages.evidence.handler(async ({ input: { source, id }, signal }) => {
      const { messageId, createdAt } = await messages.show(source, id, required(signal))
      const shown = await evidence.show(source, [{ id, messageId, createdAt }], required(signal))
      return messageEvidence(shown, 0)
    }),
  }
}
