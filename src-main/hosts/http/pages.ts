import { createReadStream } from 'node:fs'
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import { pipeline } from 'node:stream/promises'
import { OPEN_METRICS_TYPE } from '../../domain/open-metrics.ts'
import { SECURITY_HEADERS } from '../common/content-policy.ts'
import type { StaticFiles } from '../common/static-files.ts'
import type { Entrance } from './entrance.ts'
import type { Origins } from './origins.ts'
import { refuse } from './refuse.ts'
import { refusals } from './refusals.ts'

export const METRICS_PATH = '/metrics'
/** Browsers keep to https for a year once they were served by it. */
const STRICT_TRANSPORT = 'max-age=31536000'

interface PageOptions {
  readonly files: StaticFiles
  readonly entrance: Entrance
  readonly origins: Origins
  readonly onError: (error: unknown) => void
  /** Text for a monitoring system, which has no session; null: there is no such page. */
  readonly metrics: (() => Promise<string>) | null
}

/** Serves the renderer's files to whoever was let in. */
export function createPages({ files, entrance, origins, onError, metrics }: PageOptions): RequestListener {
  return (request, response) => {
    for (const [name, value] of Object.entries(SECURITY_HEADERS)) response.setHeader(name, value)
    if (origins.secure) response.setHeader('strict-transport-security', STRICT_TRANSPORT)
    if (!origins.hostIsOurs(request)) return refuse(response, refusals.foreignHost(origins.hosts))
    const address = addressOf(request)
    if (entrance.answer(request, response, address)) return
    if (request.method !== 'GET' && request.method !== 'HEAD') return refuse(response, refusals.wrongMethod)

    const { pathname } = address
    // Without a session, so not for whoever a proxy lets through.
    if (pathname === METRICS_PATH && metrics !== null && origins.isDirect(request))
      return void sendMetrics(response, metrics).catch((error: unknown) => {
        onError(error)
        response.destroy()
      })
    const visit = entrance.visitOf(request)
    if (visit === null) return entrance.turnAway(request, response)
    visit.touch()

    const found = files.get(pathname)
    if (found === undefined) return refuse(response, refusals.notFound)
    response.writeHead(200, found.headers)
    if (request.method === 'HEAD') return void response.end()
    pipeline(createReadStream(found.file), response).catch(onError)
  }
}

async function sendMetrics(response: ServerResponse, metrics: () => Promise<string>): Promise<void> {
  const text = await metrics()
  response.writeHead(200, { 'content-type': OPEN_METRICS_TYPE, 'cache-control': 'no-store' }).end(text)
}

function addressOf(request: IncomingMessage): URL {
  // A request line may hold anything; what is no path of ours is looked up as one that does not exist.
  return URL.parse(request.url ?? '/', 'http://redrive.invalid') ?? new URL('http://redrive.invalid/%00')
}
