import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { IncomingMessage, RequestListener, Server, ServerResponse } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import { createServer as createRawServer } from 'node:net'
import type { AddressInfo, Server as RawServer } from 'node:net'
import { afterEach, describe, expect, test } from 'vitest'
import { openHttpCalls } from '../../src-main/adapters/http-calls/http-calls.ts'
import type { CallFailure, ServiceRequest } from '../../src-main/ports/service-calls.ts'
import { scratchFolder } from '../support/scratch.ts'
import { writeServiceKeys } from '../support/service-keys.ts'

const never = new AbortController().signal
const calls = openHttpCalls()
const servers: (Server | RawServer)[] = []
const TOKEN = 'tok-1234-secret'

afterEach(async () => {
  for (const server of servers.splice(0)) {
    if ('closeAllConnections' in server) server.closeAllConnections()
    await new Promise((done) => server.close(done))
  }
})

async function listening(server: Server | RawServer): Promise<number> {
  servers.push(server)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return (server.address() as AddressInfo).port
}

async function service(heard: RequestListener): Promise<string> {
  return `http://127.0.0.1:${await listening(createServer(heard))}`
}

function request(url: string, more: Partial<ServiceRequest> = {}): ServiceRequest {
  const usual = { headers: {}, body: null, timeoutMs: 5_000, answerBytesMax: 1_000 }
  return { method: 'GET', url, secret: () => Promise.resolve(null), ...usual, ...more }
}

async function failure(asked: ServiceRequest): Promise<CallFailure> {
  const reply = await calls.call(asked, never)
  if (reply.ok) throw new Error(`answered with ${reply.answer.status}`)
  return reply.failure
}

async function text(message: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of message as AsyncIterable<Buffer>) chunks.push(chunk)
  return Buffer.concat(chunks).toString()
}

describe('an answer', () => {
  test('is whatever status comes, with its body; a redirect is not followed', async () => {
    const asked: string[] = []
    const url = await service((message, response) => {
      asked.push(message.url ?? '')
      response.writeHead(302, { location: '/elsewhere' }).end('moved')
    })
    expect(await calls.call(request(`${url}/a?b=c%2Fd`), never)).toEqual({
      ok: true,
      answer: { status: 302, body: 'moved' },
    })
    expect(asked).toEqual(['/a?b=c%2Fd'])
  })

  test('comes for just the request that was made, with its body and its secret', async () => {
    const heard: object[] = []
    const answer = async (message: IncomingMessage, response: ServerResponse) => {
      const { authorization, 'x-tenant': tenant, connection, 'content-type': type } = message.headers
      heard.push({
        method: message.method,
        authorization,
        tenant,
        connection,
        type,
        body: await text(message),
      })
      response.end(`you sent ${message.headers.authorization ?? ''}`)
    }
    const url = await service((message, response) => void answer(message, response))
    const reply = await calls.call(
      request(url, {
        method: 'POST',
        headers: { 'x-tenant': 'eu', 'content-type': 'application/json' },
        body: '{"id":"\u00e9"}',
        auth: { bearer: { env: 'TOKEN' } },
        secret: () => Promise.resolve(TOKEN),
      }),
      never,
    )
    expect(heard).toEqual([
      {
        method: 'POST',
        authorization: `Bearer ${TOKEN}`,
        tenant: 'eu',
        connection: 'close',
        type: 'application/json',
        body: '{"id":"\u00e9"}',
      },
    ])
    expect(reply).toEqual({ ok: true, answer: { status: 200, body: 'you sent Bearer •••' } })
  })

  test('may be asked for with a secret in a header of any name', async () => {
    const url = await service((message, response) => response.end(String(message.headers['x-key'] === TOKEN)))
    const auth = { header: 'X-Key', value: { env: 'TOKEN' } }
    const reply = await calls.call(request(url, { auth, secret: () => Promise.resolve(TOKEN) }), never)
    expect(reply).toEqual({ ok: true, answer: { status: 200, body: 'true' } })
  })
})

describe('a failure', () => {
  test('refused: nothing listens', async () => {
    const port = await listening(createRawServer())
    await new Promise((done) => servers.pop()?.close(done))
    const found = await failure(request(`http://127.0.0.1:${port}/`))
    expect(found).toMatchObject({ kind: 'refused', reached: false })
    expect(found.reason).toContain('ECONNREFUSED')
  })

  test('unresolvable: no such name', async () => {
    expect(await failure(request('http://no-such-host.invalid/'))).toMatchObject({
      kind: 'unresolvable',
      reached: false,
    })
  })

  test('timed out, after the request went out: whether at its head or in its body', async () => {
    const silent = await service(() => undefined)
    const timed = await failure(request(silent, { timeoutMs: 100 }))
    expect(timed).toEqual({ kind: 'timed-out', reason: 'no answer within 100 ms', reached: true })
    const dripping = await service((_, response) => response.write('a'))
    expect(await failure(request(dripping, { timeoutMs: 100 }))).toEqual(timed)
  })

  test('too large', async () => {
    const url = await service((_, response) => response.end('x'.repeat(1_001)))
    expect(await failure(request(url))).toEqual({
      kind: 'too-large',
      reason: 'the answer is longer than 1000 bytes',
      reached: true,
    })
  })

  test('broke: cut before the head, in the middle of the body, or no HTTP at all', async () => {
    const cut = await listening(createRawServer((socket) => socket.once('data', () => socket.destroy())))
    expect(await failure(request(`http://127.0.0.1:${cut}/`))).toMatchObject({ kind: 'broke', reached: true })
    const half = await service((_, response) => {
      response.writeHead(200, { 'content-length': '10' }).write('half')
      setTimeout(() => response.destroy(), 20)
    })
    expect(await failure(request(half))).toMatchObject({ kind: 'broke', reached: true })
    const other = await listening(createRawServer((socket) => socket.resume().end('SSH-2.0-other\r\n')))
    expect(await failure(request(`http://127.0.0.1:${other}/`))).toMatchObject({
      kind: 'broke',
      reached: true,
    })
  })

  test('no secret: nothing is sent, and the reason does not hold it', async () => {
    let heard = 0
    const url = await service((_, response) => {
      heard++
      response.end()
    })
    const auth = { bearer: { env: 'TOKEN' } }
    const empty = await failure(request(url, { auth }))
    expect(empty).toEqual({ kind: 'no-secret', reason: 'the secret is empty', reached: false })
    const broken = await failure(request(url, { auth, secret: () => Promise.resolve(`${TOKEN}\r\nx: y`) }))
    expect(broken).toMatchObject({ kind: 'no-secret', reached: false })
    expect(broken.reason).not.toContain(TOKEN)
    const thrown = await failure(
      request(url, { auth, secret: () => Promise.reject(new Error('the keychain is closed')) }),
    )
    expect(thrown).toEqual({ kind: 'no-secret', reason: 'the keychain is closed', reached: false })
    expect(heard).toBe(0)
  })

  test('an aborted call rejects with what it was aborted with', async () => {
    const url = await service(() => undefined)
    const stop = new AbortController()
    const asked = calls.call(request(url), stop.signal)
    setTimeout(() => stop.abort(new Error('enough')), 30)
    await expect(asked).rejects.toThrow('enough')
  })
})

describe('over TLS', () => {
  async function secured() {
    const keys = await writeServiceKeys(await scratchFolder())
    const [ca, cert, key] = await Promise.all(
      [keys.ca, keys.server.cert, keys.server.key].map((file) => readFile(file)),
    )
    let heard = 0
    const options = { ca, cert, key, requestCert: true, rejectUnauthorized: true }
    const server = createTlsServer(options as Record<string, unknown>, (_, response) => {
      heard++
      response.end('known')
    })
    server.on('tlsClientError', () => undefined)
    const port = await listening(server)
    const client = { certFile: keys.client.cert, keyFile: keys.client.key }
    const tls = { mode: 'verify-full' as const, caFile: keys.ca, ...client }
    return { keys, port, tls, heard: () => heard }
  }

  test('mutual: with its certificate the client is answered, without it nobody read the request', async () => {
    const { port, tls, keys, heard } = await secured()
    const url = `https://127.0.0.1:${port}/`
    expect(await calls.call(request(url, { tls }), never)).toEqual({
      ok: true,
      answer: { status: 200, body: 'known' },
    })
    const stranger = await failure(request(url, { tls: { mode: 'verify-full', caFile: keys.ca } }))
    expect(stranger).toMatchObject({ kind: 'tls', reached: false })
    expect(heard()).toBe(1)
  })

  test('an unknown issuer, a wrong name and a missing file are failures of TLS', async () => {
    const { port, tls, heard } = await secured()
    const url = `https://127.0.0.1:${port}/`
    const { caFile, ...without } = tls
    expect(await failure(request(url, { tls: without }))).toMatchObject({ kind: 'tls', reached: false })
    const named = { ...tls, serverName: 'other.test' }
    expect(await failure(request(url, { tls: named }))).toMatchObject({ kind: 'tls', reached: false })
    const gone = await failure(request(url, { tls: { ...tls, caFile: `${caFile}.gone` } }))
    expect(gone).toEqual({ kind: 'tls', reason: `${caFile}.gone cannot be read`, reached: false })
    expect(heard()).toBe(0)
  })
})
