import { onScopeDispose, ref, shallowRef, watch } from 'vue'
import type { Audit } from '../../../src-preload/contract/audits.ts'
import { useAsk } from '../../app/use-ask.ts'
import { useClient } from '../../app/use-client.ts'

/** Pause before a broken stream is opened again. */
const FOLLOW_AGAIN_MS = 1_000

/** One audit: asked once, and followed by its stream while it runs. `live` is false while that stream is broken. */
export function useAudit(id: () => string) {
  const client = useClient()
  const audit = shallowRef<Audit | null>(null)
  const live = ref<boolean | null>(null)
  let following: AbortController | null = null
  const asked = useAsk({
    subject: id,
    ask: (about, signal) => client.audits.get({ audit: about }, { signal }),
    // One that has ended does not change any more; one that runs is followed.
    live: () => audit.value === null,
  })

  /** An answer that was under way while the stream moved on would turn the counter back. */
  function take(next: Audit): void {
    const current = audit.value
    if (current?.audit === next.audit && current.state !== 'running' && next.state === 'running') return
    audit.value = next
  }

  async function follow(about: string, signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      try {
        for await (const next of await client.audits.follow({ audit: about }, { signal })) {
          if (signal.aborted) return
          live.value = true
          take(next)
        }
        if (audit.value?.state !== 'running') return
      } catch {
        // The line's own state is shown by the frame; here it means: not live, try again.
      }
      live.value = false
      await new Promise((resolve) => setTimeout(resolve, FOLLOW_AGAIN_MS))
    }
  }

  watch(id, () => {
    audit.value = null
  })
  watch(asked.data, (next) => {
    if (next !== null) take(next)
  })
  watch(
    () => (audit.value?.state === 'running' ? audit.value.audit : null),
    (running) => {
      following?.abort()
      following = null
      live.value = null
      if (running === null) return
      following = new AbortController()
      void follow(running, following.signal)
    },
  )
  onScopeDispose(() => following?.abort())
  return { audit, live, error: asked.error, loading: asked.loading, refresh: () => asked.refresh(), take }
}
