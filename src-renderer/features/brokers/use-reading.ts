import { computed, onScopeDispose, shallowRef } from 'vue'
import type { Reading, RecordHead } from '../../../src-preload/contract/brokers.ts'
import { toApiError, type ApiError } from '../../api/errors.ts'
import { useClient } from '../../app/use-client.ts'
import type { RangeAsked } from './range-form.ts'

/** Pause before a broken stream is opened again. */
const FOLLOW_AGAIN_MS = 1_000

/** One reading of a topic at a time. What the one before found stays until the new one has begun. */
export function useReading(topic: () => { readonly broker: string; readonly topic: string }) {
  const client = useClient()
  const reading = shallowRef<Reading | null>(null)
  const records = shallowRef<readonly RecordHead[]>([])
  const error = shallowRef<ApiError | null>(null)
  let current: AbortController | null = null

  /** Ends what runs in the engine too. */
  function leave(): void {
    current?.abort()
    if (reading.value !== null && isRunning(reading.value))
      client.brokers.cancel({ reading: reading.value.reading }).catch(() => undefined)
  }

  async function start(asked: RangeAsked): Promise<void> {
    leave()
    const mine = (current = new AbortController())
    error.value = null
    try {
      const begun = await client.brokers.read({ ...topic(), ...asked }, { signal: mine.signal })
      if (mine.signal.aborted) return
      reading.value = begun
      records.value = []
      await follow(begun.reading, mine.signal)
    } catch (thrown) {
      if (!mine.signal.aborted) error.value = toApiError(thrown)
    }
  }

  async function follow(id: string, signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      try {
        for await (const next of await client.brokers.follow({ reading: id }, { signal })) {
          if (signal.aborted) return
          if (next.found !== records.value.length) await load(id, signal)
          reading.value = next
          if (!isRunning(next)) return
        }
      } catch (thrown) {
        const failure = toApiError(thrown)
        if (signal.aborted || failure.code !== 'engine-unreachable') throw failure
      }
      await new Promise((resolve) => setTimeout(resolve, FOLLOW_AGAIN_MS))
    }
  }

  async function load(id: string, signal: AbortSignal): Promise<void> {
    const answer = await client.brokers.records({ reading: id }, { signal })
    if (!signal.aborted) records.value = answer.records
  }

  async function cancel(): Promise<void> {
    if (reading.value === null) return
    try {
      await client.brokers.cancel({ reading: reading.value.reading })
    } catch (thrown) {
      error.value = toApiError(thrown)
    }
  }

  onScopeDispose(leave)
  const running = computed(() => reading.value !== null && isRunning(reading.value))
  return { reading, records, error, running, start, cancel }
}

function isRunning({ ended, error }: Reading): boolean {
  return ended === null && error === null
}
