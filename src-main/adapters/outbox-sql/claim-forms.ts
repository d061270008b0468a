import type { MessageState } from '../../domain/message.ts'

/** The states that a sweep takes rows from. */
export const DUE_STATES = ['pending', 'scheduled', 'retrying', 'in-flight'] as const satisfies MessageState[]

/**
 * A sweep finds its rows by itself: what a row was before the claim stands nowhere but in the row. So it is written
 * behind the token, where a repeat after a lost answer reads it again.
 */
export const BEFORE = ' (was '

/** Every text that a claim with this token may have written. */
export function tokenForms(token: string): readonly string[] {
  return [token, ...DUE_STATES.map((state) => tokenWithState(token, state))]
}

export function tokenWithState(token: string, state: string): string {
  return `${token}${BEFORE}${state})`
}

/** Null where the text is not of this token, or does not say. */
export function stateInToken(text: string, token: string): MessageState | null {
  return DUE_STATES.find((state) => text === tokenWithState(token, state)) ?? null
}
