import type { FieldPacket } from 'mysql2/promise'
import type { Row } from '../outbox-sql/statement.ts'

const BIT = 16

/** Every cell as a text; bytes as hexadecimal digits, a BIT as its number. */
export function textRows(
  rows: readonly Readonly<Record<string, unknown>>[],
  fields: readonly FieldPacket[],
): readonly Row[] {
  const bits = new Set(fields.filter(({ columnType }) => columnType === BIT).map(({ name }) => name))
  return rows.map((row) =>
    Object.fromEntries(Object.entries(row).map(([name, cell]) => [name, textOf(cell, bits.has(name))])),
  )
}

function textOf(cell: unknown, bit: boolean): string | null {
  if (cell === null || cell === undefined) return null
  if (!Buffer.isBuffer(cell)) {
    if (typeof cell === 'string') return cell
    return typeof cell === 'number' || typeof cell === 'bigint' ? String(cell) : JSON.stringify(cell)
  }
  const hex = cell.toString('hex')
  return bit ? String(BigInt(`0x${hex}`)) : hex
}
