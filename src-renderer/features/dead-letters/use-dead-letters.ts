import { computed, ref, shallowRef, watch } from 'vue'
import type { Letter } from '../../../src-preload/contract/dead-letters.ts'
import { LETTERS_PAGE_MAX } from '../../../src-preload/contract/dead-letters.ts'
import { toApiError } from '../../api/errors.ts'
import type { ApiError } from '../../api/errors.ts'
import { useAsk } from '../../app/use-ask.ts'
import { useClient } from '../../app/use-client.ts'

/** Counts of the queues are asked for again this often at most: each one is a connection to the broker. */
const AGAIN_MS = 5_000

export function useQueues() {
  const client = useClient()
  return useAsk({
    subject: () => 'all',
    ask: (_, signal) => client.deadLetters.list({}, { signal }),
    againMs: AGAIN_MS,
  })
}

export type Causes = readonly (string | null)[]

/** Letters of one look, narrowed to some causes; pages are added as they are asked for. */
export function useLetters(look: () => string | null, causes: () => Causes | null) {
  const client = useClient()
  const letters = ref<Letter[]>([])
  const total = ref(0)
  const loading = ref(false)
  const error = shallowRef<ApiError | null>(null)
  let current: AbortController | null = null

  async function more(): Promise<void> {
    const about = look()
    if (about === null) return
    current?.abort()
    const mine = (current = new AbortController())
    loading.value = true
    const wanted = causes()
    try {
      const page = await client.deadLetters.letters(
        {
          look: about,
          causes: wanted === null ? null : [...wanted],
          from: letters.value.length,
          limit: LETTERS_PAGE_MAX,
        },
        { signal: mine.signal },
      )
      if (mine.signal.aborted) return
      letters.value.push(...page.letters)
      total.value = page.total
      error.value = null
    } catch (thrown) {
      if (mine.signal.aborted) return
      error.value = toApiError(thrown)
    }
    loading.value = false
  }

  watch(
    () => JSON.stringify([look(), causes()]),
    () => {
      letters.value = []
      total.value = 0
      void more()
    },
    { immediate: true },
  )
  return { letters: computed(() => letters.value), total: computed(() => total.value), loading, error, more }
}

/** One act that is under way at a time, with the error of the last one. */
export function useWork() {
  const working = ref(false)
  const error = shallowRef<ApiError | null>(null)
  return {
    working,
    error,
    /** Null: it failed, or another one is under way. */
    run: async <T>(act: () => Promise<T>): Promise<T | null> => {
      if (working.value) return null
      working.value = true
      error.value = null
      try {
        return await act()
      } catch (thrown) {
        error.value = toApiError(thrown)
        return null
      } finally {
        working.value = false
      }
    },
  }
}
