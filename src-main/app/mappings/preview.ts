import type { Confirmable } from '../../domain/mapping/confirmation.ts'
import type { Mapping } from '../../domain/mapping/mapping.ts'
import { refusalOf } from '../../domain/mapping/refusals.ts'
import type { Refused } from '../../domain/mapping/refusals.ts'
import { readableId } from '../../domain/readable-id.ts'
import { actionableStates, messageStates } from '../../domain/message.ts'
import type { Message, MessageState } from '../../domain/message.ts'
import { say } from '../../domain/text.ts'
import type { Text } from '../../domain/text.ts'
import type { ExplainedStatement } from '../../ports/explained.ts'
import type { HandBackPreview, HandBackRisk } from '../../ports/hand-back.ts'
import type { BoundedCount, Outbox } from '../../ports/outbox.ts'

/** Live rows shown for each state, of the newest and of the oldest. */
const SAMPLES = 3
/** For one state's rows, or its count. A preview of a large table shows what it could find out in that time. */
const STATE_BUDGET_MS = 1_500

export interface StateSeen extends BoundedCount {
  readonly state: MessageState
  /** The statement that lists them. */
  readonly sql: string | null
  readonly samples: readonly Message[]
}

export interface RowSeen extends HandBackPreview {
  readonly state: MessageState
}

export interface ActionSeen {
  readonly action: 'retry' | 'resolve'
  /** Null: the layout allows it. */
  readonly refusal: Refused | null
  readonly sql: string | null
  readonly rows: readonly RowSeen[]
  /** Rows that it would change. */
  readonly applies: number
  readonly risks: readonly HandBackRisk[]
}

export interface Seen {
  /** Every statement of the mapping, with its plan. */
  readonly statements: readonly ExplainedStatement[]
  readonly states: readonly StateSeen[]
  readonly actions: readonly ActionSeen[]
}

/** What the mapping makes of live rows: their states and counts, and what each action would write, rolled back. */
export async function lookThrough(outbox: Outbox, signal: AbortSignal): Promise<Seen> {
  const statements = await outbox.explain(signal)
  const sqlOf = (name: string): string | null =>
    statements.find((one) => one.name === name || one.name.startsWith(`${name} in `))?.text ?? null
  const states: StateSeen[] = []
  for (const state of statesOf(outbox.mapping)) {
    states.push(await stateSeen(outbox, state, sqlOf(`list ${state}`), signal))
  }
  const actions: ActionSeen[] = []
  for (const action of ['retry', 'resolve'] as const) {
    actions.push(await actionSeen(outbox, action, { states, sql: sqlOf(action) }, signal))
  }
  return { statements, states, actions }
}

/** `unknown` is where rows end that no rule fits: an operator has to see how many those are. */
function statesOf({ states }: Mapping): readonly MessageState[] {
  const named = new Set<MessageState>([...states.map(({ state }) => state), 'unknown'])
  return messageStates.filter((state) => named.has(state))
}

async function stateSeen(
  outbox: Outbox,
  state: MessageState,
  sql: string | null,
  signal: AbortSignal,
): Promise<StateSeen> {
  const filter = { states: [state] }
  const page = async (order: 'newest' | 'oldest'): Promise<readonly Message[]> => {
    const query = { filter, order, cursor: null, limit: SAMPLES, budgetMs: STATE_BUDGET_MS }
    return (await outbox.list(query, signal)).messages
  }
  const found = [...(await page('newest')), ...(await page('oldest'))]
  const samples = [...new Map(found.map((message) => [message.id, message])).values()]
  return { state, sql, samples, ...(await outbox.count(filter, STATE_BUDGET_MS, signal)) }
}

async function actionSeen(
  outbox: Outbox,
  action: 'retry' | 'resolve',
  { states, sql }: { readonly states: readonly StateSeen[]; readonly sql: string | null },
  signal: AbortSignal,
): Promise<ActionSeen> {
  const refusal = refusalOf(outbox.mapping, action)
  if (refusal !== null) return { action, refusal, sql: null, rows: [], applies: 0, risks: [] }
  const from = new Set<MessageState>(outbox.mapping[action]?.from ?? actionableStates)
  const candidates = states.filter(({ state }) => from.has(state)).flatMap(({ samples }) => samples)
  const stateOf = new Map(candidates.map(({ id, state }) => [id, state]))
  const previews = await outbox.preview(action, candidates, signal)
  const rows = previews.map((one) => ({ ...one, state: stateOf.get(one.id) ?? ('unknown' as const) }))
  return {
    action,
    refusal,
    sql,
    rows,
    applies: rows.filter(({ applied }) => applied).length,
    risks: [...new Set(rows.flatMap((row) => row.risks))],
  }
}

export interface Unsafe {
  readonly problem: Text
  readonly instead: Text
}

/** Why this cannot be confirmed; none: it can. */
export function whyNotSafe({ states, actions }: Pick<Seen, 'states' | 'actions'>): readonly Unsafe[] {
  if (states.every(({ samples }) => samples.length === 0)) {
    return [{ problem: say('unsafe.no-row'), instead: say('unsafe.no-row.instead') }]
  }
  return actions.flatMap(({ action, rows, risks }) =>
    risks.map((risk) => {
      const row = rows.find((one) => one.risks.includes(risk))
      const problem = say(`unsafe.${risk}`, { action, row: readableId(row?.id ?? '') })
      return { problem, instead: say(`unsafe.${risk}.instead`) }
    }),
  )
}

/** An action that no row could show is not confirmed with the rest. */
export function shownActions(mapping: Mapping, { actions }: Pick<Seen, 'actions'>): readonly Confirmable[] {
  const resend = refusalOf(mapping, 'resend') === null ? (['resend'] as const) : []
  return [...resend, ...actions.filter(({ applies }) => applies > 0).map(({ action }) => action)]
}
