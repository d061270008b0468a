import { computed, type ComputedRef, type Ref } from 'vue'
import { IDS_MAX } from '../../../src-preload/contract/base.ts'
import type { PlanSelection } from '../../../src-preload/contract/plans.ts'
import { useActs } from '../../app/state/acts.ts'
import type { ListSubject, MessageRows } from './list/message-list.ts'
import { rowOf, type Row } from './list/rows.ts'
import type { Selection } from './selection.ts'

interface Options {
  readonly subject: () => ListSubject | null
  readonly selection: Selection
  readonly list: MessageRows
  readonly at: Ref<number>
  /** Key of the open message. */
  readonly openKey: ComputedRef<string | null>
}

export interface InboxActs {
  /** How many messages the acts are about; null: all that match, however many. */
  readonly count: ComputedRef<number | null>
  readonly canResend: ComputedRef<boolean>
  /** A decision names its messages one by one; "all that match" cannot be resolved. */
  readonly canResolve: ComputedRef<boolean>
  /** What is chosen lies in more than one source: a plan belongs to one, so that no act begins. */
  readonly spans: ComputedRef<readonly { readonly source: string; readonly count: number }[]>
  /** More are chosen than one act may name. */
  readonly tooMany: ComputedRef<boolean>
  readonly resend: () => void
  /** Everything that the list matches, also what is not loaded. */
  readonly resendAll: () => void
  /** Half messages, and nothing else: their producer can be asked. */
  readonly canAsk: ComputedRef<boolean>
  readonly askProducer: () => void
  readonly resolve: () => void
}

/** Acts of the list: on the selection; without one, on the open message; without that, on the row at the cursor. */
export function useInboxActs({ subject, selection, list, at, openKey }: Options): InboxActs {
  const acts = useActs()

  const targets = computed<readonly Row[]>(() => {
    if (selection.ids.value.size > 0) return [...selection.ids.value.values()]
    const rows = list.rows.value
    const one = rowOf(rows, openKey.value) ?? rows[at.value]
    return one === undefined ? [] : [one]
  })
  const spans = computed(() => {
    const counts = new Map<string, number>()
    for (const { source } of targets.value) counts.set(source, (counts.get(source) ?? 0) + 1)
    return counts.size < 2 ? [] : [...counts].map(([source, count]) => ({ source, count }))
  })
  const named = computed(
    () => targets.value.length > 0 && targets.value.length <= IDS_MAX && spans.value.length === 0,
  )
  /** The one source that an act would be about. */
  const source = computed(() =>
    selection.all.value ? (subject()?.sources[0] ?? null) : (targets.value[0]?.source ?? null),
  )
  const canResolve = computed(() => !selection.all.value && named.value)
  const canResend = computed(() => selection.all.value || named.value)

  const canAsk = computed(
    () => canResolve.value && targets.value.every(({ state }) => state === 'waiting-confirm'),
  )

  return {
    spans,
    canAsk,
    askProducer: () => {
      if (source.value === null || !canAsk.value) return
      acts.askProducer({ source: source.value, ids: targets.value.map(({ id }) => id) })
    },
    count: computed(() => (selection.all.value ? null : selection.ids.value.size)),
    canResend,
    canResolve,
    tooMany: computed(() => !selection.all.value && targets.value.length > IDS_MAX),
    resend: () => {
      const list = subject()
      if (list === null || source.value === null || !canResend.value) return
      const chosen: PlanSelection = selection.all.value
        ? { kind: 'filter', filter: list.filter }
        : { kind: 'ids', ids: targets.value.map(({ id }) => id) }
      acts.resend({ source: source.value, selection: chosen })
    },
    resendAll: () => {
      const shown = subject()
      if (shown === null || list.rows.value.length === 0) return
      const [only, another] = shown.sources
      // Of several sources the bar of the selection asks which one is meant.
      if (only === undefined || another !== undefined) return selection.selectLoaded()
      acts.resend({ source: only, selection: { kind: 'filter', filter: shown.filter } })
    },
    resolve: () => {
      if (source.value === null || !canResolve.value) return
      acts.resolve({
        source: source.value,
        items: targets.value.map(({ id, version }) => ({ id, version })),
      })
    },
  }
}
