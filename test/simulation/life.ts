/** Thrown to whoever waits for a process that was killed. */
export class ProcessDied extends Error {
  override readonly name = 'ProcessDied'
}

/** A promise that nobody will ever settle: what a dead process waits for. */
function never(): Promise<never> {
  return new Promise(() => undefined)
}

/**
 * The life of one simulated process. Each port call passes points: before it, when its effect is under way, and when
 * its answer is there. At one of them the process may be killed: then nothing of it reaches the world any more, and no
 * answer reaches it.
 */
export class Life {
  readonly #killAt: () => number
  readonly #onKill: (point: string) => void
  readonly #died = Promise.withResolvers<never>()
  #points = 0
  #dead = false

  /** Asked at each point: which one is the last. Infinity: none. */
  constructor(killAt: () => number, onKill: (point: string) => void) {
    this.#killAt = killAt
    this.#onKill = onKill
    this.#died.promise.catch(() => undefined)
  }

  get dead(): boolean {
    return this.#dead
  }

  kill(point: string): void {
    if (this.#dead) return
    this.#dead = true
    this.#onKill(point)
    this.#died.reject(new ProcessDied(point))
  }

  /** The process ends by itself. */
  end(): void {
    this.#dead = true
    this.#died.reject(new ProcessDied('ended'))
  }

  /** `work` as somebody outside the process waits for it. Rejects with ProcessDied where the process is killed first. */
  async outlived<T>(work: () => Promise<T>): Promise<T> {
    if (this.#dead) throw new ProcessDied('already dead')
    return Promise.race([work(), this.#died.promise])
  }

  /** The named asynchronous methods of a port, as this process calls them. */
  around<T extends object>(target: T, label: string, methods: readonly (keyof T & string)[]): T {
    const wrapped = { ...bound(target) } as Record<string, unknown>
    for (const method of methods) {
      const original = target[method] as (...values: unknown[]) => Promise<unknown>
      wrapped[method] = (...values: unknown[]) =>
        this.#call(`${label}.${method}`, () => original.apply(target, values))
    }
    return wrapped as T
  }

  #call(name: string, work: () => Promise<unknown>): Promise<unknown> {
    this.#pass(`before ${name}`)
    if (this.#dead) return never()
    const answer = work()
    this.#pass(`during ${name}`)
    return new Promise((resolve, reject) => {
      const alive = (settle: (value: never) => void) => (value: unknown) => {
        if (this.#dead) return
        this.#pass(`after ${name}`)
        if (!this.#dead) settle(value as never)
      }
      answer.then(alive(resolve), alive(reject))
    })
  }

  #pass(point: string): void {
    this.#points += 1
    if (this.#points === this.#killAt()) this.kill(point)
  }
}

/** Every method of an object or of its class, so that private fields stay reachable. */
export function bound<T extends object>(target: T): T {
  const methods: Record<string, unknown> = {}
  for (let from: object | null = target; from && from !== Object.prototype;) {
    for (const key of Object.getOwnPropertyNames(from)) {
      if (key === 'constructor' || key in methods) continue
      const value: unknown = Reflect.get(target, key)
      methods[key] = typeof value === 'function' ? (value.bind(target) as unknown) : value
    }
    from = Object.getPrototypeOf(from) as object | null
  }
  return methods as T
}
