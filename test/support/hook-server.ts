import { once } from 'node:events'
import { createServer } from 'node:http'
import type { IncomingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'

export interface Hooked {
  readonly headers: IncomingHttpHeaders
  readonly body: Readonly<Record<string, unknown>>
}

export interface HookServer {
  readonly url: string
  /** What came, in order; whatever was answered. */
  readonly got: readonly Hooked[]
  /** The next answers, in order; 200 when there are no more. `slow`: none. `cut`: the connection is. */
  readonly answers: (number | 'slow' | 'cut')[]
  close(): Promise<void>
}

/** A webhook of somebody's, on this machine. */
export async function startHook(): Promise<HookServer> {
  const got: Hooked[] = []
  const answers: HookServer['answers'] = []
  const server = createServer((request, response) => {
    void text(request).then((body) => {
      got.push({ headers: request.headers, body: JSON.parse(body) as Hooked['body'] })
      const answer = answers.shift() ?? 200
      if (answer === 'cut') response.destroy()
      else if (answer !== 'slow') response.writeHead(answer).end('a text with a secret of its own')
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`,
    got,
    answers,
    async close() {
      server.closeAllConnections()
      await new Promise((done) => server.close(done))
    },
  }
}
