import { readFileSync } from 'node:fs'
import type { ConnectionOptions } from 'node:tls'
import { RedriveError } from '../../domain/errors.ts'
import type { ErrorDetail } from '../../domain/errors.ts'
import type { TlsOptions } from '../../domain/workspace.ts'

const AMQP_PORT = 5672
const AMQPS_PORT = 5671
const PORT_MAX = 65_535

export interface RabbitAddress {
  readonly host: string
  readonly port: number
  readonly vhost: string
  readonly user: string
  readonly encrypted: boolean
}

/** scheme, user, password, host (an IPv6 address in brackets), port, vhost. */
const AMQP_URL =
  /^(amqps?):\/\/(?:([^:@/?#]*)(?::([^@/?#]*))?@)?(\[[0-9a-fA-F:.]+\]|[^:@/?#[\]]+)(?::(\d{1,5}))?(?:\/([^/?#]*))?$/

/**
 * Reads `amqp://user@host:port/vhost`. Node's URL and amqplib disagree on percent-encoding (amqplib reads %C3%A9 as two
 * letters), so it is done here. No path, or an empty one, is the virtual host "/". Throws RedriveError
 * `workspace-invalid`; the URL itself is not repeated, somebody may have put a password into it.
 */
export function parseRabbitUrl(url: string, tls?: TlsOptions): RabbitAddress {
  const parts = AMQP_URL.exec(url)
  if (parts === null) throw invalid('expected amqp://user@host:port/vhost')
  const [, scheme, user = 'guest', password, host = '', port, vhost = ''] = parts
  if (password !== undefined) throw invalid('the password does not belong in the url')
  const encrypted = isEncrypted(scheme, tls)
  return {
    host: host.replace(/^\[|\]$/g, ''),
    port: portOf(port, encrypted),
    vhost: vhost === '' ? '/' : decoded(vhost),
    user: decoded(user),
    encrypted,
  }
}

function isEncrypted(scheme: string | undefined, tls: TlsOptions | undefined): boolean {
  if (scheme !== 'amqps') return tls !== undefined && tls.mode !== 'disable'
  if (tls?.mode === 'disable') throw invalid('amqps:// and tls mode disable contradict')
  return true
}

function portOf(port: string | undefined, encrypted: boolean): number {
  if (port === undefined) return encrypted ? AMQPS_PORT : AMQP_PORT
  const number = Number(port)
  if (number < 1 || number > PORT_MAX) throw invalid('the port is out of range')
  return number
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part)
  } catch (cause) {
    throw invalid('a percent sign is not followed by two hexadecimal digits', cause)
  }
}

function invalid(reason: string, cause?: unknown): RedriveError {
  return new RedriveError('workspace-invalid', 'never', { at: 'url', problem: reason }, { cause })
}

/** What an operator may see of an address. */
export function addressDetail(address: RabbitAddress): ErrorDetail {
  const { host, port, vhost, user } = address
  return { server: `${host}:${port}`, host, port, vhost, user }
}

type TlsSocketOptions = Pick<ConnectionOptions, 'rejectUnauthorized' | 'ca' | 'cert' | 'key' | 'servername'>

/** Options of Node's TLS socket. The files are read at each connect, so that a renewed certificate is picked up. */
export function tlsSocketOptions(tls: TlsOptions | undefined): TlsSocketOptions {
  if (tls === undefined) return {}
  return {
    rejectUnauthorized: tls.mode === 'verify-full',
    ...(tls.caFile === undefined ? {} : { ca: fileOf(tls.caFile) }),
    ...(tls.certFile === undefined ? {} : { cert: fileOf(tls.certFile) }),
    ...(tls.keyFile === undefined ? {} : { key: fileOf(tls.keyFile) }),
    ...(tls.serverName === undefined ? {} : { servername: tls.serverName }),
  }
}

function fileOf(path: string): Buffer {
  try {
    return readFileSync(path)
  } catch (cause) {
    throw new RedriveError(
      'tls-failed',
      'never',
      { server: 'the broker', file: path, reason: `${path} cannot be read` },
      { cause },
    )
  }
}
