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
} as const satisfies Readonly<Record<ServerKind, readonly [string, string]>>
/** A file, and what may name several nodes: the address is one field. */
type ServerKind = Exclude<AddressKind, WholeKind>
type WholeKind = 'sqlite' | 'redis'
const REDIS = /^rediss?(-sentinel|-cluster)?:\/\/([^@/:\s]*@)?[^@/?#\s]+(\/[^?#\s]*)?$/
/** A path of a drive has a letter before it. */
const FILE = /^(\/|[A-Za-z]:[\\/])[^\0]+$/
const DEFAULT_VHOST = '/'

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

/** The address is one field of the form. */
export function isWhole(kind: AddressKind): kind is WholeKind {
  return kind === 'sqlite' || kind === 'redis'
}

/** The whole of it is right: an absolute path, or an address of Redis without a password. */
export function fitsWhole(kind: WholeKind, path: string): boolean {
  return kind === 'sqlite' ? FILE.test(path) : REDIS.test(path)
}

function readWhole(kind: WholeKind, text: string): ReadAddress | null {
  const address = { scheme: kind, host: '', port: '', user: '' }
  const plain = { password: null, sslMode: null }
  if (kind === 'redis') return REDIS.test(text) ? { address: { ...address, path: text }, ...plain } : null
  const [, file] = /^(?:sqlite|file):\/\/(\/[^?#]+)$/.exec(text) ?? []
  if (file === undefined) return null
  const path = decoded(file)
  return { address: { ...address, path: /^\/[A-Za-z]:/.test(path) ? path.slice(1) : path }, ...plain }
}

function writeWhole(kind: WholeKind, path: string): string {
  if (kind === 'redis') return path
  const steps = path.replaceAll('\\', '/').split('/')
  return `sqlite://${path.startsWith('/') ? '' : '/'}${steps.map(encodeURIComponent).join('/').replaceAll('%3A', ':')}`
}

/** A typed or pasted URL taken apart; null where it is none of this kind. */
export function readAddress(kind: AddressKind, text: string): ReadAddress | null {
  if (isWhole(kind)) return readWhole(kind, text)
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
  if (isWhole(kind)) return kind
  const [plain] = SCHEMES[kind]
  return kind === 'rabbitmq' && secured ? 'amqps' : plain
}

/** The URL of the fields, without a password. */
export function writeAddress(kind: AddressKind, address: Address): string {
  const { scheme, host, port, user, path } = address
  if (isWhole(kind)) return writeWhole(kind, path)
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
  if (isWhole(kind)) return path.replace(/^(\w[\w-]*:\/\/)[^@/]*@/, '$1')
  const name = host.includes(':') ? `[${host}]` : host
  const tail = path === DEFAULT_VHOST ? '/' : `/${path}`
  return `${name}${port === '' ? '' : `:${port}`}${tail}`
}
