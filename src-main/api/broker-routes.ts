import { brokers as contract } from '../../src-preload/contract/brokers.ts'
import type { Engine } from '../app/engine.ts'
import type { PayloadView } from '../app/masking/masking.ts'
import { placeName } from '../domain/dead-letter/place.ts'
import type { RecordLetter } from '../domain/dead-letter/record-letter.ts'
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
import { implementer } from './implementer.ts'
import { maskedRecord } from './masked-record.ts'
import { required } from './signal.ts'
import { watch } from './watching.ts'

const FOLLOW_EVERY_MS = 250
const FOLLOW_AT_LEAST_MS = 5_000

export function brokerRoutes(engine: Engine) {
  const { connections, masking, readings, ports } = engine
  const os = implementer(engine, { brokers: contract })
  const { brokers: routes } = os
  const now = (): string => ports.clock.now().toISOString()
  const logOf = async (broker: string): Promise<{ readonly topics: Topics; readonly groups: Groups }> => {
    const { topics, groups } = await connections.brokerNamed(broker)
    if (topics === undefined || groups === undefined) throw new RedriveError('no-topics', 'never', { broker })
    return { topics, groups }
  }
  const placeOf = (reading: string): string => {
    const { broker, request } = readings.get(reading)
    return placeName({ broker, queue: request.range.topic })
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
    records: routes.records.handler(async ({ input: { reading } }) => {
      const records = readings.records(reading)
      const place = placeOf(reading)
      if (records.length > 0)
        await masking.viewed({ place, what: 'records', id: reading, messageId: null, plan: null })
      const rules = await masking.rules(place)
      return { records: records.map((record) => recordHeadView(maskedRecord(record, rules))) }
    }),
    record: routes.record.handler(async ({ input: { reading, partition, offset } }) => {
      const record = readings.record(reading, partition, BigInt(offset))
      const place = placeOf(reading)
      await masking.viewed(viewOf(place, record))
      return recordView(maskedRecord(record, await masking.rules(place)))
    }),
    unmask: routes.unmask.handler(async ({ input: { reading, partition, offset, reason } }) => {
      const record = readings.record(reading, partition, BigInt(offset))
      await masking.unmasked(viewOf(placeOf(reading), record), reason)
      return recordView({ ...record, masked: null })
    }),
  }
}

function viewOf(place: string, { partition, offset, messageId }: RecordLetter): PayloadView {
  return { place, what: 'record', id: `${partition}@${offset}`, messageId, plan: null }
}
