import { onScopeDispose, ref, shallowRef, watch, type Ref, type ShallowRef } from 'vue'
import { toApiError, type ApiError } from '../api/errors.ts'
import { useSession } from './state/session.ts'

/** Changes of the engine come in bursts while a job runs: pages ask again at most this often. */
const AGAIN_MS = 1_000

export interface Ask<T> {
  /** The last good answer. It stays while a new one is on its way, and when that one fails. */
  readonly data: Readonly<ShallowRef<T | null>>
  readonly error: Readonly<ShallowRef<ApiError | null>>
  readonly loading: Readonly<Ref<boolean>>
  readonly refresh: () => Promise<void>
}

interface AskOptions<S, T> {
  /** What is asked about; null: nothing. When it changes (compared as JSON), the old answer is dropped. */
  readonly subject: () => S | null
  readonly ask: (subject: S, signal: AbortSignal) => Promise<T>
  /** Whether to ask again when the engine says that something changed. Default: always. */
  live?: boolean | (() => boolean)
  /** Live questions are asked at most this often. */
  againMs?: number
}

/** A question that is asked at once, again on every change of its subject, and when the engine reports news. */
export function useAsk<S, T>({ subject, ask, live = true, againMs = AGAIN_MS }: AskOptions<S, T>): Ask<T> {
  const session = useSession()
  const data = shallowRef<T | null>(null)
  const error = shallowRef<ApiError | null>(null)
  const loading = ref(false)
  const isLive = (): boolean => (typeof live === 'boolean' ? live : live())
  let current: AbortController | null = null
  let timer: ReturnType<typeof setTimeout> | undefined
  let askedAt = 0
  let newsWhileAsking = false

  async function refresh(): Promise<void> {
    clearTimeout(timer)
    timer = undefined
    newsWhileAsking = false
    current?.abort()
    const about = subject()
    if (about === null) {
      loading.value = false
      return
    }
    const mine = (current = new AbortController())
    askedAt = Date.now()
    loading.value = true
    try {
      const answer = await ask(about, mine.signal)
      if (mine.signal.aborted) return
      data.value = answer
      error.value = null
    } catch (thrown) {
      if (mine.signal.aborted) return
      error.value = toApiError(thrown)
    }
    loading.value = false
    if (newsWhileAsking) askSoon()
  }

  /** Never cuts off a question that is on its way: a slow source would never answer while a job runs. */
  function askSoon(): void {
    if (loading.value) newsWhileAsking = true
    else timer ??= setTimeout(() => void refresh(), Math.max(0, askedAt + againMs - Date.now()))
  }

  watch(
    () => JSON.stringify(subject()),
    () => {
      data.value = null
      error.value = null
      void refresh()
    },
    { immediate: true },
  )
  watch(
    () => session.revision,
    (_, before) => {
      if (before !== null && isLive()) askSoon()
    },
  )
  watch(
    () => session.line,
    (line, before) => {
      // At the start the first question waits for the line by itself, unless it gave up before.
      const missed = before === 'unreachable' || error.value !== null
      if (line === 'connected' && missed && isLive()) askSoon()
    },
  )
  onScopeDispose(() => {
    clearTimeout(timer)
    current?.abort()
  })
  return { data, error, loading, refresh }
}
