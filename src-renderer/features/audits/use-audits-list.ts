import { computed, ref } from 'vue'
import type { Audit } from '../../../src-preload/contract/audits.ts'
import type { Client } from '../../api/client.ts'
import { useAsk } from '../../app/use-ask.ts'
import { useClient } from '../../app/use-client.ts'
import { damagedOf, tellingAudits, type DamagedChain } from './audit-model.ts'

const PAGE = 50
const CALL_MAX = 100
/** Audits that the list holds at most; the engine keeps no more of a source. */
const LIST_MAX = 1_000
/** Damaged chains that are listed for an audit; the rest is counted. */
const CHAINS_MAX = 200
/** Audits of one source that are asked for their damaged chains. */
const TELLING_MAX = 10

async function newest(
  client: Client,
  { source, count }: { readonly source: string | null; readonly count: number },
  signal: AbortSignal,
): Promise<readonly Audit[]> {
  const audits: Audit[] = []
  while (audits.length < count) {
    const limit = Math.min(CALL_MAX, count - audits.length)
    const query = { before: audits.at(-1)?.audit ?? null, limit, ...(source === null ? {} : { source }) }
    const page = await client.audits.list(query, { signal })
    audits.push(...page.audits)
    if (page.audits.length < limit) break
  }
  return audits
}

/** The newest audits, as many as were asked for; asked again on news, because one that runs moves on. */
export function useAuditsList(source: () => string | null) {
  const client = useClient()
  const wanted = ref(PAGE)
  const asked = useAsk({
    subject: () => ({ source: source() }),
    ask: (about, signal) => newest(client, { ...about, count: wanted.value }, signal),
  })
  return {
    audits: asked.data,
    error: asked.error,
    loading: asked.loading,
    refresh: () => asked.refresh(),
    mayHaveOlder: computed(() => (asked.data.value?.length ?? 0) >= wanted.value && wanted.value < LIST_MAX),
    older: () => {
      wanted.value = Math.min(LIST_MAX, wanted.value + PAGE)
      return asked.refresh()
    },
  }
}

export interface ChainHealth {
  readonly chains: readonly DamagedChain[]
  /** Sources that an audit says something about. */
  readonly audited: readonly string[]
  /** More chains are damaged than are listed. */
  readonly more: boolean
}

/** The damaged chains of all sources, the worst first, as the last audits found them. */
export function useChainHealth(sources: () => readonly string[] | null) {
  const client = useClient()

  async function healthOf(source: string, signal: AbortSignal) {
    const audits = await newest(client, { source, count: PAGE }, signal)
    const telling = tellingAudits(audits, source).slice(0, TELLING_MAX)
    let more = false
    const read = await Promise.all(
      telling.map(async (audit) => {
        if (audit.findings === 0) return { audit, chains: [] }
        const { chains, total } = await client.audits.chains(
          { audit: audit.audit, limit: CHAINS_MAX },
          { signal },
        )
        more ||= total > chains.length
        return { audit, chains }
      }),
    )
    return { source, told: telling.length > 0, chains: damagedOf(read), more }
  }

  return useAsk({
    subject: sources,
    ask: async (about, signal): Promise<ChainHealth> => {
      const all = await Promise.all(about.map((source) => healthOf(source, signal)))
      return {
        chains: all.flatMap(({ chains }) => chains).sort((a, b) => b.findings - a.findings),
        audited: all.filter(({ told }) => told).map(({ source }) => source),
        more: all.some((one) => one.more),
      }
    },
  })
}
