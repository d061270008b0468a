import Broker from 'kafkajs/src/broker/index.js'
import { createLogger } from 'kafkajs/src/loggers/index.js'
import ConnectionPool from 'kafkajs/src/network/connectionPool.js'
import RequestQueue from 'kafkajs/src/network/requestQueue/index.js'
import Encoder from 'kafkajs/src/protocol/encoder.js'
import apiKeys from 'kafkajs/src/protocol/requests/apiKeys.js'
import { requests } from 'kafkajs/src/protocol/requests/index.js'
import type { Sockets } from './sockets.ts'

/**
 * The protocol of kafkajs without what it builds on top: its producer sends again by itself, computes partitions again
 * when it does, and drops messages for partitions that it does not know (.config/decisions/kafka-client.md).
 */
export type Node = Broker

export interface NodeOptions {
  readonly host: string
  readonly port: number
  readonly nodeId: number | null
  readonly clientId: string
  readonly sockets: Sockets
  readonly connectTimeoutMs: number
  /** As kafkajs takes it; null: no login. */
  readonly sasl: object | null
}

const SILENT = 0
/** What a server that answers nothing costs at most is counted by the caller; kafkajs would count it a second time. */
const NEVER_MS = 2 ** 31 - 1

let prepared = false

export function makeNode(options: NodeOptions): Node {
  prepareKafkajs()
  const logger = createLogger({ level: SILENT, logCreator: () => () => undefined })
  const { host, port, nodeId, clientId, sockets, connectTimeoutMs, sasl } = options
  const connectionPool = new ConnectionPool({
    host,
    port,
    clientId,
    logger,
    sasl,
    socketFactory: sockets.factory,
    connectionTimeout: connectTimeoutMs,
    requestTimeout: NEVER_MS,
    enforceRequestTimeout: false,
  })
  const authenticationTimeout = connectTimeoutMs
  return new Broker({ connectionPool, logger, nodeId, allowAutoTopicCreation: false, authenticationTimeout })
}

/** With nothing waiting kafkajs would set a timer of minus fifty years after every answer; Node 24 warns of each. */
export function prepareKafkajs(): void {
  if (prepared) return
  prepared = true
  const queue = RequestQueue.prototype
  // eslint-disable-next-line @typescript-eslint/unbound-method -- called with its own `this` below
  const schedule = queue.scheduleCheckPendingRequests
  queue.scheduleCheckPendingRequests = function (this: RequestQueue) {
    if (this.pending.length > 0) schedule.call(this)
  }
}

/**
 * One request and its answer as it was decoded: kafkajs' own reading of it throws at the first error code and hides which
 * topic or partition it was for, and what became of the others.
 */
export async function ask(
  node: Node,
  api: string,
  options: object,
  own: {
    readonly encode?: () => Promise<unknown>
    /** Of the answer's bytes, in the version that was asked in. */
    readonly decode?: (answer: Buffer, version: number) => unknown
  } = {},
): Promise<unknown> {
  const { encode, decode } = own
  const definition = requests[api]
  const key = apiKeys[api]
  if (definition === undefined || key === undefined) throw new Error(`kafkajs has no ${api}`)
  const { request, response } = node.lookupRequest(key, definition)(options)
  return await node.connectionPool.send({
    request: encode === undefined ? request : { ...request, encode },
    response: {
      decode:
        decode === undefined
          ? response.decode
          : (payload) => Promise.resolve(decode(payload as Buffer, request.apiVersion)),
      parse: (decoded) => Promise.resolve(decoded),
    },
  })
}

export interface PartitionMetadata {
  readonly partitionErrorCode: number
  readonly partitionId: number
  /** -1: none at present. */
  readonly leader: number
}

export interface Metadata {
  readonly brokers: readonly { readonly nodeId: number; readonly host: string; readonly port: number }[]
  readonly clusterId: string | null
  readonly controllerId: number
  readonly topicMetadata: readonly {
    readonly topicErrorCode: number
    readonly topic: string
    readonly isInternal: boolean
    readonly partitionMetadata: readonly PartitionMetadata[]
  }[]
}

/** Never makes a topic. No topics: the nodes only; kafkajs would ask for every topic that there is. */
export async function askMetadata(node: Node, topics: readonly string[]): Promise<Metadata> {
  const none = (): Promise<unknown> => Promise.resolve(new Encoder().writeInt32(0).writeBoolean(false))
  const options = { topics, allowAutoTopicCreation: false }
  return (await ask(node, 'Metadata', options, topics.length === 0 ? { encode: none } : {})) as Metadata
}

/** The same of every topic that there is, as far as the account may see them. */
export async function askEveryTopic(node: Node): Promise<Metadata> {
  return (await ask(node, 'Metadata', { topics: [], allowAutoTopicCreation: false })) as Metadata
}

interface Coordinator {
  readonly errorCode: number
  readonly coordinator: { readonly nodeId: number }
}

/** Looks the group up; a group that does not exist has a coordinator too. */
export async function askCoordinator(node: Node, group: string): Promise<Coordinator> {
  return (await ask(node, 'GroupCoordinator', { groupId: group })) as Coordinator
}

interface Offsets<Row> {
  readonly errorCode: number
  readonly responses: readonly { readonly topic: string; readonly partitions: readonly Row[] }[]
}

/** Every offset that a group has committed. */
export async function askOffsets(
  node: Node,
  group: string,
): Promise<Offsets<{ readonly partition: number; readonly offset: string }>> {
  return (await ask(node, 'OffsetFetch', { groupId: group, topics: [] })) as Awaited<
    ReturnType<typeof askOffsets>
  >
}

export const LATEST = -1
export const EARLIEST = -2
export const READ_UNCOMMITTED = 0
/** The end is then that of what no open transaction holds back. */
export const READ_COMMITTED = 1

/** The offset that the next record of each partition will have. */
export function askLatest(node: Node, places: readonly TopicPartition[]): Promise<ListedOffsets> {
  return askOffsetsAt(node, places, { timestamp: LATEST, isolationLevel: READ_UNCOMMITTED })
}

export interface TopicPartition {
  readonly topic: string
  readonly partition: number
}

type ListedOffsets = Offsets<{
  readonly partition: number
  readonly errorCode: number
  readonly offset: string
}>

/** Of the first record of each partition that is not older than `timestamp` in milliseconds, LATEST or EARLIEST; -1: none. */
export async function askOffsetsAt(
  node: Node,
  places: readonly TopicPartition[],
  { timestamp, isolationLevel }: { readonly timestamp: number; readonly isolationLevel: number },
): Promise<ListedOffsets> {
  const topics = [...Map.groupBy(places, ({ topic }) => topic)].map(([topic, of]) => ({
    topic,
    partitions: of.map(({ partition }) => ({ partition, timestamp })),
  }))
  return (await ask(node, 'ListOffsets', { isolationLevel, topics })) as ListedOffsets
}

interface GroupNames {
  readonly errorCode: number
  readonly groups: readonly { readonly groupId: string; readonly protocolType: string }[]
}

/** Of the groups that this node coordinates. */
export async function askGroupNames(node: Node): Promise<GroupNames> {
  return (await ask(node, 'ListGroups', {})) as GroupNames
}

export interface DescribedGroup {
  readonly errorCode: number
  readonly groupId: string
  readonly state: string
  readonly protocolType: string
  readonly members: readonly {
    readonly memberId: string
    readonly clientId: string
    readonly clientHost: string
    readonly memberAssignment: Buffer | null
  }[]
}

/** Of a coordinator. A group that it does not know is `Dead`. */
export async function askGroups(node: Node, groupIds: readonly string[]): Promise<readonly DescribedGroup[]> {
  const { groups } = (await ask(node, 'DescribeGroups', { groupIds })) as {
    readonly groups: readonly DescribedGroup[]
  }
  return groups
}
