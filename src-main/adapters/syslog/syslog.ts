import { createSocket } from 'node:dgram'
import { isIPv6, connect as connectPlain, isIP } from 'node:net'
import type { Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'

const TIMEOUT_MS = 15_000
/** A receiver that is on its way out says so within this time, before it was told that there is no more. */
const QUIET_MS = 250
/** What receivers take without being told to; a longer datagram is cut up on its way. */
export const DATAGRAM_BYTES_MAX = 8_192

export interface SyslogPlace {
  readonly transport: 'tcp' | 'tls' | 'udp'
  readonly host: string
  readonly port: number
  /** PEM of the authority that the receiver's certificate is of; null: those of the system. */
  readonly ca: string | null
}

/**
 * Sends messages of RFC 5424. Over TCP and TLS each has its length before it (RFC 6587, RFC 5425); they count as taken once the
 * receiver has answered the end with its own, for nothing in syslog acknowledges a message. Over UDP (RFC 5426) nobody
 * can tell. Rejects with the system's error.
 */
export function sendSyslog(
  place: SyslogPlace,
  messages: readonly string[],
  signal: AbortSignal,
): Promise<void> {
  const limited = AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)])
  return place.transport === 'udp' ? datagrams(place, messages, limited) : stream(place, messages, limited)
}

function stream(place: SyslogPlace, messages: readonly string[], signal: AbortSignal): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  const frames = messages.map((message) => `${Buffer.byteLength(message)} ${message}`).join('')
  let ended = false
  const end = (): void => {
    ended = true
    socket.end()
  }
  const socket = open(place, () => socket.write(frames, () => void setTimeout(end, QUIET_MS)))
  const stop = (): void => void socket.destroy(new Error('no end of the conversation in time'))
  signal.addEventListener('abort', stop, { once: true })
  let said = false
  // One that closes by itself has not read to the end, whatever it had taken by then: only an end that answers ours counts.
  socket.once('end', () => (said = ended))
  socket.once('error', reject)
  socket.once('close', () => {
    signal.removeEventListener('abort', stop)
    if (said && socket.writableFinished) resolve()
    else reject(new Error('the receiver closed before it had read everything'))
  })
  // What a receiver says is nothing that is understood here; without reading, its end is not heard.
  socket.resume()
  return promise
}

function open({ transport, host, port, ca }: SyslogPlace, onConnect: () => void): Socket {
  if (transport === 'tcp') return connectPlain({ host, port }, onConnect)
  const options = {
    host,
    port,
    ...(ca === null ? {} : { ca }),
    ...(isIP(host) === 0 ? { servername: host } : {}),
  }
  return connectTls(options, onConnect)
}

async function datagrams(
  { host, port }: SyslogPlace,
  messages: readonly string[],
  signal: AbortSignal,
): Promise<void> {
  const socket = createSocket(isIPv6(host) ? 'udp6' : 'udp4')
  try {
    for (const message of messages) {
      signal.throwIfAborted()
      await new Promise<void>((resolve, reject) => {
        socket.once('error', reject)
        socket.send(message, port, host, (error) => {
          socket.removeListener('error', reject)
          if (error) reject(error)
          else resolve()
        })
      })
    }
  } finally {
    socket.close()
  }
}
