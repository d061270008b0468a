import { deadLetters as contract } from '../../src-preload/contract/dead-letters.ts'
import { restoreRecords } from '../app/dead-letters/discard-records.ts'
import { discardLetters } from '../app/dead-letters/discarding.ts'
import { planLetters } from '../app/dead-letters/plan-letters.ts'
import { storedRows } from '../app/dead-letters/stored-rows.ts'
import type { Engine } from '../app/engine.ts'
import type { PayloadView } from '../app/masking/masking.ts'
import { placeName } from '../domain/dead-letter/place.ts'
import { RedriveError } from '../domain/errors.ts'
import { deadLetterNames } from '../domain/workspace.ts'
import { letterViews, maskedLetter, storedViews } from './dead-letter-views.ts'
import type { LetterViews } from './dead-letter-views.ts'
import { implementer } from './implementer.ts'
import { planNow } from './plan-now.ts'
import { required } from './signal.ts'

export function deadLetterRoutes(engine: Engine) {
  const os = implementer(engine, { deadLetters: contract })
  const { connections, looking, locks, masking, ports, changes } = engine
  const planning = { ports, connections, looking }
  const views = letterViews(engine)
  const { deadLetters: routes } = os
  const letterOf = findLetter(engine, views)

  return {
    list: routes.list.handler(async ({ signal }) => {
      const { brokers } = await connections.workspace()
      const places = Object.entries(brokers).flatMap(([broker, config]) =>
        deadLetterNames(config).map((queue) => ({ broker, queue })),
      )
      return { queues: await Promise.all(places.map((place) => views.queue(place, required(signal)))) }
    }),
    queue: routes.queue.handler(({ input, signal }) => views.queue(input, required(signal))),
    look: routes.look.handler(
      async ({ input, signal }) => await views.look(await looking.look(input, required(signal))),
    ),
    letters: routes.letters.handler(async ({ input: { look, causes, from, limit } }) => {
      const { letters, place } = looking.get(look)
      const wanted = causes === null ? null : new Set(causes)
      const narrowed = wanted === null ? letters : letters.filter(({ story }) => wanted.has(story.cause))
      const page = narrowed.slice(from, from + limit)
      return { letters: await views.letters(place, page), total: narrowed.length }
    }),
    letter: routes.letter.handler(async ({ input, signal }) => {
      const found = await letterOf(input, required(signal))
      await masking.viewed(viewOf(found))
      return maskedLetter(found, await masking.rules(found.place))
    }),
    unmask: routes.unmask.handler(async ({ input, signal }) => {
      const found = await letterOf(input, required(signal))
      await masking.unmasked(viewOf(found), input.reason)
      return maskedLetter(found, null)
    }),
    planRedrive: routes.planRedrive.handler(async ({ input, signal }) => {
      const { to, ...request } = input
      const act = { action: 'redrive', to, reason: null } as const
      return planNow(engine, await planLetters(planning, request, act, required(signal)), required(signal))
    }),
    planDiscard: routes.planDiscard.handler(async ({ input, signal }) => {
      const { reason, ...request } = input
      const act = { action: 'discard', to: null, reason } as const
      const plan = await planLetters(
        planning,
        { ...request, heldAfter: null, again: null },
        act,
        required(signal),
      )
      return planNow(engine, plan, required(signal))
    }),
    discard: routes.discard.handler(({ input, signal }) =>
      discardLetters({ ports, connections, locks, changes }, input, required(signal)),
    ),
    restore: routes.restore.handler(async ({ input: { broker, queue, ids } }) => {
      const place = placeName({ broker, queue })
      return { restored: await restoreRecords({ ports, locks, changes }, place, ids) }
    }),
  }
}

function findLetter(engine: Engine, views: LetterViews) {
  const { looking, ports } = engine
  return async (asked: { look: string; id: string }, signal: AbortSignal) => {
    const look = looking.get(asked.look)
    const found = look.letters.find(({ id }) => id === asked.id)
    if (found === undefined) throw new RedriveError('message-not-found', 'never', { id: asked.id })
    const place = placeName(look.place)
    const [view] = await views.letters(look.place, [found])
    const [stored, deeds] = await Promise.all([
      storedRows(engine, look.place.broker, found, signal),
      ports.jobReader.deeds(place, found.id),
    ])
    const now = { mark: view?.mark ?? null, stored: stored.flatMap(storedViews), deeds: [...deeds] }
    return { ...found, ...now, place }
  }
}

function viewOf(letter: { place: string; id: string; messageId: string | null }): PayloadView {
  const { place, id, messageId } = letter
  return { place, what: 'dead-letter', id, messageId, plan: null }
}
