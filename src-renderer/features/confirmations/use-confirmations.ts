import { computed, shallowRef, watch } from 'vue'
import { UPSTREAM_RESENDS_MAX } from '../../../src-preload/contract/callback.ts'
import type { UnconfirmedMessage } from '../../../src-preload/contract/callback.ts'
import { useAsk } from '../../app/use-ask.ts'
import { useClient } from '../../app/use-client.ts'

const PAGE = 200
/** The service writes its sign of life down every two seconds, and the outbox has to be compared each time. */
const AGAIN_MS = 5_000

/** The callbacks of the workspace, and what is unconfirmed in one of them: the one that is wanted, or else the first. */
export function useConfirmations(wanted: () => string | null) {
  const client = useClient()
  const list = useAsk({
    subject: () => 'all',
    ask: (_, signal) => client.callback.list({}, { signal }),
    againMs: AGAIN_MS,
  })
  const callbacks = computed(() => list.data.value?.callbacks ?? null)
  const callback = computed(
    () => callbacks.value?.find(({ source }) => source === wanted()) ?? callbacks.value?.[0] ?? null,
  )
  const source = computed(() => callback.value?.source ?? null)
  const first = useAsk({
    subject: () => source.value,
    ask: (name, signal) =>
      client.callback.unconfirmed({ source: name, cursor: null, limit: PAGE }, { signal }),
    againMs: AGAIN_MS,
  })
  const further = shallowRef<readonly UnconfirmedMessage[]>([])
  const nextCursor = shallowRef<string | null>(null)
  let reading = false
  // A new first page begins the list anew.
  watch(first.data, (data) => {
    further.value = []
    nextCursor.value = data?.nextCursor ?? null
  })
  const page = computed(() => first.data.value && { ...first.data.value, nextCursor: nextCursor.value })

  async function more(): Promise<void> {
    const [name, cursor, of] = [source.value, nextCursor.value, first.data.value]
    if (name === null || cursor === null || reading) return
    reading = true
    try {
      const next = await client.callback.unconfirmed({ source: name, cursor, limit: PAGE })
      if (first.data.value !== of) return
      further.value = [...further.value, ...next.unconfirmed]
      nextCursor.value = next.nextCursor
    } catch {
      // The next scroll asks again; the first page tells of a source that is away.
    } finally {
      reading = false
    }
  }

  async function refresh(): Promise<void> {
    await Promise.all([list.refresh(), first.refresh()])
  }

  return {
    callbacks,
    callback,
    page,
    found: computed(() => [...(first.data.value?.unconfirmed ?? []), ...further.value]),
    error: computed(() => list.error.value ?? first.error.value),
    loading: computed(() => list.loading.value || first.loading.value),
    refresh,
    more,
  }
}

/** Times that the sender was really asked. */
export function askedTimes({ resends }: UnconfirmedMessage): number {
  return resends.filter(({ outcome }) => outcome !== 'not-needed' && outcome !== 'not-asked').length
}

/** After three times it is a person's. */
export function mayAsk(one: UnconfirmedMessage): boolean {
  return askedTimes(one) < UPSTREAM_RESENDS_MAX
}
