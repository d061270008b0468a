import { onScopeDispose, ref, shallowRef, watch } from 'vue'
import type { Job } from '../../../src-preload/contract/jobs.ts'
import { useAsk } from '../../app/use-ask.ts'
import { useClient } from '../../app/use-client.ts'

/** Pause before a broken stream is opened again. */
const WATCH_AGAIN_MS = 1_000

/**
 * One job as it is now: asked once and whenever the engine reports news, and followed by its stream while it runs.
 * `live` is false while a running job's stream is broken: what is shown then is old. Null before it has begun.
 */
export function useJob(id: () => string) {
  const client = useClient()
  const asked = useAsk({ subject: id, ask: (job, signal) => client.jobs.get({ job }, { signal }) })
  const job = shallowRef<Job | null>(null)
  const live = ref<boolean | null>(null)
  let following: AbortController | null = null

  function take(next: Job): void {
    // An answer that was under way while the stream moved on would turn the counter back.
    const current = job.value
    if (current?.job === next.job && current.state === 'running' && next.ended < current.ended) return
    job.value = next
  }

  async function follow(about: string, signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      try {
        for await (const next of await client.jobs.watch({ job: about }, { signal })) {
          if (signal.aborted) return
          live.value = true
          take(next)
        }
        // The engine ends the stream when the job is no longer running.
        if (job.value?.state !== 'running') return
      } catch {
        // The line's own state is shown by the frame; here it means: not live, try again.
      }
      live.value = false
      await new Promise((resolve) => setTimeout(resolve, WATCH_AGAIN_MS))
    }
  }

  watch(id, () => {
    job.value = null
  })
  watch(asked.data, (next) => {
    if (next !== null) take(next)
  })
  watch(
    () => (job.value?.state === 'running' ? job.value.job : null),
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

  return {
    job,
    live,
    error: asked.error,
    loading: asked.loading,
    refresh: () => asked.refresh(),
    /** An act's own answer is the newest there is. */
    take,
  }
}
