import { once } from 'node:events'
import { mkdir, writeFile } from 'node:fs/promises'
import { request } from 'node:http'
import type { IncomingHttpHeaders } from 'node:http'
import { join } from 'node:path'
import { createORPCClient } from '@orpc/client'
import { RPCLink } from '@orpc/client/websocket'
import type { ContractRouterClient } from '@orpc/contract'
import { createRouterClient } from '@orpc/server'
import { pino } from 'pino'
import { onTestFinished } from 'vitest'
import { WebSocket } from 'ws'
import type { Role } from '../../src-main/domain/role.ts'
import type { Running } from '../../src-main/hosts/compose.ts'
import { serveHttp } from '../../src-main/hosts/http/serve-http.ts'
import type { SignOn } from '../../src-main/hosts/http/sign-on.ts'
import type { Contract } from '../../src-preload/contract/index.ts'
import { composedEngine } from './composed-engine.ts'
import { scratchFolder } from './scratch.ts'

export interface Answer {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly body: string
}

type Client = ContractRouterClient<Contract>

/** The http host that people log in to, with a clock that the test turns. */
export interface LoginHost {
  readonly running: Running
  readonly port: number
  readonly origin: string
  /** Moved by the test; sessions and delays go by it. */
  readonly clock: { aheadMs: number }
  /** As the cli does: the secret of a new token. */
  readonly add: (name: string, role?: Role, days?: number) => Promise<string>
  readonly admin: Client
  readonly ask: (path: string, headers?: Record<string, string>) => Promise<Answer>
  readonly post: (path: string, body: string, headers?: Record<string, string>) => Promise<Answer>
  readonly logIn: (name: string, token: string, headers?: Record<string, string>) => Promise<Answer>
  /** The cookie of somebody who logged in. */
  readonly enter: (name: string, token: string) => Promise<string>
  readonly socket: (cookie: string, headers?: Record<string, string>) => WebSocket
  readonly client: (socket: WebSocket) => Client
  readonly actions: () => Promise<readonly (readonly [string, string, Record<string, unknown>])[]>
}

export const PAGE = '<!doctype html><title>Redrive</title>'

export async function loginHost(
  options: {
    readonly origin?: string
    readonly signOn?: SignOn
    readonly rendererDir?: string
    readonly folder?: string
  } = {},
): Promise<LoginHost> {
  const folder = options.folder ?? (await scratchFolder())
  const rendererDir = options.rendererDir ?? join(folder, 'renderer')
  if (options.rendererDir === undefined) {
    await mkdir(rendererDir, { recursive: true })
    await writeFile(join(rendererDir, 'index.html'), PAGE)
  }
  const running = await composedEngine(folder)
  const clock = { aheadMs: 0 }
  const host = await serveHttp({
    router: running.router,
    self: running.self,
    login: {
      operators: running.operators,
      clock: { now: () => new Date(Date.now() + clock.aheadMs) },
      signOn: options.signOn ?? null,
    },
    ...(options.origin === undefined ? {} : { origin: options.origin }),
    rendererDir,
    port: 0,
    log: pino({ level: 'silent' }),
  })
  onTestFinished(() => host.close())
  const port = host.port
  const origin = options.origin ?? `http://127.0.0.1:${port}`
  const admin: Client = createRouterClient(running.router, { context: { caller: running.self } })

  const send = (method: string, path: string, headers: Record<string, string>, body: string) =>
    sendTo(port, { method, path, headers }, body)
  const it: LoginHost = {
    running,
    port,
    origin,
    clock,
    admin,
    async add(name, role = 'operator', days = 30) {
      return (await admin.operators.add({ name, role, days })).secret
    },
    ask: (path, headers = {}) => send('GET', path, headers, ''),
    post: (path, body, headers = {}) =>
      send('POST', path, { origin, 'content-type': 'application/x-www-form-urlencoded', ...headers }, body),
    logIn: (name, token, headers = {}) =>
      it.post('/login', new URLSearchParams({ name, token }).toString(), headers),
    async enter(name, token) {
      const { headers, status, body } = await it.logIn(name, token)
      const [cookie] = headers['set-cookie'] ?? []
      if (cookie === undefined) throw new Error(`not let in: ${status} ${body}`)
      return cookie.split(';')[0] ?? ''
    },
    socket(cookie, headers = {}) {
      const socket = new WebSocket(`ws://127.0.0.1:${port}/rpc`, { headers: { cookie, origin, ...headers } })
      socket.on('error', () => undefined)
      onTestFinished(() => socket.terminate())
      return socket
    },
    client: (socket) =>
      createORPCClient<Client>(new RPCLink({ websocket: socket as unknown as globalThis.WebSocket })),
    async actions() {
      const { entries } = await admin.journal.list({ order: 'oldest', cursor: null, limit: 200 })
      return entries.map(({ action, operator, detail }) => [
        action,
        operator,
        detail as Record<string, unknown>,
      ])
    },
  }
  return it
}

async function sendTo(
  port: number,
  options: { readonly method: string; readonly path: string; readonly headers: Record<string, string> },
  body: string,
): Promise<Answer> {
  const outgoing = request({ host: '127.0.0.1', port, agent: false, ...options })
  outgoing.end(body)
  const [response] = await once(outgoing, 'response')
  let text = ''
  for await (const chunk of response) text += String(chunk)
  return { status: response.statusCode, headers: response.headers, body: text }
}

/** How a socket ended up: opened, or the status it was refused with. */
export function outcome(socket: WebSocket): Promise<'open' | number> {
  return new Promise((resolve) => {
    socket.once('open', () => resolve('open'))
    socket.once('unexpected-response', (_request, response) => resolve(response.statusCode ?? 0))
  })
}
