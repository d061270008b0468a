import { kafkaCompressions, kafkaMechanisms } from '../../../src-preload/contract/connections.ts'
import type { BrokerConnection, BrokerDraft } from '../../../src-preload/contract/connections.ts'
import { writeAddress } from './address.ts'
import { addressOf, emptyFields, fieldsOf, passwordOf, problemsOf, tlsOf } from './connection-form.ts'
import type { ConnectionFields, Problems } from './connection-form.ts'

export const BROKER_KINDS = ['rabbitmq', 'kafka'] as const
export const LOGINS = ['none', ...kafkaMechanisms] as const
export const COMPRESSIONS = kafkaCompressions

export interface BrokerFields extends ConnectionFields {
  kind: (typeof BROKER_KINDS)[number]
  /** host:port of some nodes of Kafka, with commas or spaces between them. */
  nodes: string
  login: (typeof LOGINS)[number]
  compression: (typeof COMPRESSIONS)[number]
}

const KAFKA_PORT = '9092'
const PORT_MAX = 65_535

export function emptyBroker(): BrokerFields {
  return { ...emptyFields('rabbitmq'), kind: 'rabbitmq', nodes: '', login: 'none', compression: 'none' }
}

export function brokerFieldsOf(saved: BrokerConnection): BrokerFields {
  if (saved.driver !== 'kafka') return { ...emptyBroker(), ...fieldsOf('rabbitmq', saved) }
  return {
    ...emptyBroker(),
    ...fieldsOf('rabbitmq', { ...saved, url: '' }),
    kind: 'kafka',
    nodes: saved.brokers.join(', '),
    login: saved.sasl?.mechanism ?? 'none',
    user: saved.sasl?.user ?? '',
    compression: saved.compression,
  }
}

/** host:port of each; a port that is not said is the usual one. */
export function nodesOf(text: string): string[] {
  const nodes = text.split(/[\s,]+/).filter((node) => node !== '')
  return nodes.map((node) => (node.includes(':') ? node : `${node}:${KAFKA_PORT}`))
}

function isNode(node: string): boolean {
  const [, port] = /^[^\s:/@]+:(\d{1,5})$/.exec(node) ?? []
  return port !== undefined && Number(port) >= 1 && Number(port) <= PORT_MAX
}

export function brokerProblems(fields: BrokerFields): Problems {
  if (fields.kind === 'rabbitmq') return problemsOf('rabbitmq', fields)
  const { name, password } = problemsOf('rabbitmq', fields)
  const nodes = nodesOf(fields.nodes)
  const problems: Problems = name === undefined ? {} : { name }
  if (nodes.length === 0) problems['nodes'] = 'required'
  else if (!nodes.every(isNode)) problems['nodes'] = 'nodes'
  if (fields.login === 'none') return problems
  if (fields.user.trim() === '') problems['user'] = 'required'
  if (password !== undefined) problems['password'] = password
  return problems
}

/** The draft of fields without problems; the sandbox brings its own broker. */
export function brokerDraftOf(fields: BrokerFields): BrokerDraft {
  const tls = tlsOf(fields)
  if (fields.kind === 'rabbitmq') {
    const url = writeAddress('rabbitmq', addressOf('rabbitmq', fields))
    return { driver: 'rabbitmq', url, password: passwordOf(fields), tls }
  }
  const { login, compression } = fields
  return {
    driver: 'kafka',
    brokers: nodesOf(fields.nodes),
    sasl: login === 'none' ? null : { mechanism: login, user: fields.user.trim() },
    password: login === 'none' ? { kind: 'none' } : passwordOf(fields),
    tls,
    compression,
  }
}
