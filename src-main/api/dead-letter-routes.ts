import type {
  DeadLetterQueue,
  LetterDetail,
  Look as ApiLook,
} from '../../src-preload/contract/dead-letters.ts'
import type { Look } from '../app/dead-letters/looking.ts'
import { restoreRecords } from '../app/dead-letters/discard-records.ts'
import { discardLetters } from '../app/dead-letters/discarding.ts'
import { planLetters } from '../app/dead-letters/plan-letters.ts'
import type { Engine } from '../app/engine.ts'
import { groupByCause, REDRIVES_MAX_DEFAULT } from '../domain/dead-letter/look.ts'
import type { LookedLetter } from '../domain/dead-letter/look.ts'
import { placeName } from '../domain/dead-letter/place.ts'
import type { DeadLetterPlace } from '../domain/dead-letter/place.ts'
import { RedriveError } from '../domain/errors.ts'
import { deadLetterNames } from '../domain/workspace.ts'
import { errorData } from './errors.ts'
import type { QueueFacts } from '../ports/dead-letters.ts'
import type { Implementer } from './implementer.ts'
import { planNow } from './plan-now.ts'
import { required } from './signal.ts'

/** A broker that does not answer must not keep the others from being shown. */
const FACTS_TIMEOUT_MS = 5_000
const STORED_TIMEOUT_MS = 3_000
const STORED_ROWS_MAX = 3

export function deadLetterRoutes(os: Implementer, engine: Engine) {
  const { connections, looking, locks, ports, changes } = engine
  const planning = { ports, connections, looking }

  const queueView = async (place: DeadLetterPlace, signal: AbortSignal): Promise<DeadLetterQueue> => {
    const last = looking.last(place)
    const head = {
      place: placeName(place),
      ...place,
      environment: await connections.environment(placeName(place)),
      unlockedUntil: locks.unlockedUntil(placeName(place)),
      look: last === null ? null : await lookView(last),
    }
    try {
      const limited = AbortSignal.any([signal, AbortSignal.timeout(FACTS_TIMEOUT_MS)])
      return { ...head, facts: factsView(await looking.facts(place, limited)), error: null }
    } catch (error) {
      signal.throwIfAborted()
      return { ...head, facts: null, error: errorData(error, ports.log) }
    }
  }
  const marksOf = (place: DeadLetterPlace, letters: readonly LookedLetter[]) =>
    ports.recordLedger.marks(
      placeName(place),
      letters.flatMap(({ id, position }) => (position === null ? [] : [id])),
    )
  const lookView = async ({ look, place, at, letters, complete }: Look): Promise<ApiLook> => {
    const groups = groupByCause(letters, REDRIVES_MAX_DEFAULT, await marksOf(place, letters))
    return { look, at, messages: letters.length, complete, groups: [...groups] }
  }
  const { deadLetters: routes } = os

  return {
    list: routes.list.handler(async ({ signal }) => {
      const { brokers } = await connections.workspace()
      const places = Object.entries(brokers).flatMap(([broker, config]) =>
        deadLetterNames(config).map((queue) => ({ broker, queue })),
      )
      return { queues: await Promise.all(places.map((place) => queueView(place, required(signal)))) }
    }),
    queue: routes.queue.handler(({ input, signal }) => queueView(input, required(signal))),
    look: routes.look.handler(
      async ({ input, signal }) => await lookView(await looking.look(input, required(signal))),
    ),
    letters: routes.letters.handler(async ({ input: { look, causes, from, limit } }) => {
      const { letters, place } = looking.get(look)
      const wanted = causes === null ? null : new Set(causes)
      const narrowed = wanted === null ? letters : letters.filter(({ story }) => wanted.has(story.cause))
      const page = narrowed.slice(from, from + limit)
      const marks = await marksOf(place, page)
      return {
        letters: page.map((one) => ({ ...one, mark: marks.get(one.id) ?? null })),
        total: narrowed.length,
      }
    }),
    letter: routes.letter.handler(async ({ input, signal }) => {
      const look = looking.get(input.look)
      const found = look.letters.find(({ id }) => id === input.id)
      if (found === undefined) throw new RedriveError('message-not-found', 'never', { id: input.id })
      const limited = AbortSignal.any([required(signal), AbortSignal.timeout(STORED_TIMEOUT_MS)])
      const mark = (await marksOf(look.place, [found])).get(found.id) ?? null
      return { ...found, mark, stored: await storedRows(engine, look.place.broker, found, limited) }
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

/** Without the name, which stands in the head. */
function factsView({ type, brokerVersion, messages, consumers, deliveryLimit, costs, refusal }: QueueFacts) {
  return { type, brokerVersion, messages, consumers, deliveryLimit, costs: [...costs], refusal }
}
