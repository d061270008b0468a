import type { ChangeForms, ChangeParts } from '../outbox-sql/change-parts.ts'
import { charsetOf } from './dialect.ts'

const BINARY = /^(var)?binary|^(tiny|medium|long)?blob/

export const mysqlForms: ChangeForms = {
  lock: ' for update',
  lockFree: 'for update skip locked',
  joined: (parts) => `straight_join ${parts.sql.table} t${byKey(parts)} on ${parts.sql.key.equals('t', 'r')}`,
  // In an UPDATE of one table the server would use what it has just written for what comes after it.
  update(parts, given, written) {
    const set = written.map(({ column, value }) => `u.${column} = ${value}`)
    return `update ${given} ${mysqlForms.joined(parts)} ${self(parts)} set ${set.join(', ')}`
  },
  remove: (parts, given) => `delete t from ${given} ${mysqlForms.joined(parts)}`,
  // A reason with letters that the column's character set lacks is written with question marks, not refused.
  fitting({ catalogue }, column, value) {
    const collation = catalogue.columns.get(column)?.collation
    if (collation === undefined || value === 'null') return value
    const charset = charsetOf(collation)
    return charset === 'utf8mb4' ? value : `convert(${value} using ${charset})`
  },
  restored(text, type) {
    if (BINARY.test(type)) return `unhex(${text})`
    return /^bit/.test(type) ? `cast(${text} as unsigned)` : text
  },
  same(column, value, isText) {
    if (!isText) return `${column} <=> ${value}`
    const bytes = (text: string): string => `cast(convert(${text} using utf8mb4) as binary)`
    return `${bytes(column)} <=> ${bytes(value)}`
  },
}

/** In a small table the server prefers to read, and lock, every row: it would wait for one that nobody asked for. */
function byKey({ sql, catalogue: { keys, keyNames } }: ChangeParts): string {
  const names = new Set(sql.key.columns.map(({ name }) => name))
  const at = keys.findIndex((key) => key.every((column) => names.has(column)))
  const index = keyNames?.[at]
  return index === undefined ? '' : ` force index (${sql.dialect.quote(index)})`
}

/** The row that is written, beside the same one as it was. */
function self(parts: ChangeParts): string {
  const { sql } = parts
  const same = sql.key.kind === 'none' ? '<=>' : '='
  const equal = sql.key.columns.map(({ name }) => {
    const column = sql.dialect.quote(name)
    return `u.${column} ${same} t.${column}`
  })
  return `straight_join ${sql.table} u${byKey(parts)} on ${equal.join(' and ')}`
}
