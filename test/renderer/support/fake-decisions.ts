import { implement } from '@orpc/server'
import { decisions, type Decision, type ResolveResult } from '../../../src-preload/contract/decisions.ts'
import { changed, iso, meet, note, refuse, sourceOf, type FakeSource, type World } from './fake-world.ts'

export function fakeDecisions(world: World) {
  const os = implement(decisions)
  return {
    resolve: os.resolve.handler(async ({ input }) => {
      await meet(world, 'decisions.resolve', input.source)
      const source = sourceOf(world, input.source)
      if (source.connection.unlockedUntil === null) refuse('source-locked', { source: input.source })
      if (source.connection.environment === 'production' && input.typedCount !== input.items.length)
        refuse('count-not-typed', { count: input.items.length })
      const results = input.items.map((item) => resolveOne(world, source, { ...item, reason: input.reason }))
      changed(world)
      return { results }
    }),
    undo: os.undo.handler(async ({ input }) => {
      await meet(world, 'decisions.undo', null)
      const decision =
        world.decisions.get(input.decision) ?? refuse('decision-not-found', { decision: input.decision })
      const message = sourceOf(world, decision.source).messages.find(({ undo }) => undo === input.decision)
      if (message === undefined) refuse('undo-too-late')
      Object.assign(message, { state: 'failed', undo: null, version: `${message.version}+` })
      const undone: Decision = { ...decision, state: 'undone' }
      world.decisions.set(input.decision, undone)
      note(world, {
        action: 'undone',
        source: decision.source,
        subject: decision.decision,
        detail: { id: decision.id },
      })
      changed(world)
      return undone
    }),
    recent: os.recent.handler(async ({ input }) => ({
      decisions: [...world.decisions.values()]
        .filter(({ source }) => source === input.source)
        .toReversed()
        .slice(0, input.limit),
    })),
  }
}

interface ResolveOne {
  readonly id: string
  readonly version: string | null
  readonly reason: string
}

function resolveOne(world: World, source: FakeSource, { id, version, reason }: ResolveOne): ResolveResult {
  const message = source.messages.find((candidate) => candidate.id === id)
  if (message === undefined) return { id, decision: null, applied: false, code: 'message-not-found' }
  if (version !== null && version !== message.version)
    return { id, decision: null, applied: false, code: 'row-changed' }
  if (message.state === 'sent' || message.state === 'discarded')
    return { id, decision: null, applied: false, code: 'state-forbids' }
  const decision = `decision-${world.decisions.size + 1}`
  const at = iso(world.now())
  world.decisions.set(decision, {
    decision,
    source: source.connection.name,
    id,
    messageId: message.messageId,
    operator: world.operator,
    reason,
    at,
    state: 'applied',
  })
  message.deeds.push({
    at,
    kind: 'resolve',
    subject: decision,
    operator: world.operator,
    result: 'applied',
    code: null,
    reason,
  })
  Object.assign(message, { state: 'discarded', undo: decision, version: `${message.version}+` })
  note(world, {
    action: 'resolved',
    source: source.connection.name,
    subject: decision,
    detail: { id, reason },
  })
  return { id, decision, applied: true, code: null }
}
