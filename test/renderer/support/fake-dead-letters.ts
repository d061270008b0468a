import { implement } from '@orpc/server'
import type {
  CauseGroup,
  DeadLetterQueue,
  Letter,
  LetterDetail,
} from '../../../src-preload/contract/dead-letters.ts'
import { contract } from '../../../src-preload/contract/index.ts'
import { changed, iso, meet, refuse, type World } from './fake-world.ts'

const CAUSES = ['Order <n> not found for customer <n>', "rejected in queue 'work'", null] as const
const EACH = 4

/** Two queues: one that may be looked into, one that a look could empty. */
export function fakeDeadLetters(world: World) {
  const os = implement(contract).deadLetters
  let looks = 0
  let read = false
  const record = recordOf(world)
  let discarded = true
  /** Discarded before. */
  const dropped = (): Letter => ({
    ...recordOf(world),
    id: '0@8#0012',
    messageId: 'm-dropped',
    mark: discarded
      ? { as: 'discarded', at: iso(world.now()), subject: 'plan-3', operator: 'ada', reason: 'test order' }
      : null,
  })
  const topicLook = () => ({
    look: TOPIC_LOOK,
    at: iso(world.now()),
    before: null,
    messages: 2,
    complete: true,
    groups: [{ ...groupOf(world, record.story.cause), count: 2, marked: discarded ? 2 : 1 }],
  })
  const letters = CAUSES.flatMap((cause, kind) =>
    Array.from({ length: EACH }, (_, n) => letterOf(world, cause, `m-${kind}-${n}`, kind === 0 && n === 0)),
  )
  const groups = CAUSES.map((cause, kind): CauseGroup => ({
    ...groupOf(world, cause),
    cameBack: kind === 0 ? 1 : 0,
    held: kind === 0 ? 1 : 0,
  }))
  const look = () =>
    looks === 0
      ? null
      : {
          look: `look-${looks}`,
          at: iso(world.now()),
          before: looks === 1 ? null : iso(world.now() - 3_600_000),
          messages: letters.length,
          complete: true,
          groups: groups.map((group, at) => ({ ...group, fresh: looks === 1 ? null : at })),
        }
  const queues = (): DeadLetterQueue[] => [
    queueOf('orders.dead', 'classic', letters.length, look()),
    queueOf('payments.dead', 'quorum', 7, null),
    topicOf(read ? topicLook() : null),
  ]
  return {
    list: os.list.handler(async () => {
      await meet(world, 'deadLetters.list', null)
      return { queues: queues() }
    }),
    queue: os.queue.handler(async ({ input }) => {
      const found = queues().find(({ queue }) => queue === input.queue)
      return found ?? refuse('queue-missing', { queue: input.queue })
    }),
    look: os.look.handler(async ({ input }) => {
      if (input.queue === TOPIC) {
        read = true
        changed(world)
        return topicLook()
      }
      await meet(world, 'deadLetters.look', null)
      looks += 1
      world.knownLetters = { count: letters.length, oldestLookAt: iso(world.now()) }
      changed(world)
      return look() ?? refuse('look-missing', { look: '-' })
    }),
    letters: os.letters.handler(async ({ input: { look: about, causes, from, limit } }) => {
      if (about === TOPIC_LOOK) return { letters: [record, dropped()], total: 2 }
      const narrowed = causes === null ? letters : letters.filter(({ story }) => causes.includes(story.cause))
      return { letters: narrowed.slice(from, from + limit), total: narrowed.length }
    }),
    letter: os.letter.handler(async ({ input }) => {
      const found = [...letters, record, dropped()].find(({ id }) => id === input.id)
      if (found === undefined) return refuse('message-not-found', { id: input.id })
      const text = { contentType: 'application/json', preview: '{"order":1}', cut: false }
      const headers = found.story.redrive === null ? '{}' : '{"x-redrive-job": "job-7"}'
      return { ...found, ...text, headers, masked: null, stored: [storedOf(world)], deeds: [deedOf(world)] }
    }),
    unmask: os.unmask.handler(() => refuse('look-missing', { look: '-' })),
    planRedrive: os.planRedrive.handler(async () => refuse('plan-empty')),
    planDiscard: os.planDiscard.handler(async () => refuse('plan-empty')),
    discard: os.discard.handler(async () => refuse('plan-not-found', { plan: '-' })),
    restore: os.restore.handler(async ({ input: { ids } }) => {
      discarded = false
      changed(world)
      return { restored: ids.length }
    }),
  }
}

function storedOf(world: World): LetterDetail['stored'][number] {
  const at = iso(world.now() - 86_400_000)
  const evidence = { verdict: 'consumed', reason: null, times: 1, where: 'inbox', problem: null } as const
  const row = { source: 'shop', id: '17', state: 'sent', createdAt: at, attempts: 2, attemptsMax: 3 } as const
  return { ...row, evidence: { ...evidence, consumedAt: at } }
}

function deedOf(world: World): LetterDetail['deeds'][number] {
  const outcome = { result: 'confirmed', code: null, reason: null }
  return { at: iso(world.now()), kind: 'resend', subject: 'job-9', operator: 'ada', ...outcome }
}

function groupOf(world: World, cause: string | null): CauseGroup {
  const firstDiedAt = iso(world.now() - 7_200_000)
  const lastDiedAt = iso(world.now() - 600_000)
  return { cause, count: EACH, firstDiedAt, lastDiedAt, fresh: null, cameBack: 0, held: 0, marked: 0 }
}

const TOPIC = 'orders-dlt'
const TOPIC_LOOK = 'look-topic'

function topicOf(look: DeadLetterQueue['look']): DeadLetterQueue {
  const { facts, ...queue } = queueOf(TOPIC, 'classic', 1, look)
  if (facts === null) throw new Error('it has facts')
  const place = { place: `kafka/${TOPIC}`, broker: 'kafka' }
  return { ...queue, ...place, facts: { ...facts, type: 'topic', consumers: null, costs: [] } }
}

/** Redriven before, and still there. */
function recordOf(world: World): Letter {
  const letter = letterOf(world, 'Order <n> not found', 'm-topic', false)
  const record = { topic: 'orders', partition: 2, offset: '41', group: 'billing' }
  const origin = { queue: null, exchange: null, routingKey: null, record }
  return {
    ...letter,
    id: '0@7#0011',
    story: { ...letter.story, told: 'recoverer', reason: null, origin },
    position: { partition: 0, offset: '7', key: 'k', tombstone: true },
    mark: { as: 'redriven', at: iso(world.now()), subject: 'job-9', operator: 'ada', reason: null },
  }
}

function queueOf(
  queue: string,
  type: 'classic' | 'quorum',
  messages: number,
  look: DeadLetterQueue['look'],
): DeadLetterQueue {
  return {
    place: `rabbit/${queue}`,
    broker: 'rabbit',
    queue,
    environment: 'staging',
    unlockedUntil: null,
    facts: {
      type,
      brokerVersion: '3.10.8',
      messages,
      consumers: 0,
      deliveryLimit: type === 'quorum' ? 3 : null,
      costs: ['marked-redelivered', 'hidden-meanwhile'],
      refusal: type === 'quorum' ? 'may-delete' : null,
    },
    error: null,
    look,
  }
}

function letterOf(world: World, cause: string | null, messageId: string, held: boolean): Letter {
  const died = iso(world.now() - 600_000)
  return {
    id: `${messageId}#0011`,
    messageId,
    type: 'OrderPlaced',
    exchange: '',
    routingKey: 'orders.dead',
    bytes: 11,
    isNew: null,
    damagedHeader: null,
    story: {
      told: 'broker',
      reason: 'rejected',
      error: null,
      cause,
      origin: { queue: 'work', exchange: 'orders', routingKey: 'orders.placed', record: null },
      deaths: 1,
      firstDiedAt: died,
      lastDiedAt: died,
      redrive: held ? { id: 'r-1', times: 3 } : null,
    },
    position: null,
    mark: null,
  }
}
