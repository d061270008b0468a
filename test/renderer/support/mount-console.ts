import { RPCHandler } from '@orpc/server/message-port'
import { flushPromises } from '@vue/test-utils'
import { onTestFinished, vi } from 'vitest'
import { nextTick } from 'vue'
import { createEngine } from '../../../src-renderer/api/client.ts'
import { portLine, type Transport } from '../../../src-renderer/api/transport.ts'
import { createConsole, type Console } from '../../../src-renderer/app/create-console.ts'
import { mountAnswered } from '../../../src-renderer/app/mount-answered.ts'
import { fakeEngine } from './fake-engine.ts'
import type { World } from './fake-world.ts'

export interface MountedConsole extends Console {
  readonly root: HTMLElement
  /** Ends the line as a crash of the engine does; while `down`, none can be opened. */
  cut(options: { down: boolean }): void
  restore(): void
  /** Text of the first element that fits, or null. */
  text(selector: string): string | null
  all(selector: string): HTMLElement[]
  /** The first element that fits; fails when there is none. */
  find(selector: string): HTMLElement
  /** Waits until this stops throwing. */
  until<T>(check: () => T | Promise<T>): Promise<T>
  press(key: string, options?: { shift?: boolean; ctrl?: boolean }): Promise<void>
  click(target: string | HTMLElement): Promise<void>
}

interface MountOptions {
  readonly world: World
  /** Address after the hash. */
  readonly path?: string
  readonly locale?: 'en' | 'zh-CN'
  /** What the storage holds, instead of good preferences. */
  readonly preferences?: string
}

/** happy-dom lays nothing out: every element says it is this large, or the virtual list would draw no row. */
const LAYOUT = { clientWidth: 1_200, clientHeight: 600 }
const UNTIL_MS = 20_000

/**
 * The address that the window is opened with. happy-dom tells of an address that a script writes as of one that a person
 * changed, and late: it is heard before there is a router, which would follow it.
 */
async function openAt(path: string): Promise<void> {
  history.replaceState(null, '', `#${path}`)
  await new Promise((told) => setTimeout(told, 0))
}

/**
 * The real page (router, stores, languages) over a real port to the test double, with the contract's validation
 * on both sides. A warning of Vue, of the router or of a missing text fails the test.
 */
export async function mountConsole({
  world,
  path = '/',
  locale = 'en',
  preferences,
}: MountOptions): Promise<MountedConsole> {
  localStorage.setItem('redrive.preferences', preferences ?? JSON.stringify({ locale, theme: 'light' }))
  for (const [name, value] of Object.entries(LAYOUT))
    vi.spyOn(HTMLElement.prototype, name as keyof typeof LAYOUT, 'get').mockReturnValue(value)
  const complaints: string[] = []
  for (const method of ['warn', 'error'] as const) {
    vi.spyOn(console, method).mockImplementation(
      (...words: unknown[]) => void complaints.push(words.join(' ')),
    )
  }
  await openAt(path)
  const line = cuttableTransport(world)
  const console_ = createConsole({ engine: createEngine({ transport: line.transport }) })
  const root = document.body.appendChild(document.createElement('div'))
  await console_.router.push(path)
  await mountAnswered(console_, root)
  onTestFinished(() => {
    console_.app.unmount()
    root.remove()
    document.body.innerHTML = ''
    localStorage.clear()
    line.cut({ down: true })
    vi.restoreAllMocks()
    if (complaints.length > 0) throw new Error(`the page complained:\n${complaints.join('\n')}`)
  })
  const find = (selector: string): HTMLElement => {
    const found = document.querySelector<HTMLElement>(selector)
    if (found === null) throw new Error(`nothing fits ${selector} in:\n${document.body.textContent}`)
    return found
  }
  return {
    ...console_,
    root,
    cut: line.cut,
    restore: line.restore,
    text: (selector) => document.querySelector(selector)?.textContent?.trim() ?? null,
    all: (selector) => [...document.querySelectorAll<HTMLElement>(selector)],
    find,
    until: (check) => vi.waitFor(check, { timeout: UNTIL_MS, interval: 10 }),
    press: async (key, { shift = false, ctrl = false } = {}) => {
      const on = document.activeElement ?? document.body
      on.dispatchEvent(
        new KeyboardEvent('keydown', {
          key,
          shiftKey: shift,
          ctrlKey: ctrl,
          bubbles: true,
          cancelable: true,
        }),
      )
      await nextTick()
    },
    click: async (target) => {
      ;(typeof target === 'string' ? find(target) : target).click()
      await flushPromises()
    },
  }
}

function cuttableTransport(world: World) {
  const handler = new RPCHandler(fakeEngine(world))
  let down = false
  let current: { close(): void } | null = null
  const transport: Transport = async () => {
    if (down) throw new Error('down')
    const { port1, port2 } = new MessageChannel()
    handler.upgrade(port2)
    port2.start()
    const line = portLine(port1)
    current = {
      close: () => {
        line.close()
        port2.close()
      },
    }
    return line
  }
  return {
    transport,
    cut: (options: { down: boolean }): void => {
      down = options.down
      current?.close()
    },
    restore: (): void => {
      down = false
    },
  }
}
