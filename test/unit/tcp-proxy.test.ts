import { once } from 'node:events'
import { connect, createServer } from 'node:net'
import type { AddressInfo, Server, Socket } from 'node:net'
import { setTimeout as wait } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { openTcpProxy } from '../support/tcp-proxy.ts'
import type { TcpProxy } from '../support/tcp-proxy.ts'

const QUIET_MS = 100

describe('the tcp proxy', () => {
  let echo: Server
  let proxy: TcpProxy
  let client: Socket
  let received: string
  let errors: string[]

  beforeEach(async () => {
    echo = createServer((socket) => {
      socket.on('error', () => undefined)
      socket.pipe(socket)
    })
    echo.listen(0, '127.0.0.1')
    await once(echo, 'listening')
    proxy = await openTcpProxy({ host: '127.0.0.1', port: (echo.address() as AddressInfo).port })
    received = ''
    errors = []
    client = connect(proxy.port, '127.0.0.1')
    client.on('data', (chunk) => (received += String(chunk)))
    client.on('error', (error: NodeJS.ErrnoException) => errors.push(error.code ?? error.message))
    await once(client, 'connect')
  })

  afterEach(async () => {
    client.destroy()
    await proxy.close()
    echo.close()
  })

  async function echoed(text: string): Promise<void> {
    client.write(text)
    await expect.poll(() => received).toBe(text)
  }

  it('forwards in both directions, a megabyte too', async () => {
    await echoed('x'.repeat(1_000_000))
  })

  it('cuts without an error', async () => {
    await echoed('one')
    proxy.cut()
    await once(client, 'close')
    expect(errors).toEqual([])
    expect(proxy.connections()).toBe(0)
  })

  it('resets with ECONNRESET', async () => {
    await echoed('one')
    proxy.reset()
    await expect.poll(() => client.destroyed).toBe(true)
    expect(errors).toEqual(['ECONNRESET'])
  })

  it.each(['up', 'down'] as const)('swallows what flows %s and keeps the connection', async (direction) => {
    await echoed('one')
    proxy.blackHole(direction)
    client.write('two')
    await wait(QUIET_MS)
    expect(received).toBe('one')
    expect(proxy.connections()).toBe(1)
  })

  it('delays every chunk in order', async () => {
    proxy.delay(50)
    const startedAt = performance.now()
    client.write('a')
    client.write('b')
    await expect.poll(() => received).toBe('ab')
    expect(performance.now() - startedAt).toBeGreaterThanOrEqual(95)
  })

  it('cuts after a number of bytes', async () => {
    proxy.cutAfter('down', 3)
    client.write('abcdef')
    await once(client, 'close')
    expect(received).toBe('abc')
  })

  it('refuses new connections', async () => {
    proxy.refuse(true)
    const other = connect(proxy.port, '127.0.0.1')
    await once(other, 'close')
    expect(proxy.connections()).toBe(1)
  })
})
