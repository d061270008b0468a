import { inertText } from '../../../src-preload/contract/inert-text.ts'

export type Cell = string | number | boolean | null
export interface Column<T> {
  readonly title: string
  readonly cell: (row: T) => Cell
  readonly align?: 'right'
  /** Longer text is cut, and says so. */
  readonly widthMax?: number
}

const WIDTH_MAX_DEFAULT = 60

/** Lines of a table; the last column is not padded. */
export function renderTable<T>(rows: readonly T[], columns: readonly Column<T>[]): string[] {
  const cells = rows.map((row) =>
    columns.map((column) => cut(show(column.cell(row)), column.widthMax ?? WIDTH_MAX_DEFAULT)),
  )
  const widths = columns.map((column, at) =>
    cells.reduce((width, row) => Math.max(width, row[at]?.length ?? 0), column.title.length),
  )
  const line = (texts: readonly string[]): string =>
    texts
      .map((text, at) =>
        columns[at]?.align === 'right' ? text.padStart(widths[at] ?? 0) : text.padEnd(widths[at] ?? 0),
      )
      .join('  ')
      .trimEnd()
  return [line(columns.map((column) => column.title)), ...cells.map(line)]
}

/** One value a line, the names aligned. */
export function renderFields(fields: Readonly<Record<string, Cell>>): string[] {
  const names = Object.keys(fields)
  const width = names.reduce((longest, name) => Math.max(longest, name.length), 0)
  return names.map((name) => `${name.padEnd(width)}  ${show(fields[name] ?? null)}`)
}

/** Control characters stay visible: a stored message must not drive the operator's terminal. */
function show(value: Cell): string {
  if (value === null) return '-'
  return inertText(String(value))
}

function cut(text: string, width: number): string {
  return text.length <= width ? text : `${text.slice(0, width - 1)}…`
}
