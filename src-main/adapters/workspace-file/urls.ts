import { sourceDriverOf } from '../../domain/workspace.ts'
import type { AmqpConfig, SourceDriver } from '../../domain/workspace.ts'

const PASSWORD_ELSEWHERE =
  'the url holds a password: remove it there and write it as "password", best as { "env": "NAME" }'
const PORT_MAX = 65_535
const BROKER_PROTOCOLS: Readonly<Record<AmqpConfig['driver'], readonly string[]>> = {
  rabbitmq: ['amqp:', 'amqps:'],
  memory: ['memory:'],
}

const ANY_SOURCE = 'postgres://, mysql://, sqlite:// or redis'

const EXAMPLES: Readonly<Record<SourceDriver, string>> = {
  postgres: 'postgres://user@host:5432/database',
  mysql: 'mysql://user@host:3306/database',
  sqlite: 'sqlite:///absolute/path.db',
  redis: 'redis://host:6379/0',
}

/**
 * What is wrong with the address of a database, or null; `driver` null: any of the kinds is right. Never repeats the
 * address: it may hold a password.
 */
export function sourceUrlProblem(driver: SourceDriver | null, text: string): string | null {
  const named = sourceDriverOf(text)
  if (named === 'redis' && (driver ?? named) === 'redis') return redisUrlProblem(text)
  const url = parse(text)
  if (!url || !named || named !== (driver ?? named)) return `not a ${driver ?? ANY_SOURCE}:// url`
  if (hasPassword(url)) return PASSWORD_ELSEWHERE
  if (named === 'sqlite') return fileUrlProblem(url)
  if (url.hostname === '') return 'the url names no host'
  if (url.username === '') return `the url names no user: ${EXAMPLES[named]}`
  if (url.pathname.length < 2) return `the url names no database: ${EXAMPLES[named]}`
  return null
}

const REDIS = /^rediss?(-sentinel|-cluster)?:\/\/([^@/]*@)?[^@/?#\s]+(\/[^?#\s]*)?$/

/** Several nodes stand in one address, which no parser of URLs takes. */
function redisUrlProblem(text: string): string | null {
  const [, , user = ''] = REDIS.exec(text) ?? []
  if (user.includes(':')) return PASSWORD_ELSEWHERE
  return REDIS.test(text)
    ? null
    : `not ${EXAMPLES.redis}, redis-sentinel://host,host/name/0 or redis-cluster://host,host`
}

function fileUrlProblem(url: URL): string | null {
  if (url.host !== '' || url.username !== '')
    return `a file has no host and no user: ${EXAMPLES.sqlite} has three slashes`
  if (url.search !== '' || url.hash !== '') return 'options after ? or # are not read'
  return url.pathname.length < 2 ? `the url names no file: ${EXAMPLES.sqlite}` : null
}

export function brokerUrlProblem(driver: AmqpConfig['driver'], text: string): string | null {
  const url = parse(text)
  const protocols = BROKER_PROTOCOLS[driver]
  if (!url || !protocols.includes(url.protocol)) return `not a ${protocols[0] ?? ''}// url`
  if (hasPassword(url)) return PASSWORD_ELSEWHERE
  if (driver !== 'memory' && url.hostname === '') return 'the url names no host'
  return null
}

export function managementUrlProblem(text: string): string | null {
  const url = parse(text)
  if (!url || !['http:', 'https:'].includes(url.protocol)) return 'not a http:// or https:// url'
  if (url.username !== '' || hasPassword(url))
    return 'it is asked as the user of the broker: name none in the url'
  return url.search === '' && url.hash === '' ? null : 'the url ends with host, port or path'
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
