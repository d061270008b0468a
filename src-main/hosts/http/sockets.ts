import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import { RPCHandler } from '@orpc/server/ws'
import type { Logger } from 'pino'
import { WebSocketServer } from 'ws'
import type { RawData, WebSocket } from 'ws'
import type { EngineRouter } from '../../api/router.ts'
import { isRequestFrame } from '../common/request-frame.ts'
import { originIsOurs } from './access.ts'
import type { Access } from './access.ts'

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
  readonly access: Access
  readonly port: number
  readonly log: Logger
}

/** The RPC socket: `/rpc`, for a page of this origin that holds the session cookie. */
export function createSockets({ router, access, port, log }: SocketsOptions): Sockets {
  const server = new WebSocketServer({ noServer: true, maxPayload: SOCKET_PAYLOAD_BYTES_MAX })
  const handler = new RPCHandler(router)
  const alive = new WeakSet<WebSocket>()

  server.on('connection', (socket: WebSocket) => {
    alive.add(socket)
    socket.on('pong', () => alive.add(socket))
    // ws closes the socket itself after an error (a frame too large, a broken one); it only has to be heard.
    socket.on('error', (error) => log.warn({ reason: error.message }, 'socket failed'))
    handler.upgrade(onlyFrames(socket), { context: {} }).catch((error: unknown) => {
      log.warn({ reason: String(error) }, 'socket not upgraded')
      socket.terminate()
    })
  })

  const heartbeat = setInterval(() => {
    for (const socket of server.clients) {
      if (!alive.delete(socket) || socket.bufferedAmount > SOCKET_BUFFER_BYTES_MAX) socket.terminate()
      else socket.ping()
    }
  }, HEARTBEAT_MS)
  heartbeat.unref()

  return {
    upgrade(request, stream, head) {
      const status = refusalOf(request, server.clients.size)
      if (status === null) {
        server.handleUpgrade(request, stream, head, (socket) => server.emit('connection', socket, request))
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

  function refusalOf(request: IncomingMessage, open: number): string | null {
    if (!originIsOurs(request, port)) return '403 Forbidden'
    if (!access.hasSession(request)) return '401 Unauthorized'
    if (request.url !== '/rpc') return '404 Not Found'
    return open >= SOCKETS_MAX ? '503 Service Unavailable' : null
  }
}

/** The socket as the RPC handler sees it: whatever is no request of the protocol ends the conversation. */
function onlyFrames(socket: WebSocket): Pick<WebSocket, 'addEventListener' | 'send'> {
  const target = new EventTarget()
  socket.on('message', (data, isBinary) => {
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
