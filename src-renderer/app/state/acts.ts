import { defineStore } from 'pinia'
import { ref, shallowRef } from 'vue'
import type { PlanEdit, PlanRedirect, PlanSelection } from '../../../src-preload/contract/plans.ts'
import type { ProcedureName } from '../../../src-preload/contract/roles.ts'
import { usePermission } from './permission.ts'
import { useSession } from './session.ts'

/** What a resend sends otherwise than it is stored. Both null: exactly as stored. */
export interface Change {
  readonly edit: PlanEdit | null
  readonly redirect: PlanRedirect | null
  /** Why messages that were consumed already are sent again; absent: they are left out. */
  readonly includeConsumed?: string
}
export const NO_CHANGE: Change = { edit: null, redirect: null }

/** A plan that the engine has made already: it is shown as it is. */
export interface MadePlan {
  readonly kind: 'plan'
  readonly plan: string
}

export type Act =
  | {
      readonly kind: 'resend'
      readonly source: string
      readonly selection: PlanSelection | MadePlan
      readonly change: Change
    }
  /** Says first what is to be sent instead, and goes on as a resend. */
  | { readonly kind: 'change'; readonly source: string; readonly selection: PlanSelection }
  | { readonly kind: 'resolve' | 'retry'; readonly source: string; readonly items: readonly ResolveItem[] }
  /** About half messages: their producer is asked, or one is decided in its place. */
  | { readonly kind: 'ask-producer'; readonly source: string; readonly ids: readonly string[] }
  | ({ readonly kind: 'decide'; readonly source: string; readonly messageId: string } & ResolveItem)

/** What each of them asks the engine for in the end. */
const CALLS: Readonly<Record<Act['kind'], ProcedureName>> = {
  resend: 'plans.resend',
  change: 'plans.resend',
  resolve: 'decisions.resolve',
  retry: 'mappings.retry',
  'ask-producer': 'halfMessages.askNow',
  decide: 'halfMessages.decide',
}

/** The version is that of the row as the operator saw it. */
export interface ResolveItem {
  readonly id: string
  readonly version: string | null
}

/**
 * Which dialog is open; at most one. An act on a locked source asks for the unlock first and goes on from there,
 * so that no page can forget it.
 */
export const useActs = defineStore('acts', () => {
  const session = useSession()
  const permission = usePermission()
  const denied = ref<string | null>(null)
  const act = shallowRef<Act | null>(null)
  const unlocking = shallowRef<{ readonly source: string; readonly then: () => void } | null>(null)

  /** Also for keys, which no button disables: the same sentence as on the button. */
  function refused(call: ProcedureName): boolean {
    denied.value = permission.whyNot(call)
    return denied.value !== null
  }

  function start(next: Act): void {
    // A plan that was made already is only shown; its own button says who may run it.
    const shows = next.kind === 'resend' && next.selection.kind === 'plan'
    if (!shows && refused(CALLS[next.kind])) return
    const go = (): void => void (act.value = next)
    if (session.unlockedUntil(next.source) === null) unlocking.value = { source: next.source, then: go }
    else go()
  }

  return {
    act,
    unlocking,
    /** Why the last act was not begun: the person's role. */
    denied,
    understood: () => {
      denied.value = null
    },
    resend: (options: { source: string; selection: PlanSelection | MadePlan; change?: Change }) =>
      start({ kind: 'resend', change: NO_CHANGE, ...options }),
    change: (options: { source: string; selection: PlanSelection }) => start({ kind: 'change', ...options }),
    resolve: (options: { source: string; items: readonly ResolveItem[] }) =>
      start({ kind: 'resolve', ...options }),
    retry: (options: { source: string; items: readonly ResolveItem[] }) =>
      start({ kind: 'retry', ...options }),
    askProducer: (options: { source: string; ids: readonly string[] }) =>
      start({ kind: 'ask-producer', ...options }),
    decide: (options: { source: string; messageId: string } & ResolveItem) =>
      start({ kind: 'decide', ...options }),
    /** `then`: what goes on once it is unlocked, and does not where the operator thinks better of it. */
    unlock: ({ source, then = () => undefined }: { source: string; then?: () => void }) => {
      if (refused('connections.unlock')) return
      unlocking.value = { source, then }
    },
    /** What is to be sent instead was said: goes on without asking again; the plan's own dialog looks at the lock. */
    review: (change: Change) => {
      const now = act.value
      if (now?.kind === 'change')
        act.value = { kind: 'resend', source: now.source, selection: now.selection, change }
    },
    /** The unlock dialog succeeded: the act that waited for it goes on. */
    unlocked: () => {
      const then = unlocking.value?.then
      act.value = null
      unlocking.value = null
      then?.()
    },
    close: () => {
      act.value = null
      unlocking.value = null
    },
  }
})
