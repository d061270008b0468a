import type { Engine } from '../app/engine.ts'
import { RedriveError } from '../domain/errors.ts'
import type { Groups } from '../ports/groups.ts'
import type { Topics } from '../ports/topics.ts'
import {
  groupHeadView,
  groupView,
  rangeOf,
  readingView,
  recordHeadView,
  recordView,
  topicView,
} from './broker-views.ts'
import type { Implementer } from './implementer.ts'
import { required } from './signal.ts'
import { watch } from './watching.ts'

const FOLLOW_EVERY_MS = 250
const FOLLOW_AT_LEAST_MS = 5_000

export function brokerRoutes(os: Implementer, { connections, readings, ports }: Engine) {
  const { brokers: routes } = os
  const now = (): string => ports.clock.now().toISOString()
  const logOf = async (broker: string): Promise<{ readonly topics: Topics; readonly groups: Groups }> => {
    const { topics, groups } = await connections.brokerNamed(broker)
    if (topics === undefined || groups === undefined) throw new RedriveError('no-topics', 'never', { broker })
    return { topics, groups }
  }
  return {
    topics: routes.topics.handler(async ({ input: { broker, internal }, signal }) => {
      const { topics, complete } = await (await logOf(broker)).topics.list(required(signal))
      const shown = topics.filter((topic) => internal || !topic.internal)
      return { topics: shown.map(topicView), complete, at: now() }
    }),
    groups: routes.groups.handler(async ({ input: { broker }, signal }) => {
      const { groups, complete } = await (await logOf(broker)).groups.list(required(signal))
      return { groups: groups.map(groupHeadView), complete, at: now() }
    }),
    group: routes.group.handler(async ({ input: { broker, group }, signal }) => {
      const found = await (await logOf(broker)).groups.describe(group, required(signal))
      if (found === null) throw new RedriveError('group-missing', 'never', { group })
      return groupView(found)
    }),
    queues: routes.queues.handler(async ({ input: { broker }, signal }) => {
      const { queues: port } = await connections.brokerNamed(broker)
      if (port === undefined) throw new RedriveError('no-queues', 'never', { broker })
      const { queues, complete } = await port.list(required(signal))
      return { queues: [...queues], complete, at: now() }
    }),
    read: routes.read.handler(async ({ input: { broker, search, limit, ...range } }) =>
      readingView(await readings.start(broker, { range: rangeOf(range), search, limit }), ports.log),
    ),
    follow: routes.follow.handler(async function* ({ input, signal }) {
      const options = { everyMs: FOLLOW_EVERY_MS, atLeastMs: FOLLOW_AT_LEAST_MS, signal: required(signal) }
      yield* watch(
        () => Promise.resolve(readingView(readings.get(input.reading), ports.log)),
        ({ ended, error }) => ended !== null || error !== null,
        { changes: readings.changes, clock: ports.clock, ...options },
      )
    }),
    cancel: routes.cancel.handler(async ({ input }) =>
      readingView(await readings.cancel(input.reading), ports.log),
    ),
    records: routes.records.handler(({ input }) => ({
      records: readings.records(input.reading).map(recordHeadView),
    })),
    record: routes.record.handler(({ input: { reading, partition, offset } }) =>
      recordView(readings.record(reading, partition, BigInt(offset))),
    ),
  }
}
