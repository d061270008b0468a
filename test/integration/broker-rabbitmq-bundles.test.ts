import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { connect } from 'node:net'
import { once } from 'node:events'
import type { ChannelModel } from 'amqplib'
import { expect, test } from 'vitest'
import { bundleWrites } from '../../src-main/adapters/broker-rabbitmq/bundle.ts'
import { connectRabbit } from '../support/rabbitmq.ts'

/** Calls of the socket to the system: what it writes alone and what it writes together. */
function countWrites(socket: object): { readonly calls: () => number } {
  let calls = 0
  const spied = socket as Record<'_write' | '_writev', (...args: unknown[]) => void>
  for (const name of ['_write', '_writev'] as const) {
    const original = spied[name].bind(socket)
    spied[name] = (...args) => {
      calls += 1
      original(...args)
    }
  }
  return { calls: () => calls }
}

test('amqplib still has its socket where packets can be bundled', async () => {
  const model = await connectRabbit()
  try {
    expect(bundleWrites(model)).toBe(true)
  } finally {
    await model.close()
  }
})

test('a hundred packets of one turn leave in one call, in their order and whole, and at the end of that turn', async () => {
  const server = createServer()
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const accepted = once(server, 'connection')
  const socket = connect((server.address() as AddressInfo).port, '127.0.0.1')
  await once(socket, 'connect')
  const [peer] = (await accepted) as [NodeJS.ReadableStream]
  try {
    expect(bundleWrites({ connection: { stream: socket } } as unknown as ChannelModel)).toBe(true)
    const writes = countWrites(socket)
    const packets = Array.from({ length: 100 }, (_, index) => `packet ${index};`)
    let received = ''
    peer.on('data', (chunk: Buffer) => (received += chunk.toString()))
    for (const packet of packets) socket.write(packet)
    await new Promise<void>((resolve) => process.nextTick(resolve))
    expect(writes.calls()).toBe(1)
    socket.write('alone;')
    await expect.poll(() => received).toBe(`${packets.join('')}alone;`)
    expect(writes.calls()).toBe(2)
    // What was written before a goodbye goes out before it.
    const ended = once(peer, 'end')
    socket.write('last;')
    socket.end()
    await ended
    expect(received.endsWith('last;')).toBe(true)
  } finally {
    socket.destroy()
    server.close()
  }
})

test('where there is no socket, packets go out one by one', () => {
  expect(bundleWrites({ connection: {} } as unknown as ChannelModel)).toBe(false)
})
