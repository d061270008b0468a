import type { BrokerConfig } from '../../domain/workspace.ts'

const PASSWORD_ELSEWHERE =
  'the url holds a password: remove it there and write it as "password", best as { "env": "NAME" }'
const BROKER_PROTOCOLS: Readonly<Record<BrokerConfig['driver'], readonly string[]>> = {
  rabbitmq: ['amqp:', 'amqps:'],
  memory: ['memory:'],
}

/** What is wrong with the address of a source, or null. Never repeats the address: it may hold a password. */
export function sourceUrlProblem(text: string): string | null {
  const url = parse(text)
  if (!url || !['postgres:', 'postgresql:'].includes(url.protocol)) return 'not a postgres:// url'
  if (hasPassword(url)) return PASSWORD_ELSEWHERE
  if (url.hostname === '') return 'the url names no host'
  if (url.username === '') return 'the url names no user: postgres://user@host:5432/database'
  if (url.pathname.length < 2) return 'the url names no database: postgres://user@host:5432/database'
  return null
}

export function brokerUrlProblem(driver: BrokerConfig['driver'], text: string): string | null {
  const url = parse(text)
  const protocols = BROKER_PROTOCOLS[driver]
  if (!url || !protocols.includes(url.protocol)) return `not a ${protocols[0] ?? ''}// url`
  if (hasPassword(url)) return PASSWORD_ELSEWHERE
  if (driver !== 'memory' && url.hostname === '') return 'the url names no host'
  return null
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
