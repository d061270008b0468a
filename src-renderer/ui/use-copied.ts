import { onUnmounted, ref } from 'vue'
import type { Ref } from 'vue'

const COPIED_SHOWN_MS = 1_200

export interface Copied {
  /** For a moment after a text was copied. */
  readonly copied: Readonly<Ref<boolean>>
  readonly copy: (text: string) => Promise<void>
}

export function useCopied(): Copied {
  const copied = ref(false)
  let timer: ReturnType<typeof setTimeout> | undefined
  onUnmounted(() => clearTimeout(timer))
  const copy = async (text: string): Promise<void> => {
    try {
      await navigator.clipboard.writeText(text)
    } catch {
      // No clipboard here (an insecure origin, or refused): nothing is claimed.
      return
    }
    copied.value = true
    clearTimeout(timer)
    timer = setTimeout(() => (copied.value = false), COPIED_SHOWN_MS)
  }
  return { copied, copy }
}
