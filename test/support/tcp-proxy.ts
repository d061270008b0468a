import { connect, createServer } from 'node:net'
import type { AddressInfo, Socket } from 'node:net'

/** `up`: from the client to the server; `down`: from the server to the client. */
export type Direction = 'up' | 'down'

export interface TcpProxy {
  readonly port: number
  /** Open pairs of sockets. */
  connections(): number
  /** Destroys every pair, without a goodbye. */
  cut(): void
  /** The same with a reset, so that both sides see ECONNRESET. */
  reset(): void
  /** Swallows what flows in these directions. The stream is broken by that: end it with `cut` or `reset`. */
  blackHole(...directions: readonly Direction[]): void
  /** Holds every chunk for this long. */
  delay(ms: number): void
  /** Destroys the pair once this many more bytes have passed in a direction. */
  cutAfter(direction: Direction, bytes: number, onCut?: () => void): void
  /**
   * Destroys the pair at the next chunk to the server that holds this text: before the server has it, or `delivered`, when
   * it has it and before any answer comes back.
   */
  cutAt(text: string, delivered: boolean, onCut?: () => void): void
  /** Destroys new connections at once. */
  refuse(on: boolean): void
  close(): Promise<void>
}

/** What was handed to the kernel is with a server on this machine by then. */
const DELIVERY_MS = 50

interface Pair {
  readonly client: Socket
  readonly server: Socket
}

/** A TCP proxy on the loopback interface that misbehaves on demand. */
export async function openTcpProxy(target: {
  readonly host: string
  readonly port: number
}): Promise<TcpProxy> {
  const pairs = new Set<Pair>()
  const holes = new Set<Direction>()
  const budgets = new Map<Direction, { left: number; readonly onCut: () => void }>()
  const muted = new WeakSet<Pair>()
  let trap: { readonly text: string; readonly delivered: boolean; readonly onCut: () => void } | null = null
  const timers = new Set<NodeJS.Timeout>()
  let latencyMs = 0
  let refusing = false

  function forward(pair: Pair, direction: Direction): void {
    const from = direction === 'up' ? pair.client : pair.server
    const to = direction === 'up' ? pair.server : pair.client
    const write = (chunk: Buffer): void => {
      if (holes.has(direction) || to.destroyed || (direction === 'down' && muted.has(pair))) return
      if (trap !== null && direction === 'up' && chunk.includes(trap.text)) {
        const { delivered, onCut } = trap
        trap = null
        muted.add(pair)
        if (delivered) to.write(chunk, () => setTimeout(() => destroy(pair), DELIVERY_MS))
        else destroy(pair)
        onCut()
        return
      }
      const budget = budgets.get(direction)
      if (budget !== undefined && chunk.length >= budget.left) {
        budgets.delete(direction)
        to.write(chunk.subarray(0, budget.left), () => destroy(pair))
        budget.onCut()
        return
      }
      if (budget !== undefined) budget.left -= chunk.length
      if (!to.write(chunk)) from.pause()
    }
    to.on('drain', () => from.resume())
    from.on('data', (chunk: Buffer) => later(() => write(chunk)))
    from.on('end', () => later(() => void (holes.has(direction) || to.end())))
    from.on('error', () => destroy(pair))
    from.on('close', () => {
      if (!holes.has(direction)) later(() => destroy(pair))
    })
  }

  /** One delay for all keeps the order. */
  function later(work: () => void): void {
    if (latencyMs === 0) return work()
    const timer = setTimeout(() => {
      timers.delete(timer)
      work()
    }, latencyMs)
    timers.add(timer)
  }

  function destroy(pair: Pair, reset = false): void {
    pairs.delete(pair)
    for (const socket of [pair.client, pair.server])
      if (reset) socket.resetAndDestroy()
      else socket.destroy()
  }

  const listener = createServer({ allowHalfOpen: true }, (client) => {
    client.on('error', () => undefined)
    if (refusing) return void client.destroy()
    const pair: Pair = { client, server: connect({ ...target, allowHalfOpen: true }) }
    pairs.add(pair)
    forward(pair, 'up')
    forward(pair, 'down')
  })
  await new Promise<void>((resolve, reject) => {
    listener.once('error', reject)
    listener.listen(0, '127.0.0.1', resolve)
  })

  return {
    port: (listener.address() as AddressInfo).port,
    connections: () => pairs.size,
    cut: () => [...pairs].forEach((pair) => destroy(pair)),
    reset: () => [...pairs].forEach((pair) => destroy(pair, true)),
    blackHole: (...directions) => {
      holes.clear()
      for (const direction of directions) holes.add(direction)
    },
    delay: (ms) => {
      latencyMs = ms
    },
    cutAfter: (direction, bytes, onCut = () => undefined) =>
      void budgets.set(direction, { left: bytes, onCut }),
    cutAt: (text, delivered, onCut = () => undefined) => {
      trap = { text, delivered, onCut }
    },
    refuse: (on) => {
      refusing = on
    },
    close: async () => {
      for (const timer of timers) clearTimeout(timer)
      for (const pair of [...pairs]) destroy(pair)
      await new Promise<void>((resolve) => listener.close(() => resolve()))
    },
  }
}
