import type { MessageState } from './message.ts'

/**
 * An operator's decision that messages need no delivery.
 *
 *   intended ──▶ applied ──▶ undone
 *       └──────▶ not-applied    the row had changed, or the process died before the update
 */
export const decisionStates = ['intended', 'applied', 'not-applied', 'undone'] as const
export type DecisionState = (typeof decisionStates)[number]

const decisionMoves: Readonly<Record<DecisionState, readonly DecisionState[]>> = {
  intended: ['applied', 'not-applied'],
  applied: ['undone'],
  'not-applied': [],
  undone: [],
}

export function decisionMayMove(from: DecisionState, to: DecisionState): boolean {
  return decisionMoves[from].includes(to)
}

export interface Decision {
  readonly decision: string
  readonly source: string
  readonly id: string
  readonly messageId: string
  readonly operator: string
  readonly reason: string
  readonly at: string
  readonly state: DecisionState
  readonly stateBefore: MessageState
  /** Row version that the operator saw. */
  readonly version: string
  /** Row version after the update: an undo needs it to be unchanged. Null until applied. */
  readonly appliedVersion: string | null
  /** What the row held before, as the outbox adapter wrote it down for the undo. Opaque. Null until applied. */
  readonly before: string | null
}
