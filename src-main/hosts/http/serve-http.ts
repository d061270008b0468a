import { createServer } from 'node:http'
import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { EngineRouter } from '../../api/router.ts'
import { RedriveError } from '../../domain/errors.ts'
import type { Caller } from '../../domain/role.ts'
import type { HostLog } from '../../ports/surroundings.ts'
import { listStaticFiles } from '../common/static-files.ts'
import type { Entrance } from './entrance.ts'
import { createLoginEntrance } from './login-entrance.ts'
import type { LoginOptions } from './login-desk.ts'
import { createOrigins } from './origins.ts'
import { createPages } from './pages.ts'
import { createSockets } from './sockets.ts'
import { createStartEntrance } from './start-entrance.ts'

/** Loopback only: who needs it from elsewhere tunnels through SSH, or comes through a proxy on this machine that ends TLS. */
const ADDRESS = '127.0.0.1'
export const CONNECTIONS_MAX = 200
/** For the head of a request, and for all of it: a browser of this machine takes milliseconds. */
const HEADERS_MS_MAX = 5_000
const REQUEST_MS_MAX = 10_000
/** How often it is looked whether one is late. */
const LATE_CHECK_MS = 1_000

export interface ServeHttpOptions {
  readonly router: EngineRouter
  /** Whoever started this process: an address that works once lets them in. */
  readonly self: Caller
  /** In the place of that address: people log in, each as themselves. */
  readonly login?: Omit<LoginOptions, 'port' | 'origins' | 'log'>
  /** Of a proxy on this machine that browsers come through; absent or null: there is none. */
  readonly origin?: string | null
  /** Folder of the built page, out/renderer. */
  readonly rendererDir: string
  /** 0: any free port. */
  readonly port: number
  readonly log: HostLog
  /** What `/metrics` answers, without a session; absent: nothing. */
  readonly metrics?: () => Promise<string>
}

export interface HttpHost {
  /** Carries the token that works once, where nobody has to log in. */
  readonly url: string
  /** Where it listens, whatever address leads there. */
  readonly port: number
  close(): Promise<void>
}

/** Serves the console on the loopback address. Throws RedriveError `usage` where the port is taken. */
export async function serveHttp(options: ServeHttpOptions): Promise<HttpHost> {
  const { router, rendererDir, port, log, origin = null, metrics = null } = options
  const files = await listStaticFiles(rendererDir)
  // Who sends a byte now and then would hold all connections otherwise, and the operator would find no way in.
  const server = createServer({
    headersTimeout: HEADERS_MS_MAX,
    requestTimeout: REQUEST_MS_MAX,
    connectionsCheckingInterval: LATE_CHECK_MS,
  })
  server.maxConnections = CONNECTIONS_MAX
  const bound = await listen(server, port)
  const origins = createOrigins(bound, origin)
  const base = origin ?? `http://${ADDRESS}:${bound}`
  const { entrance, url } = open(options, { port: bound, origins, log }, base)
  const sockets = createSockets({ router, entrance, origins, log })
  const onError = (error: unknown): void => log.warn({ reason: String(error) }, 'page not sent')

  server.on('request', createPages({ files, entrance, origins, metrics, onError }))
  server.on('upgrade', (request, stream, head) => sockets.upgrade(request, stream, head))

  return {
    url,
    port: bound,
    async close() {
      entrance.close()
      sockets.close()
      const closed = new Promise<void>((resolve) => server.close(() => resolve()))
      server.closeAllConnections()
      await closed
    },
  }
}

function open(
  { login, self }: ServeHttpOptions,
  place: Pick<LoginOptions, 'port' | 'origins' | 'log'>,
  base: string,
): { readonly entrance: Entrance; readonly url: string } {
  if (login !== undefined) return { entrance: createLoginEntrance({ ...login, ...place }), url: `${base}/` }
  const entrance = createStartEntrance({ ...place, self })
  return { entrance, url: `${base}/?token=${entrance.token}` }
}

async function listen(server: Server, port: number): Promise<number> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      const problem = `Port ${port} on ${ADDRESS} cannot be used (${error.code ?? error.message}): choose another with --port.`
      reject(new RedriveError('usage', 'never', { problem }, { cause: error }))
    })
    server.listen(port, ADDRESS, resolve)
  })
  server.removeAllListeners('error')
  return (server.address() as AddressInfo).port
}
