import type { MappingAssignments } from '../../src-main/domain/mapping/values.ts'
import type { HandBackPreview, HandBackRequest, HandBackResult } from '../../src-main/ports/hand-back.ts'
import type { Columns, SimRow, SimTable } from './sim-table.ts'

type Action = 'retry' | 'resolve'

function setOf(table: SimTable, action: Action): MappingAssignments {
  return table.mapping.whole[action]?.set ?? {}
}

function mayAct(table: SimTable, { id, version }: HandBackRequest): SimRow | null {
  const row = table.row(id)
  return row?.version === version && table.isActionable(row) ? row : null
}

export function handBack(table: SimTable, by: string, request: HandBackRequest): HandBackResult {
  const row = mayAct(table, request)
  if (row === null) return { id: request.id, applied: false }
  table.assign(row, setOf(table, 'retry'), {}, { by, action: 'hand back' })
  return { id: request.id, applied: true }
}

export function preview(table: SimTable, action: Action, request: HandBackRequest): HandBackPreview {
  const { id } = request
  const row = mayAct(table, request)
  const set = setOf(table, action)
  const columns = (of: Columns): Record<string, string | null> =>
    Object.fromEntries(
      Object.keys(set).map((name) => [name, (of[name] ?? null) === null ? null : String(of[name])]),
    )
  const before = columns(table.row(id)?.columns ?? {})
  if (row === null) return { id, applied: false, before, after: null, message: null, risks: [] }
  const assigned = { ...row.columns, ...table.assigned(row, set, { token: 'preview' }) }
  const message = table.message({ ...row, columns: assigned })
  return { id, applied: true, before, after: columns(assigned), message, risks: [] }
}
