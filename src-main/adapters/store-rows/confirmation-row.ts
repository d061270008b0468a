import type { Confirmable, Confirmation } from '../../domain/mapping/confirmation.ts'

export interface ConfirmationRow {
  readonly source: string
  readonly digest: string
  readonly operator: string
  readonly at: string
  /** JSON. */
  readonly actions: string
}

export function confirmationOf(row: ConfirmationRow | undefined): Confirmation | null {
  return row === undefined ? null : { ...row, actions: JSON.parse(row.actions) as Confirmable[] }
}
