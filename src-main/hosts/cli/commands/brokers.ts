import type { GroupOffset } from '../../../../src-preload/contract/brokers.ts'
import type { Command, CommandContext } from '../command.ts'
import type { OptionSpecs } from '../arguments.ts'
import { EXIT } from '../exit-codes.ts'

const brokerOption: OptionSpecs = {
  broker: { kind: 'text', value: 'NAME', help: 'broker in the workspace' },
}

export const brokersQueues: Command = {
  words: ['brokers', 'queues'],
  summary: 'Queues of a broker of RabbitMQ, by its management API; touches no message',
  operands: [],
  options: brokerOption,
  async run({ args, engine, output, signal }) {
    const client = await engine()
    const { queues, complete } = await client.brokers.queues({ broker: args.required('broker') }, { signal })
    output.list(queues, [
      { title: 'QUEUE', cell: (row) => row.queue },
      { title: 'TYPE', cell: (row) => row.type },
      { title: 'READY', cell: (row) => row.ready, align: 'right' },
      { title: 'UNACKED', cell: (row) => row.unacked, align: 'right' },
      { title: 'CONSUMERS', cell: (row) => row.consumers, align: 'right' },
      { title: 'POLICY', cell: (row) => row.policy },
      { title: 'ARGUMENTS', cell: (row) => (row.arguments === '{}' ? null : row.arguments) },
    ])
    return partly({ output }, complete, queues.length, 'queues')
  },
}

export const brokersTopics: Command = {
  words: ['brokers', 'topics'],
  summary: 'Topics of a broker of Kafka; leaves nothing behind',
  operands: [],
  options: { ...brokerOption, internal: { kind: 'flag', help: "also the broker's own" } },
  async run({ args, engine, output, signal }) {
    const client = await engine()
    const request = { broker: args.required('broker'), internal: args.flag('internal') }
    const { topics, complete } = await client.brokers.topics(request, { signal })
    output.list(topics, [
      { title: 'TOPIC', cell: (row) => row.topic },
      { title: 'PARTITIONS', cell: (row) => row.partitions, align: 'right' },
      { title: 'RECORDS', cell: (row) => row.records, align: 'right' },
    ])
    return partly({ output }, complete, topics.length, 'topics')
  },
}

export const brokersGroups: Command = {
  words: ['brokers', 'groups'],
  summary: 'Consumer groups of a broker of Kafka; with --group the offsets and the lag of one',
  operands: [],
  options: { ...brokerOption, group: { kind: 'text', value: 'NAME', help: 'one group, by partition' } },
  async run(context) {
    const { args, engine, output, signal } = context
    const client = await engine()
    const broker = args.required('broker')
    const group = args.text('group')
    if (group !== null) {
      const { offsets, ...head } = await client.brokers.group({ broker, group }, { signal })
      output.record({ type: 'group', ...head })
      listOffsets(context, offsets)
      return EXIT.done
    }
    const { groups, complete } = await client.brokers.groups({ broker }, { signal })
    output.list(groups, [
      { title: 'GROUP', cell: (row) => row.group },
      { title: 'STATE', cell: (row) => row.state },
      { title: 'MEMBERS', cell: (row) => row.members, align: 'right' },
      { title: 'LAG', cell: (row) => row.lag, align: 'right' },
      { title: 'PROTOCOL', cell: (row) => row.protocol },
    ])
    return partly({ output }, complete, groups.length, 'groups')
  },
}

/** A partition without a commit is shown as one: where the group will begin there is its own setting. */
function listOffsets({ output }: CommandContext, offsets: readonly GroupOffset[]): void {
  output.list(offsets, [
    { title: 'TOPIC', cell: (row) => row.topic },
    { title: 'PARTITION', cell: (row) => row.partition, align: 'right' },
    { title: 'COMMITTED', cell: (row) => row.committed ?? 'no commit', align: 'right' },
    { title: 'END', cell: (row) => row.end, align: 'right' },
    { title: 'LAG', cell: (row) => row.lag, align: 'right' },
  ])
}

function partly(
  { output }: Pick<CommandContext, 'output'>,
  complete: boolean,
  shown: number,
  what: string,
): typeof EXIT.done {
  if (!complete) output.remark(`There are more: the first ${shown} ${what} are shown.`)
  return EXIT.done
}
