import type { MappingPreview } from '../../../src-preload/contract/mapping-steps.ts'

export const steps = ['pick', 'rows', 'places', 'acts', 'confirm'] as const
export type Step = (typeof steps)[number]

/** How a mapping stands, for its head: `changed` was confirmed otherwise than it is now. */
export type Standing = 'own' | 'confirmed' | 'changed' | 'unconfirmed'

export function standingOf({ digest, confirmed, before }: MappingPreview): Standing {
  if (digest === null) return 'own'
  if (confirmed !== null) return 'confirmed'
  return before === null ? 'unconfirmed' : 'changed'
}

/** Risks of the rows that were looked at: one is enough, and nothing can be saved. */
export function risksOf(preview: MappingPreview) {
  return preview.actions.flatMap(({ action, risks }) => risks.map((risk) => ({ action, risk })))
}

export function hasRows(preview: MappingPreview): boolean {
  return preview.states.some(({ samples }) => samples.length > 0)
}

/** What a confirmation of this would be for. */
export function actionsShown(preview: MappingPreview): readonly ('resend' | 'retry' | 'resolve')[] {
  const refused = new Set(preview.refusals.map(({ action }) => action))
  const shown = preview.actions.filter(({ applies }) => applies > 0).map(({ action }) => action)
  return [...(refused.has('resend') ? [] : (['resend'] as const)), ...shown]
}

/** Rows that a retry would hand back, as they are now. */
export function retryable(preview: MappingPreview) {
  const samples = new Map(
    preview.states.flatMap(({ samples: rows }) => rows.map((row) => [row.id, row] as const)),
  )
  const retry = preview.actions.find(({ action }) => action === 'retry')
  return (retry?.rows ?? []).flatMap((row) => {
    const message = samples.get(row.id)
    return row.applied && message !== undefined ? [message] : []
  })
}
