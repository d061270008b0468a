import { sourceDriverOf } from '../../domain/workspace.ts'
import type { AmqpConfig, SourceDriver } from '../../domain/workspace.ts'

const PASSWORD_ELSEWHERE =
  'the url holds a password: remove it there and write it as "password", best as { "env": "NAME" }'
const PORT_MAX = 65_535
const BROKER_PROTOCOLS: Readonly<Record<AmqpConfig['driver'], readonly string[]>> = {
  rabbitmq: ['amqp:', 'amqps:'],
  memory: ['memory:'],
}

const EXAMPLES: Readonly<Record<SourceDriver, string>> = {
  postgres: 'postgres://user@host:5432/database',
  mysql: 'mysql://user@host:3306/database',
}

/**
 * What is wrong with the address of a database, or null; `driver` null: any of the kinds is right. Never repeats the
 * address: it may hold a password.
 */
export function sourceUrlProblem(driver: SourceDriver | null, text: string): string | null {
  const url = parse(text)
  const named = url && sourceDriverOf(text)
  if (!url || !named || named !== (driver ?? named)) return `not a ${driver ?? 'postgres:// or mysql'}:// url`
  if (hasPassword(url)) return PASSWORD_ELSEWHERE
  if (url.hostname === '') return 'the url names no host'
  if (url.username === '') return `the url names no user: ${EXAMPLES[named]}`
  if (url.pathname.length < 2) return `the url names no database: ${EXAMPLES[named]}`
  return null
}

export function brokerUrlProblem(driver: AmqpConfig['driver'], text: string): string | null {
  const url = parse(text)
  const protocols = BROKER_PROTOCOLS[driver]
  if (!url || !protocols.includes(url.protocol)) return `not a ${protocols[0] ?? ''}// url`
  if (hasPassword(url)) return PASSWORD_ELSEWHERE
  if (driver !== 'memory' && url.hostname === '') return 'the url names no host'
  return null
}

/** What is wrong with an address of a node of Kafka, or null. */
export function nodeAddressProblem(text: string): string | null {
  // The client takes the first colon for the end of the host: an IPv6 address needs a name.
  const [, port] = /^[^\s:/@]+:(\d{1,5})$/.exec(text) ?? []
  if (port === undefined) return 'not host:port'
  return Number(port) >= 1 && Number(port) <= PORT_MAX ? null : 'the port is out of range'
}

function parse(text: string): URL | null {
  const url = URL.parse(text)
  // `URL` takes what is left after a broken escape as it is; a client would not.
  return url && decodes(url.username) && decodes(url.pathname) ? url : null
}

function decodes(text: string): boolean {
  try {
    decodeURIComponent(text)
    return true
  } catch {
    return false
  }
}

function hasPassword(url: URL): boolean {
  return url.password !== '' || [...url.searchParams.keys()].some((key) => /pass(word|wd)?$/i.test(key))
}
