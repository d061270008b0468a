import { computed, shallowRef, watch } from 'vue'
import { CHAIN_VIEW_MAX } from '../../../src-preload/contract/audits.ts'
import type { ChainBlock } from '../../../src-preload/contract/audits.ts'
import { useAsk } from '../../app/use-ask.ts'
import { useClient } from '../../app/use-client.ts'

/** Smaller than every id: what follows it is the first of the chain. */
const BEFORE_ALL = '-9223372036854775808'
/** Findings of one chain that the strip marks. */
const MARKED_MAX = 1_000
const AGAIN_MS = 5_000
const FINDINGS_AGAIN_MS = 60_000

interface ChainOptions {
  readonly source: () => string
  readonly chain: () => string
  /** The audit whose findings are drawn in; null: none, as while it runs. */
  readonly audit: () => string | null
  /** Null: the end of the chain. */
  readonly around: () => string | null
  /** Blocks on each side. */
  readonly reach: () => number
}

export interface ChainWindow {
  readonly blocks: readonly ChainBlock[]
  readonly moreBefore: boolean
  readonly moreAfter: boolean
  readonly asOf: string
}

/** The blocks around an id, the two ends of their chain, and what the audit found in it. */
export function useChain({ source, chain, audit, around, reach }: ChainOptions) {
  const client = useClient()
  const about = computed(() => ({ source: source(), chain: chain() }))
  const asked = useAsk({
    subject: () => {
      const side = Math.min(CHAIN_VIEW_MAX, reach())
      return { ...about.value, around: around(), before: side, after: side }
    },
    ask: (subject, signal) => client.audits.chain(subject, { signal }),
    againMs: AGAIN_MS,
  })
  const ends = useAsk({
    subject: () => about.value,
    ask: async (subject, signal) => {
      const none = { before: 0, after: 0 }
      const [head, tail] = await Promise.all([
        client.audits.chain({ ...subject, ...none, around: BEFORE_ALL }, { signal }),
        client.audits.chain({ ...subject, ...none, around: null }, { signal }),
      ])
      const [first, last] = [head.blocks[0], tail.blocks.at(-1)]
      return first === undefined || last === undefined ? null : { first: first.id, last: last.id }
    },
    againMs: AGAIN_MS,
  })
  const found = useAsk({
    subject: () => {
      const of = audit()
      return of === null ? null : { audit: of, chain: about.value.chain }
    },
    ask: (subject, signal) =>
      client.audits.findings({ ...subject, afterSeq: 0, limit: MARKED_MAX }, { signal }),
    // They do not change: asked again for what could not be read.
    againMs: FINDINGS_AGAIN_MS,
  })

  /** What was there stays until the blocks around another id have come. */
  const shown = shallowRef<ChainWindow | null>(null)
  watch(
    () => JSON.stringify(about.value),
    () => {
      shown.value = null
    },
  )
  watch(asked.data, (next) => {
    if (next !== null) shown.value = next
  })

  return {
    window: shown,
    error: asked.error,
    loading: asked.loading,
    refresh: () => asked.refresh(),
    ends: ends.data,
    findings: computed(() => found.data.value?.findings ?? []),
    markedAll: computed(() => (found.data.value?.findings.length ?? 0) < MARKED_MAX),
  }
}
