import { connect as connectPlain, isIP } from 'node:net'
import type { Socket } from 'node:net'
import { readFileSync } from 'node:fs'
import { connect as connectTls } from 'node:tls'
import type { ConnectionOptions } from 'node:tls'
import { RedriveError } from '../../domain/errors.ts'
import type { TlsOptions } from '../../domain/workspace.ts'

/** Silence after which the system asks whether the other side is still there. */
const KEEP_ALIVE_MS = 30_000

export interface SocketsOptions {
  readonly tls: TlsOptions | undefined
  /** From an address that the cluster names, `host:port`, to the one that leads there: a tunnel, a forwarded port. */
  readonly addresses: Readonly<Record<string, string>>
}

type Factory = (options: {
  readonly host: string
  readonly port: number
  readonly onConnect: () => void
}) => Socket

/** Every socket of one connection to a cluster. kafkajs keeps its own to itself, and waits for answers to let them go. */
export interface Sockets {
  readonly factory: Factory
  /** Resolves with the words of the first one that was there and is gone. */
  readonly ended: Promise<string>
  destroy(): void
}

export function openSockets({ tls, addresses }: SocketsOptions): Sockets {
  const open = new Set<Socket>()
  const { promise: ended, resolve } = Promise.withResolvers<string>()
  let over = false
  const factory: Factory = ({ host, port, onConnect }) => {
    const target = route(addresses, host, port)
    // The certificate is the server's, whatever way leads to it.
    const socket = tlsIsOn(tls)
      ? connectTls(
          { ...target, ...(isIP(host) ? {} : { servername: host }), ...tlsSocketOptions(tls) },
          onConnect,
        )
      : connectPlain(target, onConnect)
    socket.setKeepAlive(true, KEEP_ALIVE_MS)
    socket.setNoDelay(true)
    let wasUp = false
    let reason = `${host}:${port} closed the connection`
    socket.once('connect', () => void (wasUp = true))
    socket.once('error', (error) => void (reason = error.message))
    socket.once('close', () => {
      open.delete(socket)
      if (wasUp) resolve(reason)
    })
    if (over) socket.destroy()
    open.add(socket)
    return socket
  }
  const destroy = (): void => {
    over = true
    for (const socket of open) socket.destroy()
  }
  return { factory, ended, destroy }
}

function route(
  addresses: SocketsOptions['addresses'],
  host: string,
  port: number,
): { readonly host: string; readonly port: number } {
  const other = addresses[`${host}:${port}`]
  if (other === undefined) return { host, port }
  const colon = other.lastIndexOf(':')
  return { host: other.slice(0, colon), port: Number(other.slice(colon + 1)) }
}

function tlsIsOn(tls: TlsOptions | undefined): tls is TlsOptions {
  return tls !== undefined && tls.mode !== 'disable'
}

/** The files are read at each connect, so that a renewed certificate is picked up. */
function tlsSocketOptions(tls: TlsOptions): ConnectionOptions {
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
    const detail = { server: 'the broker', file: path, reason: `${path} cannot be read` }
    throw new RedriveError('tls-failed', 'never', detail, { cause })
  }
}
