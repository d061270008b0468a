import type { Column } from '../outbox-sql/catalogue.ts'
import type { Clock, Dialect, GivenColumn } from '../outbox-sql/dialect.ts'
import { containsPattern } from '../outbox-sql/like.ts'
import type { Params } from '../outbox-sql/statement.ts'

/** By the rules by which SQLite gives a column its affinity. */
const WHOLE = /int/
const TEXTUAL = /char|clob|text/
const BINARY = /blob/
/** Last time that Redrive writes: it stands for never. */
const NEVER = `'9999-12-31 23:59:59.000000'`
const ESCAPE = /["\\]/

export const sqliteDialect: Dialect = {
  name: 'sqlite',
  quote: (name) => `"${name.replaceAll('"', '""')}"`,
  nameLiteral: (name) => `cast(x'${Buffer.from(name).toString('hex')}' as text)`,
  hidden: [],
  placeholder: (position) => `@p${position}`,
  version: (alias, columns) => `redrive_version(${columns.map((one) => quoted(alias, one)).join(', ')})`,
  textParam: (param) => `cast(${param} as text)`,
  numberParam: (param) => `cast(${param} as numeric)`,
  wholeParam: (param) => `cast(${param} as integer)`,
  columnParam,
  collated: (expression) => expression,
  // A column may be compared without its case, or without the blanks at its end.
  exactly: (left, right) => `cast(${left} as blob) = cast(${right} as blob)`,
  zone: (name) => name,
  truth: (value) => (value ? '1' : '0'),
  infinity: () => NEVER,
  asText: (expression) => `cast(${expression} as text)`,
  asNumber: (text) => `redrive_number(${text})`,
  atPath(expression, path, params) {
    const at = params.add(pathText(path), 'path')
    const kind = `json_type(${expression}, ${at})`
    const found =
      `case ${kind} when 'null' then null when 'text' then json_extract(${expression}, ${at}) ` +
      `else ${expression} -> ${at} end`
    // Of a document that is none, nothing is extracted.
    return `(case when json_valid(${expression}) then ${found} end)`
  },
  concat: (parts) => `(${parts.map((part) => `cast(${part} as text)`).join(' || ')})`,
  part: (text, by, n) => `redrive_part(${text}, ${by}, ${Math.trunc(n)})`,
  lengthOf: (expression) =>
    `(case when json_valid(${expression}) and json_type(${expression}) = 'array' then json_array_length(${expression}) end)`,
  log2: (expression) => `redrive_log2(${expression})`,
  now,
  newUuid: () => 'redrive_uuid()',
  ago: (seconds) => moment(`-(${seconds})`),
  instant,
  plusSeconds: (utc, seconds) => `strftime('%Y-%m-%d %H:%M:%f000', ${utc}, (${seconds}) || ' seconds')`,
  without: (expression, param) => `nullif(${expression}, ${param})`,
  contains: (text, pattern) => `redrive_like(${text}, ${pattern})`,
  holdsBytes: (bytes, digits) => `redrive_holds_bytes(${bytes}, ${digits})`,
  bytesHoldText: (bytes, text, params) =>
    sqliteDialect.contains(bytes, params.add(containsPattern(text), 'pattern')),
  fromBase64: (text) => `redrive_from_base64(${text})`,
  // No path of SQLite can say a name with a quote in it.
  memberOfText: (text, name, params) => `redrive_member(${text}, ${params.add(name, 'member')})`,
  rowsAbout: () => null,
  limit: (rows) => String(Math.max(0, Math.floor(rows))),
  keyParam: (param, type) => (BINARY.test(type) ? `unhex(${param})` : columnParam(param, type)),
  keyText: (expression) => expression,
  keyEquals(column, other, type, nulls) {
    const equal = `${column} ${nulls ? 'is' : '='} ${other}`
    return TEXTUAL.test(type) ? `(${equal} and cast(${column} as blob) is cast(${other} as blob))` : equal
  },
  rowBound: (columns, operator, values) => `(${columns.join(', ')}) ${operator} (${values.join(', ')})`,
  given,
  zipped: (names, values) => `redrive_zipped(${names}, ${values})`,
  bytes: (expression) => `redrive_base64(${expression})`,
  isBytes: (type) => BINARY.test(type),
  storage: null,
  // The library has no type of times; one of this name says that they are texts, and not of which zone.
  timeOfType: (type) => (/^(datetime|timestamp|date)/.test(type) ? 'unzoned' : null),
}

function quoted(alias: string, { name }: Column): string {
  return `${alias}.${sqliteDialect.quote(name)}`
}

/** A parameter is a text, and a column without an affinity would hold it as one. */
function columnParam(param: string, type: string): string {
  if (WHOLE.test(type)) return `cast(${param} as integer)`
  if (TEXTUAL.test(type) || BINARY.test(type) || type === '') return param
  // What is no number is meant as it is: a column of the type `datetime` holds texts.
  return `(case when redrive_number(${param}) is null then ${param} else cast(${param} as numeric) end)`
}

/** The same within one statement, in whole milliseconds as SQLite has it. */
function moment(seconds: string | null): string {
  const later = seconds === null ? '' : `, (${seconds}) || ' seconds'`
  return `strftime('%Y-%m-%d %H:%M:%f000', 'now'${later})`
}

function now({ form, zone }: Clock, seconds: string | null): string {
  const later = seconds === null ? '' : `, (${seconds}) || ' seconds'`
  const whole = `cast(strftime('%s', 'now'${later}) as integer)`
  switch (form) {
    case 'instant':
    case 'utc':
      return moment(seconds)
    case 'local':
      return zone === null ? moment(seconds) : `redrive_to_zone(${moment(seconds)}, ${zone})`
    case 'epoch-s':
      return whole
    case 'epoch-ms':
      return `(${whole} * 1000 + cast(substr(strftime('%f', 'now'${later}), 4, 3) as integer))`
    case 'iso':
      return `strftime('%Y-%m-%dT%H:%M:%fZ', 'now'${later})`
    case 'date':
      return zone === null
        ? `date('now'${later})`
        : `substr(redrive_to_zone(${moment(seconds)}, ${zone}), 1, 10)`
  }
}

function instant(expression: string, { form, zone }: Clock): string {
  switch (form) {
    case 'epoch-s':
      return `redrive_epoch(${expression}, 1)`
    case 'epoch-ms':
      return `redrive_epoch(${expression}, 1000)`
    case 'instant':
    case 'utc':
    case 'iso':
      return `redrive_utc(${expression})`
    case 'local':
    case 'date':
      return zone === null ? `redrive_utc(${expression})` : `redrive_from_zone(${expression}, ${zone})`
  }
}

/** One JSON document for all rows. */
function given(columns: readonly GivenColumn[], params: Params): string {
  const rows = (columns[0]?.values ?? []).map((_, place) =>
    columns.map(({ values }) => values[place] ?? null),
  )
  const document = params.add(JSON.stringify(rows), 'rows')
  const list = columns.map(({ name, type }, at) => {
    const text = `json_extract(j.value, '$[${at}]')`
    return `${BINARY.test(type) ? `unhex(${text})` : columnParam(text, type)} as ${name}`
  })
  return `(select j.key + 1 as place, ${list.join(', ')} from json_each(${document}) j) r`
}

function pathText(path: readonly (string | number)[]): string {
  const steps = path.map((step) =>
    typeof step === 'number' ? `[${step}]` : ESCAPE.test(step) ? `.${step}` : `."${step}"`,
  )
  return `$${steps.join('')}`
}
