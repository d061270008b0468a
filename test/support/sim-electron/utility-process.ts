import { fork as forkProcess } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { EventEmitter } from 'node:events'
import { readFileSync } from 'node:fs'
import { stripTypeScriptTypes } from 'node:module'
import { record } from './control.ts'
import { createPortWire } from './ports.ts'
import type { MessagePortMain, PortFrame, PortWire } from './ports.ts'

interface ForkOptions {
  readonly env?: NodeJS.ProcessEnv
  readonly serviceName?: string
}

type FromChild = PortFrame | { readonly sim: 'message'; readonly data: unknown }

class UtilityProcess extends EventEmitter {
  readonly #child: ChildProcess
  readonly #wire: PortWire

  constructor(child: ChildProcess) {
    super()
    this.#child = child
    this.#wire = createPortWire((frame) => this.#send(frame))
    child.on('spawn', () => this.emit('spawn'))
    child.on('message', (frame: FromChild) => {
      if (frame.sim === 'message') this.emit('message', frame.data)
      else this.#wire.hear(frame)
    })
    child.on('exit', (code) => {
      this.#wire.end()
      // Electron reports the signal's number where there is no code.
      this.emit('exit', code ?? 1)
    })
  }

  get pid(): number | undefined {
    return this.#child.pid
  }

  postMessage(data: unknown, transfer: readonly MessagePortMain[] = []): void {
    const ports = transfer.map((port) => this.#wire.carry(port.handOver()))
    this.#send({ sim: 'message', data, ports })
  }

  kill(): boolean {
    return this.#child.kill('SIGTERM')
  }

  #send(frame: object): void {
    if (this.#child.connected) this.#child.send(frame, () => undefined)
  }
}

/**
 * What the process runs before its module, without types: Electron's processes know none, and Node's way to read them takes
 * 17 MB and a tenth of a second, which would be counted as the application's.
 */
function preload(): string {
  const plain = (file: string): string =>
    stripTypeScriptTypes(readFileSync(new URL(file, import.meta.url), 'utf8'))
  const asUrl = (code: string): string =>
    `data:text/javascript;base64,${Buffer.from(code).toString('base64')}`
  return asUrl(plain('./utility-child.ts').replace('./ports.ts', asUrl(plain('./ports.ts'))))
}

export const utilityProcess = {
  fork(module: string, args: readonly string[] = [], options: ForkOptions = {}): UtilityProcess {
    const child = forkProcess(module, [...args], {
      env: options.env ?? process.env,
      execArgv: ['--import', preload()],
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
      serialization: 'advanced',
    })
    record('utility-process', {
      pid: child.pid,
      serviceName: options.serviceName,
      env: Object.keys(options.env ?? process.env),
    })
    return new UtilityProcess(child)
  },
}
