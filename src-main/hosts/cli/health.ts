import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { usageError } from '../common/failure.ts'

/** Loopback only, as the console. */
const ADDRESS = '127.0.0.1'
const CONNECTIONS_MAX = 20
const HEALTHY = 200
const UNHEALTHY = 503
const NOT_FOUND = 404
const NOT_ALLOWED = 405
const FORBIDDEN = 403

export interface Health {
  readonly healthy: boolean
  readonly detail: object
}

export interface HealthServer {
  readonly url: string
  close(): Promise<void>
}

/** `GET /healthz`: 200 or 503, with the detail as JSON. Throws RedriveError `usage` where the port is taken. */
export async function serveHealth(port: number, look: () => Promise<Health>): Promise<HealthServer> {
  const server = createServer((request, response) => {
    const answer = (status: number, body: object): void => {
      response.writeHead(status, { 'content-type': 'application/json', 'cache-control': 'no-store' })
      response.end(`${JSON.stringify(body)}\n`)
    }
    // A page of a browser that was led to this port by a name of its own learns nothing.
    const { host = '' } = request.headers
    if (!/^(127\.0\.0\.1|localhost)(:\d+)?$/.test(host)) return answer(FORBIDDEN, { error: 'forbidden' })
    if (request.url !== '/healthz') return answer(NOT_FOUND, { error: 'not found' })
    if (request.method !== 'GET' && request.method !== 'HEAD')
      return answer(NOT_ALLOWED, { error: 'not allowed' })
    look().then(
      ({ healthy, detail }) => answer(healthy ? HEALTHY : UNHEALTHY, { healthy, ...detail }),
      (error: unknown) => answer(UNHEALTHY, { healthy: false, problem: String(error) }),
    )
  })
  server.maxConnections = CONNECTIONS_MAX
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) =>
      reject(
        usageError(`Port ${port} on ${ADDRESS} cannot be used (${error.code ?? error.message}).`, {
          cause: error,
        }),
      ),
    )
    server.listen(port, ADDRESS, resolve)
  })
  return {
    url: `http://${ADDRESS}:${(server.address() as AddressInfo).port}/healthz`,
    async close() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()))
      server.closeAllConnections()
      await closed
    },
  }
}
