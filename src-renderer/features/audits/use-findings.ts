import { computed, onScopeDispose, ref, shallowRef, watch } from 'vue'
import type { Audit, AuditFinding, FindingKind } from '../../../src-preload/contract/audits.ts'
import { toApiError } from '../../api/errors.ts'
import type { ApiError } from '../../api/errors.ts'
import { useClient } from '../../app/use-client.ts'

const PAGE = 200

interface FindingsOptions {
  /** Null, or one that runs: there are none to read yet. */
  readonly audit: () => Audit | null
  readonly kind: () => FindingKind | null
  readonly chain: () => string | null
}

/** The findings of an audit, page after page as they are looked at. They do not change once it has ended. */
export function useFindings({ audit, kind, chain }: FindingsOptions) {
  const client = useClient()
  const findings = shallowRef<readonly AuditFinding[]>([])
  const error = shallowRef<ApiError | null>(null)
  const loading = ref(false)
  const known = ref(false)
  const complete = ref(false)
  let current: AbortController | null = null
  const subject = computed(() => {
    const about = audit()
    if (about === null || about.state === 'running') return null
    const [only, of] = [kind(), chain()]
    return {
      audit: about.audit,
      ...(only === null ? {} : { kinds: [only] }),
      ...(of === null ? {} : { chain: of }),
    }
  })

  async function read(): Promise<void> {
    const about = subject.value
    current?.abort()
    if (about === null) return
    const mine = (current = new AbortController())
    loading.value = true
    try {
      const afterSeq = findings.value.at(-1)?.seq ?? 0
      const page = await client.audits.findings({ ...about, afterSeq, limit: PAGE }, { signal: mine.signal })
      if (mine.signal.aborted) return
      findings.value = [...findings.value, ...page.findings]
      complete.value = page.findings.length < PAGE
      known.value = true
      error.value = null
    } catch (thrown) {
      if (mine.signal.aborted) return
      error.value = toApiError(thrown)
    }
    loading.value = false
  }

  watch(
    () => JSON.stringify(subject.value),
    () => {
      findings.value = []
      known.value = false
      complete.value = false
      error.value = null
      void read()
    },
    { immediate: true },
  )
  onScopeDispose(() => current?.abort())
  return {
    findings,
    error,
    loading,
    known,
    complete,
    again: read,
    more: async () => {
      if (!loading.value && !complete.value && known.value) await read()
    },
  }
}
