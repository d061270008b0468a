import pg from 'pg'

/** What a statement may take: numbers are sent as text, lists become arrays. */
export type SqlValue = string | number | null | readonly (string | number | null)[]

/** PostgreSQL stores every character but NUL; what a broker says as a reason, or a source as an id, may hold one. */
const ESCAPE = '\uE000'
const NUL = /[\0\uE000]/g
const ESCAPED = /\uE000([01])/g

function escaped(text: string): string {
  if (!text.includes('\0') && !text.includes(ESCAPE)) return text
  return text.replace(NUL, (one) => (one === '\0' ? `${ESCAPE}0` : `${ESCAPE}1`))
}

function plain(text: string): string {
  if (!text.includes(ESCAPE)) return text
  return text.replace(ESCAPED, (_, which: string) => (which === '0' ? '\0' : ESCAPE))
}

/** As it is sent. */
export function sent(value: SqlValue): unknown {
  if (typeof value === 'string') return escaped(value)
  if (value === null || typeof value === 'number') return value
  return value.map((one) => (typeof one === 'string' ? escaped(one) : one))
}

const { builtins } = pg.types
/** Whole numbers stay far below 2^53: they are keys, counts and milliseconds. */
const NUMBERS: readonly number[] = [
  builtins.INT2,
  builtins.INT4,
  builtins.INT8,
  builtins.NUMERIC,
  builtins.FLOAT8,
]

/** Turns a raw row into an object: columns in camel case, as the row types have them, and numbers as numbers. */
export function rowReader(fields: readonly pg.FieldDef[]): (cells: readonly (string | null)[]) => object {
  const names = fields.map(({ name }) =>
    name.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase()),
  )
  const numeric = fields.map(({ dataTypeID }) => NUMBERS.includes(dataTypeID))
  return (cells) => {
    const row: Record<string, unknown> = {}
    for (const [index, name] of names.entries()) {
      const cell = cells[index] ?? null
      row[name] = cell === null ? null : numeric[index] === true ? Number(cell) : plain(cell)
    }
    return row
  }
}
