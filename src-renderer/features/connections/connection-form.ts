import type { PasswordInput } from '../../../src-preload/contract/connections.ts'
import type { SourceConnection } from '../../../src-preload/contract/connections.ts'
import { fitsWhole, isWhole, readAddress, schemeOf } from './address.ts'
import type { Address, AddressKind, ReadAddress } from './address.ts'

type Tls = NonNullable<SourceConnection['tls']>
export type TlsMode = Tls['mode']
export type PasswordChoice = PasswordInput['kind']

/** The fields that a source and a broker share, as typed. */
export interface ConnectionFields {
  name: string
  host: string
  port: string
  user: string
  /** Database, or virtual host. */
  path: string
  passwordChoice: PasswordChoice
  passwordVariable: string
  passwordValue: string
  tlsMode: TlsMode
  caFile: string
  certFile: string
  keyFile: string
  serverName: string
}

/** Field name to the key of the sentence that says what is wrong with it. */
export type Problems = Partial<Record<string, string>>

const DEFAULT_PORTS: Readonly<Record<AddressKind, string>> = {
  postgres: '5432',
  mysql: '3306',
  sqlite: '',
  redis: '',
  rabbitmq: '5672',
}
const DEFAULT_AMQPS_PORT = '5671'
const NAME = /^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/

export function emptyFields(kind: AddressKind): ConnectionFields {
  return {
    name: '',
    host: '',
    port: '',
    user: '',
    path: kind === 'rabbitmq' ? '/' : '',
    passwordChoice: 'typed',
    passwordVariable: '',
    passwordValue: '',
    tlsMode: 'disable',
    caFile: '',
    certFile: '',
    keyFile: '',
    serverName: '',
  }
}

/** A saved connection in the form. Its password is never here: it is kept, or replaced. */
export function fieldsOf(
  kind: AddressKind,
  saved: Pick<SourceConnection, 'name' | 'url' | 'tls' | 'passwordKind'>,
): ConnectionFields {
  const read = readAddress(kind, saved.url)
  const tls = saved.tls
  return {
    ...emptyFields(kind),
    ...(read === null ? {} : addressFields(read.address)),
    name: saved.name,
    passwordChoice: saved.passwordKind === 'none' ? 'none' : 'keep',
    tlsMode: tls?.mode ?? (read?.address.scheme === 'amqps' ? 'verify-full' : 'disable'),
    caFile: tls?.caFile ?? '',
    certFile: tls?.certFile ?? '',
    keyFile: tls?.keyFile ?? '',
    serverName: tls?.serverName ?? '',
  }
}

function addressFields(address: Address): Partial<ConnectionFields> {
  const { host, port, user, path } = address
  return { host, port, user, path }
}

/** A whole address pasted into the host field fills the others; a password in it goes to the password field. */
export function takePasted(
  kind: AddressKind,
  fields: ConnectionFields,
  text: string,
): ConnectionFields | null {
  const read = readAddress(kind, text.trim())
  if (read === null) return null
  const taken = { ...fields, ...addressFields(read.address) }
  taken.tlsMode = tlsModeOf(read, taken.tlsMode)
  return read.password === null ? taken : { ...taken, passwordChoice: 'typed', passwordValue: read.password }
}

function tlsModeOf(read: ReadAddress, present: TlsMode): TlsMode {
  if (read.sslMode === 'require') return 'require'
  if (read.sslMode?.startsWith('verify-') === true) return 'verify-full'
  return read.address.scheme === 'amqps' && present === 'disable' ? 'verify-full' : present
}

export function addressOf(kind: AddressKind, fields: ConnectionFields): Address {
  return {
    scheme: schemeOf(kind, fields.tlsMode !== 'disable'),
    host: fields.host.trim(),
    port: fields.port.trim(),
    user: fields.user.trim(),
    path: fields.path.trim(),
  }
}

/** The port that an empty field means. */
export function defaultPort(kind: AddressKind, tlsMode: TlsMode): string {
  return kind === 'rabbitmq' && tlsMode !== 'disable' ? DEFAULT_AMQPS_PORT : DEFAULT_PORTS[kind]
}

export function passwordOf(fields: ConnectionFields): PasswordInput {
  switch (fields.passwordChoice) {
    case 'typed':
      return { kind: 'typed', value: fields.passwordValue }
    case 'env':
      return { kind: 'env', variable: fields.passwordVariable.trim() }
    case 'none':
    case 'keep':
      return { kind: fields.passwordChoice }
  }
}

export function tlsOf(fields: ConnectionFields): Tls {
  const files = { caFile: fields.caFile, certFile: fields.certFile, keyFile: fields.keyFile }
  const given = Object.entries({ ...files, serverName: fields.serverName })
    .map(([key, value]) => [key, value.trim()] as const)
    .filter(([, value]) => value !== '')
  return fields.tlsMode === 'disable'
    ? { mode: 'disable' }
    : { mode: fields.tlsMode, ...(Object.fromEntries(given) as Omit<Tls, 'mode'>) }
}

/** What is wrong with the shared fields; empty where nothing is. */
export function problemsOf(kind: AddressKind, fields: ConnectionFields): Problems {
  const problems: Problems = {}
  if (!NAME.test(fields.name)) problems['name'] = 'name'
  if (isWhole(kind)) {
    if (!fitsWhole(kind, fields.path.trim())) problems['path'] = kind === 'sqlite' ? 'file' : 'redis'
    return kind === 'sqlite' ? problems : { ...problems, ...passwordProblems(fields) }
  }
  if (fields.host.trim() === '') problems['host'] = 'required'
  if (!/^\d*$/.test(fields.port.trim()) || Number(fields.port) > 65_535) problems['port'] = 'port'
  if (fields.path.trim() === '') problems['path'] = 'required'
  if (kind !== 'rabbitmq' && fields.user.trim() === '') problems['user'] = 'required'
  return { ...problems, ...passwordProblems(fields) }
}

function passwordProblems(fields: ConnectionFields): Problems {
  const problems: Problems = {}
  if (fields.passwordChoice === 'typed' && fields.passwordValue === '') problems['password'] = 'password'
  if (fields.passwordChoice === 'env' && fields.passwordVariable.trim() === '')
    problems['password'] = 'variable'
  return problems
}
