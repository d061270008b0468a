import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import { RPCHandler } from '@orpc/server/ws'
import { WebSocketServer } from 'ws'
import type { RawData, WebSocket } from 'ws'
import type { EngineRouter } from '../../api/router.ts'
import { isRequestFrame } from '../common/request-frame.ts'
import { SESSION_OVER } from '../../../src-preload/contract/session-end.ts'
import type { HostLog } from '../../ports/surroundings.ts'
import type { Entrance, Visit } from './entrance.ts'
import type { Origins } from './origins.ts'

/** The largest request the page makes names IDS_MAX ids of 400 characters. */
export const SOCKET_PAYLOAD_BYTES_MAX = 8 * 1024 * 1024
/** A tab that takes nothing in for so much is cut off; it connects again when it wakes up. */
const SOCKET_BUFFER_BYTES_MAX = 64 * 1024 * 1024
/** Tabs at a time. */
const SOCKETS_MAX = 50
const HEARTBEAT_MS = 15_000
const GOING_AWAY = 1001
const NOT_UNDERSTOOD = 1007
/** For the other side to answer the goodbye, so that it knows that this was one. */
const GOODBYE_MS = 300

export interface Sockets {
  upgrade(request: IncomingMessage, stream: Duplex, head: Buffer): void
  close(): void
}

interface SocketsOptions {
  readonly router: EngineRouter
  readonly entrance: Entrance
  readonly origins: Origins
  readonly log: HostLog
}

/** The RPC socket: `/rpc`, for a page of this origin that holds the session cookie. It ends with the session. */
export function createSockets({ router, entrance, origins, log }: SocketsOptions): Sockets {
  const server = new WebSocketServer({ noServer: true, maxPayload: SOCKET_PAYLOAD_BYTES_MAX })
  const handler = new RPCHandler(router)
  const alive = new WeakSet<WebSocket>()

  const meet = (socket: WebSocket, visit: Visit): void => {
    alive.add(socket)
    const showOut = (): void => socket.close(SESSION_OVER)
    visit.ended.addEventListener('abort', showOut, { once: true })
    socket.on('close', () => visit.ended.removeEventListener('abort', showOut))
    socket.on('message', () => visit.touch())
    socket.on('pong', () => alive.add(socket))
    // ws closes the socket itself after an error (a frame too large, a broken one); it only has to be heard.
    socket.on('error', (error) => log.warn({ reason: error.message }, 'socket failed'))
    const { caller, canLogOut, stands } = visit
    const context = { caller, canLogOut, stands }
    handler.upgrade(onlyFrames(socket, visit.ended), { context }).catch((error: unknown) => {
      log.warn({ reason: String(error) }, 'socket not upgraded')
      socket.terminate()
    })
  }

  const heartbeat = setInterval(() => {
    for (const socket of server.clients) {
      if (!alive.delete(socket) || socket.bufferedAmount > SOCKET_BUFFER_BYTES_MAX) socket.terminate()
      else socket.ping()
    }
  }, HEARTBEAT_MS)
  heartbeat.unref()

  return {
    upgrade(request, stream, head) {
      const visit = origins.originIsOurs(request) ? entrance.visitOf(request) : null
      const status = refusalOf(request, visit)
      if (status === null && visit !== null) {
        server.handleUpgrade(request, stream, head, (socket) => meet(socket, visit))
        return
      }
      stream.on('error', () => stream.destroy())
      stream.end(`HTTP/1.1 ${status}\r\nconnection: close\r\ncontent-length: 0\r\n\r\n`)
    },
    close() {
      clearInterval(heartbeat)
      for (const socket of server.clients) {
        socket.close(GOING_AWAY)
        setTimeout(() => socket.terminate(), GOODBYE_MS)
      }
      server.close()
    },
  }

  function refusalOf(request: IncomingMessage, visit: Visit | null): string | null {
    if (!origins.originIsOurs(request)) return '403 Forbidden'
    if (visit === null) return '401 Unauthorized'
    if (request.url !== '/rpc') return '404 Not Found'
    return server.clients.size >= SOCKETS_MAX ? '503 Service Unavailable' : null
  }
}

/**
 * The socket as the RPC handler sees it: whatever is no request of the protocol ends the conversation, and what comes after the
 * session is not heard.
 */
function onlyFrames(socket: WebSocket, ended: AbortSignal): Pick<WebSocket, 'addEventListener' | 'send'> {
  const target = new EventTarget()
  socket.on('message', (data, isBinary) => {
    if (ended.aborted) return
    const text = isBinary ? null : textOf(data)
    if (isRequestFrame(text)) target.dispatchEvent(new MessageEvent('message', { data: text }))
    else socket.close(NOT_UNDERSTOOD)
  })
  socket.on('close', () => target.dispatchEvent(new Event('close')))
  // ws and EventTarget say the same of these two events in types that do not meet.
  const heard: unknown = {
    addEventListener: target.addEventListener.bind(target),
    send: socket.send.bind(socket),
  }
  return heard as Pick<WebSocket, 'addEventListener' | 'send'>
}

function textOf(data: RawData): string {
  return Buffer.isBuffer(data)
    ? data.toString()
    : Buffer.concat(Array.isArray(data) ? data : [new Uint8Array(data)]).toString()
}
