import { messages as contract } from '../../src-preload/contract/messages.ts'
import type { MessageDetail } from '../../src-preload/contract/messages.ts'
import type { Engine } from '../app/engine.ts'
import type { PayloadView } from '../app/masking/masking.ts'
import type { MessageStory } from '../app/messages/messages.ts'
import type { MaskRules } from '../domain/masking.ts'
import { implementer } from './implementer.ts'
import { maskedTexts } from './masked-texts.ts'
import { messageEvidence } from './message-evidence.ts'
import { required } from './signal.ts'

export function messageRoutes(engine: Engine) {
  const { messages, evidence, masking, ports } = engine
  const os = implementer(engine, { messages: contract })
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
      const story = await messages.show(input.source, input.id, required(signal))
      await masking.viewed(viewOf(input.source, story))
      return detailOf(story, await masking.rules(input.source))
    }),
    unmask: os.messages.unmask.handler(async ({ input, signal }) => {
      const story = await messages.show(input.source, input.id, required(signal))
      await masking.unmasked(viewOf(input.source, story), input.reason)
      return detailOf(story, null)
    }),
    evidence: os.messages.evidence.handler(async ({ input: { source, id }, signal }) => {
      const { messageId, createdAt } = await messages.show(source, id, required(signal))
      const shown = await evidence.show(source, [{ id, messageId, createdAt }], required(signal))
      return messageEvidence(shown, 0)
    }),
  }
}

function viewOf(place: string, { id, messageId }: MessageStory): PayloadView {
  return { place, what: 'message', id, messageId, plan: null }
}

function detailOf(
  { content, deeds, notes, ...message }: MessageStory,
  rules: MaskRules | null,
): MessageDetail {
  return { ...message, ...maskedTexts(rules, content), deeds: [...deeds], notes: [...notes] }
}
