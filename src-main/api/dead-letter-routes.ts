import type { LetterDetail } from '../../src-preload/contract/dead-letters.ts'
import { restoreRecords } from '../app/dead-letters/discard-records.ts'
import { discardLetters } from '../app/dead-letters/discarding.ts'
import { planLetters } from '../app/dead-letters/plan-letters.ts'
import type { Engine } from '../app/engine.ts'
import type { LookedLetter } from '../domain/dead-letter/look.ts'
import { placeName } from '../domain/dead-letter/place.ts'
import { RedriveError } from '../domain/errors.ts'
import { deadLetterNames } from '../domain/workspace.ts'
import { letterViews } from './dead-letter-views.ts'
import type { Implementer } from './implementer.ts'
import { planNow } from './plan-now.ts'
import { required } from './signal.ts'

const STORED_TIMEOUT_MS = 3_000
const STORED_ROWS_MAX = 3

export function deadLetterRoutes(os: Implementer, engine: Engine) {
  const { connections, looking, locks, ports, changes } = engine
  const planning = { ports, connections, looking }
  const views = letterViews(engine)
  const { deadLetters: routes } = os

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
      const look = looking.get(input.look)
      const found = look.letters.find(({ id }) => id === input.id)
      if (found === undefined) throw new RedriveError('message-not-found', 'never', { id: input.id })
      const limited = AbortSignal.any([required(signal), AbortSignal.timeout(STORED_TIMEOUT_MS)])
      const [view] = await views.letters(look.place, [found])
      return {
        ...found,
        mark: view?.mark ?? null,
        stored: await storedRows(engine, look.place.broker, found, limited),
      }
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

/** Rows of the sources that deliver to this broker. One that does not answer in time is left out: it says nothing. */
async function storedRows(
  { connections }: Engine,
  broker: string,
  { messageId }: LookedLetter,
  signal: AbortSignal,
): Promise<LetterDetail['stored']> {
  if (messageId === null) return []
  const { sources } = await connections.workspace()
  const names = Object.keys(sources).filter((name) => sources[name]?.deliver?.broker === broker)
  const query = { filter: { messageId }, order: 'newest', cursor: null, limit: STORED_ROWS_MAX } as const
  const asked = names.map(async (source) => {
    const page = await connections.withOutbox(
      source,
      (outbox) => outbox.list({ ...query, budgetMs: STORED_TIMEOUT_MS }, signal),
      signal,
    )
    return page.messages.map(({ id, state, createdAt }) => ({ source, id, state, createdAt }))
  })
  const answers = await Promise.allSettled(asked)
  return answers.flatMap((answer) => (answer.status === 'fulfilled' ? answer.value : []))
}
