import { defineStore } from 'pinia'
import { computed, inject, ref, shallowRef } from 'vue'
import type { SessionInfo, SessionStatus } from '../../../src-preload/contract/session.ts'
import { engineKey, type LineState } from '../../api/client.ts'
import { setClockOffset, useNow } from '../../ui/clock.ts'

/** The engine gives a sign of life every 15 s; after this silence the line is thought dead. */
const SILENCE_MS_MAX = 40_000
const WATCH_AGAIN_MS = 1_000

/** The engine as the frame sees it: who and what it is, its line, and its live status. */
export const useSession = defineStore('session', () => {
  const engine = inject(engineKey)
  if (engine === undefined) throw new Error('no engine was provided to the app')
  const { client } = engine
  const now = useNow()
  const line = ref<LineState>('connecting')
  const info = shallowRef<SessionInfo | null>(null)
  const status = shallowRef<SessionStatus | null>(null)
  /** When the engine was last heard, by this machine's clock. */
  const heardAt = ref<number | null>(null)

  engine.onLine((state) => {
    line.value = state
  })

  async function watchOnce(signal: AbortSignal): Promise<void> {
    info.value = await client.session.info({}, { signal })
    for await (const next of await client.session.watch({}, { signal })) {
      setClockOffset(Date.parse(next.now) - Date.now())
      heardAt.value = Date.now()
      status.value = next
    }
  }

  /** Follows the status until the signal fires; a stream that breaks is opened again. */
  async function follow(signal: AbortSignal): Promise<void> {
    const silence = setInterval(() => {
      if (heardAt.value !== null && Date.now() - heardAt.value > SILENCE_MS_MAX) engine?.reopen()
    }, SILENCE_MS_MAX / 4)
    signal.addEventListener('abort', () => clearInterval(silence), { once: true })
    while (!signal.aborted) {
      try {
        await watchOnce(signal)
      } catch {
        // The line's state says it on the page; here it only means: try again.
      }
      await new Promise((resolve) => setTimeout(resolve, WATCH_AGAIN_MS))
    }
  }

  /** Null: read-only. It ends by the clock, even if the engine is silent. */
  function unlockOf(source: string): SessionStatus['unlocks'][number] | null {
    const found = status.value?.unlocks.find((unlock) => unlock.source === source)
    return found !== undefined && Date.parse(found.unlockedUntil) > now.value ? found : null
  }

  /** End of the unlock as ISO time, or null. */
  function unlockedUntil(source: string): string | null {
    return unlockOf(source)?.unlockedUntil ?? null
  }

  return {
    line,
    info,
    status,
    heardAt,
    /** Pages ask again when it grows. Null: not heard yet. */
    revision: computed(() => status.value?.revision ?? null),
    unlockedUntil,
    unlockOf,
    follow,
  }
})
