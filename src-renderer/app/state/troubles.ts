import { defineStore } from 'pinia'
import { effectScope, onScopeDispose, ref, shallowReactive, watch } from 'vue'
import type { SourceOverview, TroubleCount } from '../../../src-preload/contract/overview.ts'
import type { Trouble } from '../../../src-preload/contract/messages.ts'
import { useAsk, type Ask } from '../use-ask.ts'
import { useClient } from '../use-client.ts'

/** Messages grow old without any change that the engine would report. */
const ASK_EVERY_MS = 30_000
const AGAIN_MS = 5_000

type Answer = Ask<SourceOverview>

/** How much is in trouble, source by source. Each is asked by itself, and only while somebody looks at it. */
export const useTroubles = defineStore('troubles', () => {
  const client = useClient()
  const scope = effectScope(true)
  const asks = shallowReactive(new Map<string, Answer>())
  const lookers = new Map<string, number>()

  function askFor(source: string): Answer {
    const known = asks.get(source)
    if (known !== undefined) return known
    const made = scope.run(() =>
      useAsk({
        subject: () => source,
        ask: (name, signal) => client.overview.source({ source: name }, { signal }),
        live: () => (lookers.get(source) ?? 0) > 0,
        againMs: AGAIN_MS,
      }),
    )
    if (made === undefined) throw new Error('the store has ended')
    asks.set(source, made)
    return made
  }

  /** Looks at these sources for as long as the caller's scope lives. */
  function look(sources: () => readonly string[]): void {
    const looked = ref<readonly string[]>([])
    const count = (names: readonly string[], by: number): void => {
      for (const name of names) lookers.set(name, (lookers.get(name) ?? 0) + by)
    }
    watch(
      sources,
      (next) => {
        for (const name of next) {
          const fresh = asks.has(name) && (lookers.get(name) ?? 0) === 0
          const ask = askFor(name)
          // Nobody looked for a while: what is known may be old.
          if (fresh) void ask.refresh()
        }
        // Whoever looks on is never counted as gone.
        count(next, 1)
        count(looked.value, -1)
        looked.value = next
      },
      { immediate: true },
    )
    const timer = setInterval(() => {
      if (document.visibilityState !== 'visible') return
      for (const name of looked.value)
        if (asks.get(name)?.loading.value === false) void asks.get(name)?.refresh()
    }, ASK_EVERY_MS)
    onScopeDispose(() => {
      clearInterval(timer)
      count(looked.value, -1)
    })
  }

  return { look, of: (source: string) => asks.get(source) ?? null }
})

/** The count of one kind of trouble; null: not known. */
export function troubleCount(overview: SourceOverview | null, trouble: Trouble): TroubleCount | null {
  return overview?.troubles?.find((count) => count.trouble === trouble) ?? null
}
