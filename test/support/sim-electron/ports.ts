import { EventEmitter } from 'node:events'
import { MessageChannel } from 'node:worker_threads'
import type { MessagePort } from 'node:worker_threads'

/** Electron's port over Node's: the same structured clone, the same queue until `start`, another shape of events. */
export class MessagePortMain extends EventEmitter {
  #native: MessagePort | null
  #started = false

  constructor(native: MessagePort) {
    super()
    this.#native = native
    native.on('close', () => {
      // One that was handed over belongs to somebody else now.
      if (this.#native !== null) this.emit('close')
    })
  }

  postMessage(message: unknown, transfer: readonly MessagePortMain[] = []): void {
    if (transfer.length > 0) throw new Error('ports through ports are not simulated')
    this.#native?.postMessage(message)
  }

  start(): void {
    if (this.#started) return
    this.#started = true
    this.#native?.on('message', (data: unknown) => this.emit('message', { data, ports: [] }))
  }

  close(): void {
    this.#native?.close()
  }

  /** Hands the port over to another process: from now on it is dead here. */
  handOver(): MessagePort {
    const native = this.#native
    if (native === null || this.#started) throw new Error('Port is already in use or was transferred')
    this.#native = null
    return native
  }
}

export class MessageChannelMain {
  readonly port1: MessagePortMain
  readonly port2: MessagePortMain

  constructor() {
    const { port1, port2 } = new MessageChannel()
    this.port1 = new MessagePortMain(port1)
    this.port2 = new MessagePortMain(port2)
  }
}

export type PortFrame =
  | { readonly sim: 'port-message'; readonly port: number; readonly data: unknown }
  | { readonly sim: 'port-close'; readonly port: number }

export interface PortWire {
  /** Takes a port over and carries it to the far side under the number it returns. */
  carry(port: MessagePort): number
  hear(frame: PortFrame): void
  /** The far side is gone, and every port to it. */
  end(): void
}

/** Carries ports to another process, where their other ends are: frames one way, frames the other. */
export function createPortWire(send: (frame: PortFrame) => void): PortWire {
  const ports = new Map<number, MessagePort>()
  let numbers = 0
  return {
    carry(port) {
      numbers += 1
      const number = numbers
      ports.set(number, port)
      port.on('message', (data: unknown) => send({ sim: 'port-message', port: number, data }))
      port.on('close', () => {
        if (ports.delete(number)) send({ sim: 'port-close', port: number })
      })
      return number
    },
    hear(frame) {
      const port = ports.get(frame.port)
      if (frame.sim === 'port-message') port?.postMessage(frame.data)
      else port?.close()
    },
    end() {
      for (const port of ports.values()) port.close()
      ports.clear()
    },
  }
}
