import { onScopeDispose, ref, shallowRef, watch, type Ref, type ShallowRef } from 'vue'
import { toApiError, type ApiError } from '../api/errors.ts'

export interface Unmask<T> {
  /** Without masks; null: nobody asked for that. It ends with the view, and with what is looked at. */
  readonly shown: Readonly<ShallowRef<T | null>>
  readonly error: Readonly<ShallowRef<ApiError | null>>
  readonly busy: Readonly<Ref<boolean>>
  readonly unmask: (reason: string) => Promise<void>
  readonly mask: () => void
}

/** One thing that rules mask, shown once a person has said why. `subject`: what is looked at, as a text. */
export function useUnmask<T>(
  subject: () => string,
  ask: (reason: string, signal: AbortSignal) => Promise<T>,
): Unmask<T> {
  const shown = shallowRef<T | null>(null)
  const error = shallowRef<ApiError | null>(null)
  const busy = ref(false)
  let going = new AbortController()

  function mask(): void {
    going.abort()
    going = new AbortController()
    shown.value = null
    error.value = null
    busy.value = false
  }
  watch(subject, mask)
  onScopeDispose(() => going.abort())

  async function unmask(reason: string): Promise<void> {
    const { signal } = going
    busy.value = true
    error.value = null
    try {
      const answer = await ask(reason, signal)
      if (!signal.aborted) shown.value = answer
    } catch (thrown) {
      if (!signal.aborted) error.value = toApiError(thrown)
    }
    if (!signal.aborted) busy.value = false
  }

  return { shown, error, busy, unmask, mask }
}
