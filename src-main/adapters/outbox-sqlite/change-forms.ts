import type { ChangeForms } from '../outbox-sql/change-parts.ts'

/** A transaction that begins with BEGIN IMMEDIATE holds the only lock that SQLite has, the one on the file. */
export const sqliteForms: ChangeForms = {
  lock: '',
  lockFree: '',
  // A cross join is carried out as it is written: the rows that were asked for first.
  joined: ({ sql }) => `cross join ${sql.table} t on ${sql.key.equals('t', 'r')}`,
  update({ sql }, given, written) {
    const set = written.map(({ column, value }) => `${column} = ${value}`)
    return `update ${sql.table} as t set ${set.join(', ')} from ${given} where ${sql.key.equals('t', 'r')}`
  },
  remove({ sql }, given) {
    const columns = sql.key.columns.map(({ name }) => `t.${sql.dialect.quote(name)}`)
    return `delete from ${sql.table} as t where (${columns.join(', ')}) in (select ${sql.key.names('r')} from ${given})`
  },
  fitting: (_, __, value) => value,
  restored: (text, type) =>
    /blob/.test(type)
      ? `unhex(${text})`
      : /int/.test(type) || type === ''
        ? `cast(${text} as numeric)`
        : text,
  same: (column, value, isText) =>
    isText ? `cast(${column} as blob) is cast(${value} as blob)` : `${column} is ${value}`,
}
