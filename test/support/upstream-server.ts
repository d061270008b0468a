import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface UpstreamServer {
  readonly url: string
  /** Ids of messages that somebody was asked to resend, in order. */
  readonly asked: readonly string[]
  /** Status of the next answers; 202 until it is changed. Null: the connection is cut without an answer. */
  status: number | null
  close(): Promise<void>
}

/** A sender's command to resend: `POST /resend/{messageId}`. It counts, and sends nothing by itself. */
export async function startUpstream(onAsked?: (messageId: string) => void): Promise<UpstreamServer> {
  const asked: string[] = []
  const server = createServer((request, response) => {
    const id = decodeURIComponent((request.url ?? '').split('/').at(-1) ?? '')
    asked.push(id)
    onAsked?.(id)
    request.resume()
    if (upstream.status === null) response.destroy()
    else response.writeHead(upstream.status, { 'content-type': 'application/json' }).end('{}')
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const upstream: UpstreamServer = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/resend/{messageId}`,
    asked,
    status: 202,
    async close() {
      server.closeAllConnections()
      await new Promise((done) => server.close(done))
    },
  }
  return upstream
}
