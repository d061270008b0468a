import { createServer } from 'node:http'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as wait } from 'node:timers/promises'

/** What a producer knows of a half message, and how well it says so. */
export const checkFates = ['yes', 'no', 'unknown', 'slow', 'wrong'] as const
export type CheckFate = (typeof checkFates)[number]

/** Longer than whoever asks is ready to wait. */
const SLOW_MS = 30_000

export interface CheckService {
  /** http://127.0.0.1:port */
  readonly url: string
  close(): Promise<void>
}

/**
 * A reference for services that store half messages: `GET /check/{messageId}` tells whether their own business was done.
 *
 * - yes: 200 {"state":"done"}; no: 200 {"state":"rolled-back"}
 * - unknown: 200 {"state":"open"}, the business is still under way
 * - slow: an answer that comes too late; wrong: what a gateway says whose service is not there, 502 and a page
 *
 * What it has never heard of is 404 {"state":"never-heard-of"}: the body says that the producer itself answers, which a wrong
 * address does not.
 */
export async function startCheckService(
  fateOf: (messageId: string, asked: number) => CheckFate | null,
  port = 0,
): Promise<CheckService> {
  const asked = new Map<string, number>()
  const closing = new AbortController()
  const server = createServer((request, response) => {
    void answer(request, response).catch(() => response.destroy())
  })

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const [, encoded] = /^\/check\/([^/?]+)$/.exec(request.url ?? '') ?? []
    if (request.method !== 'GET' || encoded === undefined) return say(response, 404, null)
    const messageId = decodeURIComponent(encoded)
    const times = (asked.get(messageId) ?? 0) + 1
    asked.set(messageId, times)
    switch (fateOf(messageId, times)) {
      case null:
        return say(response, 404, 'never-heard-of')
      case 'yes':
        return say(response, 200, 'done')
      case 'no':
        return say(response, 200, 'rolled-back')
      case 'unknown':
        return say(response, 200, 'open')
      case 'slow':
        await wait(SLOW_MS, undefined, { signal: closing.signal })
        return say(response, 200, 'done')
      case 'wrong':
        response.writeHead(502, { 'content-type': 'text/html' }).end('<h1>Bad Gateway</h1>')
    }
  }

  await new Promise<void>((listening, failed) => {
    server.once('error', failed)
    server.listen(port, '127.0.0.1', listening)
  })
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () =>
      new Promise((closed) => {
        closing.abort()
        server.close(() => closed())
        server.closeAllConnections()
      }),
  }
}

function say(response: ServerResponse, status: number, state: string | null): void {
  const body = state === null ? { error: 'no such place' } : { state }
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
}
