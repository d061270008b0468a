import { createORPCClient, type ClientContext, type ClientLink, type ClientOptions } from '@orpc/client'
import type { ContractRouterClient } from '@orpc/contract'
import type { InjectionKey } from 'vue'
import type { Contract } from '../../src-preload/contract/index.ts'
import { ApiError, toApiError } from './errors.ts'
import type { Line, Transport } from './transport.ts'

export type Client = ContractRouterClient<Contract>
export type LineState = 'connecting' | 'connected' | 'unreachable'

const LINE_OPEN_TIMEOUT_MS = 10_000
/** How long a call waits for a line: enough for the start, too short for an act to run when nobody expects it. */
const LINE_WAIT_MS = 3_000
const RETRY_FIRST_MS = 250
const RETRY_MAX_MS = 8_000
/** A line that lived this long was a good one: the next retry starts from the first pause again. */
const LINE_GOOD_MS = 5_000

const CALL_TIMEOUT_MS = 30_000
/** Calls that read or write thousands of rows before they answer. */
const LONG_CALL_TIMEOUT_MS = 180_000
const LONG_CALLS: readonly string[] = [
  'plans.resend',
  'decisions.resolve',
  'decisions.undo',
  'jobs.cancel',
  'jobs.settle',
  'journal.verify',
  'audits.cancel',
  'audits.repair',
  'mappings.detect',
  'mappings.preview',
  'mappings.save',
  'mappings.confirm',
  'deadLetters.look',
  'deadLetters.planRedrive',
  'deadLetters.planDiscard',
  'deadLetters.discard',
]
const STREAMS: readonly string[] = [
  'session.watch',
  'jobs.watch',
  'sweeps.watch',
  'audits.follow',
  'brokers.follow',
]

export interface Engine {
  readonly client: Client
  /** Tells the state now and on every change. */
  onLine(listener: (state: LineState) => void): void
  /** Throws the present line away (it is open but silent); a new one is opened. */
  reopen(): void
  close(): void
}

export const engineKey: InjectionKey<Engine> = Symbol('engine')

/** The typed client over a line that is opened again whenever it breaks. Everything it throws is an ApiError. */
export function createEngine({ transport }: { transport: Transport }): Engine {
  const ended = new AbortController()
  const listeners: ((state: LineState) => void)[] = []
  let state: LineState = 'connecting'
  let open: OpenLine | null = null
  let waiting: ((open: OpenLine) => void)[] = []

  const tell = (next: LineState): void => {
    state = next
    for (const listener of listeners) listener(next)
  }

  const keepOpen = async (): Promise<void> => {
    let pauseMs = RETRY_FIRST_MS
    while (!ended.signal.aborted) {
      const openedAt = performance.now()
      try {
        const line = await transport(
          AbortSignal.any([ended.signal, AbortSignal.timeout(LINE_OPEN_TIMEOUT_MS)]),
        )
        const dead = new AbortController()
        open = { line, dead: dead.signal }
        tell('connected')
        for (const resolve of waiting.splice(0)) resolve(open)
        await line.closed
        dead.abort()
        if (performance.now() - openedAt > LINE_GOOD_MS) pauseMs = RETRY_FIRST_MS
      } catch {
        // Not opened: the same pause and the same state as a line that broke.
      }
      open = null
      if (!ended.signal.aborted) tell('unreachable')
      await pause(pauseMs, ended.signal)
      pauseMs = Math.min(pauseMs * 2, RETRY_MAX_MS)
    }
  }

  const nextLine = (signal: AbortSignal): Promise<OpenLine> => {
    if (open !== null) return Promise.resolve(open)
    return new Promise((resolve, reject) => {
      const give = (opened: OpenLine): void => {
        clearTimeout(timer)
        resolve(opened)
      }
      const refuse = (): void => {
        clearTimeout(timer)
        waiting = waiting.filter((other) => other !== give)
        reject(signal.aborted ? cancelled() : unreachable('later'))
      }
      const timer = setTimeout(refuse, LINE_WAIT_MS)
      signal.addEventListener('abort', refuse, { once: true })
      waiting.push(give)
    })
  }

  const link: ClientLink<ClientContext> = {
    async call(path, input, options) {
      const own = options.signal ?? new AbortController().signal
      return callOn(await nextLine(own), path, input, { ...options, signal: own })
    },
  }

  void keepOpen()
  return {
    client: createORPCClient<Client>(link),
    onLine: (listener) => {
      listeners.push(listener)
      listener(state)
    },
    reopen: () => open?.line.close(),
    close: () => {
      ended.abort()
      open?.line.close()
    },
  }
}

interface OpenLine {
  readonly line: Line
  /** Fires when the line is dead. */
  readonly dead: AbortSignal
}
type CallOptions = ClientOptions<ClientContext> & { signal: AbortSignal }

async function callOn(
  { line, dead }: OpenLine,
  path: readonly string[],
  input: unknown,
  options: CallOptions,
): Promise<unknown> {
  const name = path.join('.')
  const streams = STREAMS.includes(name)
  const timeoutMs = LONG_CALLS.includes(name) ? LONG_CALL_TIMEOUT_MS : CALL_TIMEOUT_MS
  const late = streams ? [] : [AbortSignal.timeout(timeoutMs)]
  const signal = AbortSignal.any([options.signal, dead, ...late])
  try {
    const answer = await unlessAborted(line.link.call(path, input, { ...options, signal }), signal)
    return streams ? guarded(answer as AsyncIterable<unknown>, signal, options.signal) : answer
  } catch (error) {
    throw cause(error, signal, options.signal)
  }
}

/** A stream that ends with an ApiError when its line dies or its reader leaves. */
async function* guarded(
  stream: AsyncIterable<unknown>,
  signal: AbortSignal,
  reader: AbortSignal,
): AsyncGenerator {
  const iterator = stream[Symbol.asyncIterator]()
  try {
    for (;;) {
      const step = await unlessAborted(iterator.next(), signal)
      if (step.done === true) return
      yield step.value
    }
  } catch (error) {
    throw cause(error, signal, reader)
  } finally {
    void Promise.resolve(iterator.return?.()).catch(() => undefined)
  }
}

/** The caller left, or the line died or stayed silent, or the engine said no: in this order. */
function cause(error: unknown, signal: AbortSignal, caller: AbortSignal): ApiError {
  if (caller.aborted) return cancelled()
  return signal.aborted ? unreachable('unknown-effect') : toApiError(error)
}

/**
 * The library leaves a call hanging when its line dies or its signal fires; this does not. The listener goes
 * with the call: a race against one long-lived promise would keep every answer alive as long as the line.
 */
async function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  let stop = (): void => undefined
  const stopped = new Promise<never>((_, reject) => {
    stop = () => reject(new Error('aborted'))
  })
  if (signal.aborted) stop()
  else signal.addEventListener('abort', stop, { once: true })
  try {
    return await Promise.race([promise, stopped])
  } finally {
    signal.removeEventListener('abort', stop)
  }
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms)
    signal.addEventListener('abort', () => (clearTimeout(timer), resolve()), { once: true })
  })
}

const cancelled = (): ApiError => new ApiError({ code: 'cancelled', retry: 'later', detail: {} })
const unreachable = (retry: ApiError['retry']): ApiError =>
  new ApiError({ code: 'engine-unreachable', retry, detail: {} })
