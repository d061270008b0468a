/** A cell of a dense table: its text, and what it says when it is not a plain one. */
export interface Cell {
  readonly text: string
  /** On hover; absent: the text. */
  readonly title?: string
  readonly tone?: 'quiet'
  readonly mono?: boolean
}

export interface Column {
  readonly title: string
  /** Track of a CSS grid. */
  readonly width: string
  readonly number?: boolean
  /** Given up first where there is little room. */
  readonly spare?: boolean
}

export interface TableRow {
  readonly id: string
  readonly cells: readonly (Cell | string)[]
}

export function asCell(cell: Cell | string): Cell {
  return typeof cell === 'string' ? { text: cell } : cell
}
