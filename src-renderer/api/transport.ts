import type { ClientContext, ClientLink } from '@orpc/client'
import { RPCLink as PortLink } from '@orpc/client/message-port'
import { RPCLink as SocketLink } from '@orpc/client/websocket'
import { NO_SESSION, SESSION_OVER } from '../../src-preload/contract/session-end.ts'

/** One open way to the engine. It is thrown away when it closes; a new one is opened instead. */
export interface Line {
  readonly link: ClientLink<ClientContext>
  /** Settles when the line is dead, whoever ended it. */
  readonly closed: Promise<void>
  close(): void
}

/** Opens a line, or rejects. The caller retries. */
export type Transport = (signal: AbortSignal) => Promise<Line>

/** `onSessionOver`: the host closed the line because its person's session ended, or let nobody in without one. */
export function webSocketTransport(url: string, onSessionOver: () => void = () => undefined): Transport {
  return (signal) =>
    new Promise((resolve, reject) => {
      const socket = new WebSocket(url)
      const closed = new Promise<void>((done) =>
        socket.addEventListener(
          'close',
          ({ code }) => {
            if (code === SESSION_OVER) onSessionOver()
            done()
          },
          { once: true },
        ),
      )
      const refuse = (): void => reject(new Error('the engine does not answer'))
      socket.addEventListener(
        'open',
        () => resolve({ link: new SocketLink({ websocket: socket }), closed, close: () => socket.close() }),
        {
          once: true,
        },
      )
      socket.addEventListener('close', refuse, { once: true })
      signal.addEventListener(
        'abort',
        () => {
          if (socket.readyState !== WebSocket.CONNECTING) return
          socket.close()
          refuse()
        },
        { once: true },
      )
    })
}

export function portLine(port: MessagePort): Line {
  let end = (): void => undefined
  const closed = new Promise<void>((resolve) => {
    end = resolve
  })
  port.addEventListener('close', end, { once: true })
  const link = new PortLink({ port })
  port.start()
  return {
    link,
    closed,
    close: () => {
      port.close()
      end()
    },
  }
}

/** Desktop: the bridge answers `redrive:connect` with one end of a port whose other end is the engine. */
export function bridgeTransport(page: Window): Transport {
  return (signal) =>
    new Promise((resolve, reject) => {
      const listening = new AbortController()
      page.addEventListener(
        'message',
        (event: MessageEvent<unknown>) => {
          const port = event.ports[0]
          if (event.source !== page || port === undefined || !isType(event.data, 'redrive:port')) return
          listening.abort()
          resolve(portLine(port))
        },
        { signal: listening.signal },
      )
      signal.addEventListener(
        'abort',
        () => {
          listening.abort()
          reject(new Error('the engine does not answer'))
        },
        { once: true },
      )
      // Not while the page's file is evaluated: the browser notes from where a message is posted, and would read the whole file
      // again to say so. It is delivered no later, for nothing is before that is done.
      queueMicrotask(() => page.postMessage({ type: 'redrive:connect' }, page.location.origin))
    })
}

function isType(data: unknown, type: string): boolean {
  return typeof data === 'object' && data !== null && 'type' in data && data.type === type
}

/** The way that fits the host which serves this page. */
export function hostTransport(): Transport {
  if (window.redriveHost === 'desktop') return bridgeTransport(window)
  const { protocol, host } = window.location
  const logIn = (): void => window.location.assign('/login')
  const open = webSocketTransport(`${protocol === 'https:' ? 'wss:' : 'ws:'}//${host}/rpc`, logIn)
  return async (signal) => {
    try {
      return await open(signal)
    } catch (error) {
      // A browser does not tell why a socket was refused. Only a host that people log in to answers this so.
      const answer = await fetch('/session', { signal }).catch(() => null)
      if (answer?.status === NO_SESSION) logIn()
      throw error
    }
  }
}
