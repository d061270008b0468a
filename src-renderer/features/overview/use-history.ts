import { computed, onScopeDispose } from 'vue'
import type { ComputedRef } from 'vue'
import type { OverviewFrame, OverviewRange, SourceHistory } from '../../../src-preload/contract/overview.ts'
import { useAsk } from '../../app/use-ask.ts'
import type { Ask } from '../../app/use-ask.ts'
import { useClient } from '../../app/use-client.ts'

/** Samples come every 30 seconds; nothing else says so. */
const ASK_EVERY_MS = 30_000

type Answer = { readonly frame: OverviewFrame; readonly sources: readonly SourceHistory[] }

export interface Histories {
  readonly ask: Ask<Answer>
  /** Begins of the cells, in seconds since 1970. */
  readonly at: ComputedRef<readonly number[]>
  readonly of: (source: string) => SourceHistory | null
}

/** Begins of the cells of a frame, in seconds since 1970. */
export function secondsOf({ fromMs, cellMs, cells }: OverviewFrame): readonly number[] {
  return Array.from({ length: cells }, (_, index) => (fromMs + index * cellMs) / 1_000)
}

export function every30s(refresh: () => Promise<void>): void {
  const timer = setInterval(() => {
    if (document.visibilityState === 'visible') void refresh()
  }, ASK_EVERY_MS)
  onScopeDispose(() => clearInterval(timer))
}

/** What was seen of every source in the chosen stretch of time, asked for once for all of them. */
export function useHistory(range: () => OverviewRange): Histories {
  const client = useClient()
  const ask = useAsk<OverviewRange, Answer>({
    subject: range,
    ask: (wanted, signal) => client.overview.history({ range: wanted }, { signal }),
    live: false,
  })
  every30s(ask.refresh)
  const bySource = computed(() => new Map(ask.data.value?.sources.map((one) => [one.source, one]) ?? []))
  return {
    ask,
    at: computed(() => (ask.data.value === null ? [] : secondsOf(ask.data.value.frame))),
    of: (source) => bySource.value.get(source) ?? null,
  }
}
