import { computed, type ComputedRef, type Ref } from 'vue'
import { IDS_MAX } from '../../../src-preload/contract/base.ts'
import type { Message } from '../../../src-preload/contract/messages.ts'
import type { PlanSelection } from '../../../src-preload/contract/plans.ts'
import { useActs } from '../../app/state/acts.ts'
import type { ListSubject, MessageRows } from './message-list.ts'
import type { Selection } from './selection.ts'

interface Options {
  readonly subject: () => ListSubject | null
  readonly selection: Selection
  readonly list: MessageRows
  readonly at: Ref<number>
  readonly openId: ComputedRef<string | null>
}

export interface InboxActs {
  /** How many messages the acts are about; null: all that match, however many. */
  readonly count: ComputedRef<number | null>
  readonly canResend: ComputedRef<boolean>
  /** A decision names its messages one by one; "all that match" cannot be resolved. */
  readonly canResolve: ComputedRef<boolean>
  /** More are chosen than one act may name. */
  readonly tooMany: ComputedRef<boolean>
  readonly resend: () => void
  readonly resolve: () => void
}

/** Acts of the list: on the selection; without one, on the open message; without that, on the row at the cursor. */
export function useInboxActs({ subject, selection, list, at, openId }: Options): InboxActs {
  const acts = useActs()

  const targets = computed<readonly Message[]>(() => {
    if (selection.ids.value.size > 0) return [...selection.ids.value.values()]
    const rows = list.rows.value
    const one = rows.find(({ id }) => id === openId.value) ?? rows[at.value]
    return one === undefined ? [] : [one]
  })
  const named = computed(() => targets.value.length > 0 && targets.value.length <= IDS_MAX)
  const canResolve = computed(() => !selection.all.value && named.value)
  const canResend = computed(() => selection.all.value || named.value)

  return {
    count: computed(() => (selection.all.value ? null : selection.ids.value.size)),
    canResend,
    canResolve,
    tooMany: computed(() => !selection.all.value && targets.value.length > IDS_MAX),
    resend: () => {
      const list = subject()
      if (list === null || !canResend.value) return
      const chosen: PlanSelection = selection.all.value
        ? { kind: 'filter', filter: list.filter }
        : { kind: 'ids', ids: targets.value.map(({ id }) => id) }
      acts.resend({ source: list.source, selection: chosen })
    },
    resolve: () => {
      const list = subject()
      if (list === null || !canResolve.value) return
      acts.resolve({ source: list.source, items: targets.value.map(({ id, version }) => ({ id, version })) })
    },
  }
}
