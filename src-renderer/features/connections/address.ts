import type { SourceDriver } from '../../../src-preload/contract/connections.ts'

/** A connection's address in the fields of the form. The port stays text: an empty one means the driver's own. */
export interface Address {
  readonly scheme: string
  readonly host: string
  readonly port: string
  readonly user: string
  /** Database, or virtual host. */
  readonly path: string
}

export interface ReadAddress {
  readonly address: Address
  readonly password: string | null
  /** `sslmode` of a libpq address, where there is one. Other options have no place here. */
  readonly sslMode: string | null
}

export type AddressKind = SourceDriver | 'rabbitmq'

/** Of addresses that are read; one that is written has the first. */
const SCHEMES = {
  postgres: ['postgres', 'postgresql'],
  mysql: ['mysql', 'mariadb'],
  rabbitmq: ['amqp', 'amqps'],
} as const satisfies Readonly<Record<AddressKind, readonly [string, string]>>
const DEFAULT_VHOST = '/'

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

/** A typed or pasted URL taken apart; null where it is none of this kind. */
export function readAddress(kind: AddressKind, text: string): ReadAddress | null {
  if (!URL.canParse(text)) return null
  const url = new URL(text)
  const scheme = url.protocol.slice(0, -1)
  if (!SCHEMES[kind].some((one) => one === scheme)) return null
  const path = decoded(url.pathname.slice(1))
  return {
    address: {
      scheme,
      host: decoded(url.hostname).replace(/^\[(.*)\]$/, '$1'),
      port: url.port,
      user: decoded(url.username),
      path: kind === 'rabbitmq' && path === '' ? DEFAULT_VHOST : path,
    },
    password: url.password === '' ? null : decoded(url.password),
    sslMode: url.searchParams.get('sslmode'),
  }
}

export function schemeOf(kind: AddressKind, secured: boolean): string {
  const [plain] = SCHEMES[kind]
  return kind === 'rabbitmq' && secured ? 'amqps' : plain
}

/** The URL of the fields, without a password. */
export function writeAddress(kind: AddressKind, address: Address): string {
  const { scheme, host, port, user, path } = address
  const at = user === '' ? '' : `${encodeURIComponent(user)}@`
  // A colon is an IPv6 address; a slash is the directory of a Unix socket.
  const name = host.includes(':') ? `[${host}]` : encodeURIComponent(host)
  const end = port === '' ? '' : `:${port}`
  // The default virtual host is an empty path: it is how every client spells it.
  const tail = kind === 'rabbitmq' && path === DEFAULT_VHOST ? '' : encodeURIComponent(path)
  return `${scheme}://${at}${name}${end}/${tail}`
}

/** How a list shows where a connection leads; the text itself where it is no address. */
export function shortAddress(kind: AddressKind, url: string): string {
  const read = readAddress(kind, url)
  if (read === null) return url
  const { host, port, path } = read.address
  const name = host.includes(':') ? `[${host}]` : host
  const tail = path === DEFAULT_VHOST ? '/' : `/${path}`
  return `${name}${port === '' ? '' : `:${port}`}${tail}`
}
