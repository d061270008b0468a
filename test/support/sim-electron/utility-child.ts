// Preloaded into the process that stands for a utilityProcess: gives it `process.parentPort`.
import { EventEmitter } from 'node:events'
import { MessageChannel } from 'node:worker_threads'
import type { MessagePort } from 'node:worker_threads'
import { MessagePortMain } from './ports.ts'
import type { PortFrame } from './ports.ts'

type FromParent =
  PortFrame | { readonly sim: 'message'; readonly data: unknown; readonly ports: readonly number[] }

const far = new Map<number, MessagePort>()
const early: unknown[] = []
const parentPort = Object.assign(new EventEmitter(), {
  postMessage: (data: unknown): void => void process.send?.({ sim: 'message', data }),
})

function arrive(number: number): MessagePortMain {
  const { port1, port2 } = new MessageChannel()
  far.set(number, port2)
  port2.on('message', (data: unknown) => process.send?.({ sim: 'port-message', port: number, data }))
  port2.on('close', () => {
    if (far.delete(number)) process.send?.({ sim: 'port-close', port: number })
  })
  return new MessagePortMain(port1)
}

process.on('message', (frame: FromParent) => {
  if (frame.sim === 'port-message') far.get(frame.port)?.postMessage(frame.data)
  if (frame.sim === 'port-close') far.get(frame.port)?.close()
  if (frame.sim !== 'message') return
  const event = { data: frame.data, ports: frame.ports.map(arrive) }
  if (parentPort.listenerCount('message') === 0) early.push(event)
  else parentPort.emit('message', event)
})
parentPort.on('newListener', (name) => {
  if (name === 'message')
    queueMicrotask(() => early.splice(0).forEach((event) => parentPort.emit('message', event)))
})
// As in Electron, it does not outlive the application.
process.on('disconnect', () => process.exit(0))

Object.defineProperty(process, 'parentPort', { value: parentPort })
