import { createReadStream } from 'node:fs'
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import { pipeline } from 'node:stream/promises'
import { OPEN_METRICS_TYPE } from '../../domain/open-metrics.ts'
import { SECURITY_HEADERS } from '../common/content-policy.ts'
import type { StaticFiles } from '../common/static-files.ts'
import { allowedHosts, hostIsOurs } from './access.ts'
import type { Access } from './access.ts'
import { refusalPage, refusals } from './refusals.ts'
import type { Refusal } from './refusals.ts'

export const METRICS_PATH = '/metrics'

interface PageOptions {
  readonly files: StaticFiles
  readonly access: Access
  readonly port: number
  readonly onError: (error: unknown) => void
  /** Text for a monitoring system, which has no session; null: there is no such page. */
  readonly metrics: (() => Promise<string>) | null
}

/** Serves the renderer's files to the browser that was let in, and lets one in. */
export function createPages({ files, access, port, onError, metrics }: PageOptions): RequestListener {
  return (request, response) => {
    for (const [name, value] of Object.entries(SECURITY_HEADERS)) response.setHeader(name, value)
    if (!hostIsOurs(request, port)) return refuse(response, refusals.foreignHost(allowedHosts(port)))
    if (request.method !== 'GET' && request.method !== 'HEAD') return refuse(response, refusals.wrongMethod)

    const { pathname, searchParams } = addressOf(request)
    const token = searchParams.get('token')
    if (pathname === '/' && token !== null) return admit(response, access, token)
    if (pathname === METRICS_PATH && metrics !== null)
      return void sendMetrics(response, metrics).catch((error: unknown) => {
        onError(error)
        response.destroy()
      })
    if (!access.hasSession(request)) return refuse(response, refusals.noSession)

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

function admit(response: ServerResponse, access: Access, token: string): void {
  const admission = access.admit(token)
  if (admission === 'used') return refuse(response, refusals.tokenUsed)
  if (admission === 'wrong') return refuse(response, refusals.tokenWrong)
  response.writeHead(303, { location: '/', 'set-cookie': access.cookie(), 'cache-control': 'no-store' }).end()
}

function refuse(response: ServerResponse, refusal: Refusal): void {
  const page = refusalPage(refusal)
  response.writeHead(refusal.status, {
    'content-type': 'text/html; charset=utf-8',
    'cache-control': 'no-store',
    'content-length': Buffer.byteLength(page),
  })
  response.end(page)
}
