import type { Column } from '../outbox-sql/catalogue.ts'
import type { Dialect, GivenColumn } from '../outbox-sql/dialect.ts'
import { containsPattern } from '../outbox-sql/like.ts'
import type { Params } from '../outbox-sql/statement.ts'
import { placeholder } from './binding.ts'
import { instant, now, timeOfType } from './times.ts'
import { zoneForServer } from './zones.ts'

const BINARY = /^(var)?binary|^(tiny|medium|long)?blob/
const TEXTUAL = /^(var)?char|^(tiny|medium|long)?text|^enum|^set/
const LONG = /^(tiny|medium|long)?(text|blob)|^json/
const WHOLE = /^(tiny|small|medium|big)?int|^year/
const FRACTION = /^(decimal|numeric|float|double|real)/
const NUMBER = `'^[[:space:]]*[-+]?([0-9]+[.]?[0-9]*|[.][0-9]+)([eE][-+]?[0-9]{1,3})?[[:space:]]*$'`
const DECIMAL = 'decimal(65,20)'
/** Last time that a DATETIME can hold. */
const NEVER = `cast('9999-12-31 23:59:59' as datetime(6))`

export const mysqlDialect: Dialect = {
  name: 'mysql',
  quote: (name) => `\`${name.replaceAll('`', '``')}\``,
  nameLiteral: (name) => `(_utf8mb4 x'${Buffer.from(name).toString('hex')}' collate utf8mb4_bin)`,
  hidden: [],
  placeholder,
  version,
  textParam: (param) => `(convert(${param} using utf8mb4) collate utf8mb4_bin)`,
  numberParam: (param) => `cast(${param} as ${DECIMAL})`,
  wholeParam: (param) => `cast(${param} as signed)`,
  columnParam,
  collated,
  exactly: (left, right) => `${bytesOf(left)} = ${bytesOf(right)}`,
  zone: zoneForServer,
  truth: (value) => (value ? '1' : '0'),
  infinity: () => NEVER,
  asText,
  asNumber: (text) => `(case when ${text} regexp ${NUMBER} then cast(${text} as ${DECIMAL}) end)`,
  atPath(expression, path, params) {
    const at = params.add(pathText(path), 'path')
    const found = `json_extract(${expression}, ${at})`
    const there = `json_valid(${expression}) and json_type(${found}) <> 'NULL'`
    return `(case when ${there} then ${asText(`json_unquote(${found})`)} end)`
  },
  concat: (parts) => asText(`concat(${parts.map(asText).join(', ')})`),
  part(text, by, n) {
    const parts = `(char_length(${text}) - char_length(replace(${text}, ${by}, ''))) div char_length(${by}) + 1`
    const [one, other] = n > 0 ? [n, -1] : [n, 1]
    const found = `substring_index(substring_index(${text}, ${by}, ${one}), ${by}, ${other})`
    return `(case when ${parts} >= ${Math.abs(n)} then nullif(${asText(found)}, '') end)`
  },
  lengthOf: (expression) =>
    `(case when json_valid(${expression}) and json_type(${expression}) = 'ARRAY' then json_length(${expression}) end)`,
  log2: (expression) => `log2(nullif(greatest(${expression}, 0), 0))`,
  now,
  newUuid: () => 'uuid()',
  ago: (seconds) => `(now(6) - interval ${seconds} second)`,
  instant,
  plusSeconds: (moment, seconds) => `((${moment}) + interval (${seconds}) second)`,
  without: (expression, param) => `nullif(${expression}, ${param})`,
  contains: (text, pattern) =>
    `convert(${text} using utf8mb4) collate utf8mb4_general_ci like ${pattern} escape '!'`,
  holdsBytes: (bytes, digits) => `locate(unhex(${digits}), ${bytes}) > 0`,
  bytesHoldText(bytes, text, params) {
    // What is no UTF-8 would come out of the conversion as question marks: of that only the bytes are compared.
    const isText = `cast(convert(${bytes} using utf8mb4) as binary) = ${bytes}`
    const held = mysqlDialect.contains(bytes, params.add(containsPattern(text), 'pattern'))
    const digits = params.add(Buffer.from(text).toString('hex'), 'digits')
    return `((${isText} and ${held}) or ${mysqlDialect.holdsBytes(bytes, digits)})`
  },
  fromBase64(text) {
    const digits = `trim(trailing '=' from replace(replace(regexp_replace(${text}, '[[:space:]]', ''), '-', '+'), '_', '/'))`
    const padded = `rpad(${digits}, ceiling(char_length(${digits}) / 4) * 4, '=')`
    return `from_base64(${padded})`
  },
  memberOfText: (text, name, params) => mysqlDialect.atPath(text, [name], params),
  rowsAbout(tables, params) {
    const pairs = tables.map(
      ({ schema, table }) => `(${params.add(schema, 'schema')}, ${params.add(table, 'table')})`,
    )
    return `select sum(table_rows) as n from information_schema.tables where (table_schema, table_name) in (${pairs.join(', ')})`
  },
  // A whole number of ours: the server takes no text there.
  limit: (rows) => String(Math.max(0, Math.floor(rows))),
  keyParam(param, type) {
    if (BINARY.test(type)) return `unhex(${param})`
    return columnParam(param, type)
  },
  keyText: (expression) => expression,
  keyEquals(column, other, type, nulls) {
    const equal = `${column} ${nulls ? '<=>' : '='} ${other}`
    return TEXTUAL.test(type)
      ? `(${equal} and ${bytesOf(column)} ${nulls ? '<=>' : '='} ${bytesOf(other)})`
      : equal
  },
  rowBound,
  given,
  zipped: (names, values) =>
    `(select json_objectagg(n.n, v.v) from json_table(${names}, '$[*]' columns (i for ordinality, n longtext path '$')) n ` +
    `join json_table(${values}, '$[*]' columns (i for ordinality, v longtext path '$')) v on v.i = n.i where n.n is not null)`,
  bytes: (expression) => `to_base64(${expression})`,
  isBytes: (type) => BINARY.test(type),
  // InnoDB keeps a row's place to itself.
  storage: null,
  timeOfType,
}

/** Every computed text is compared letter by letter; only a column's own collation may do it otherwise. */
function asText(expression: string): string {
  return `(convert(${expression} using utf8mb4) collate utf8mb4_bin)`
}

function bytesOf(text: string): string {
  return `cast(convert(${text} using utf8mb4) as binary)`
}

/**
 * The server has nothing that grows with each change of a row, so the version is a digest of all that is in it: whoever
 * changes anything gives it another one, and a row that was changed and changed back is what was seen. Each part is
 * quoted, so that no two rows have the same text; long ones by their own digest, because the server makes no text longer
 * than a packet.
 */
function version(alias: string, columns: readonly Column[]): string {
  const parts = columns.map(({ name, type }) => {
    const sql = `${alias}.${mysqlDialect.quote(name)}`
    return LONG.test(type) ? `ifnull(md5(${sql}), 'NULL')` : `ifnull(quote(cast(${sql} as binary)), 'NULL')`
  })
  return `md5(concat_ws(',', ${parts.join(', ')}))`
}

/** Left to itself the server compares a number with a text as floating point numbers, and 'abc' with 0 as equal. */
function columnParam(param: string, type: string): string {
  if (WHOLE.test(type)) return `cast(${param} as ${type.includes('unsigned') ? 'unsigned' : 'signed'})`
  if (FRACTION.test(type)) return `cast(${param} as ${DECIMAL})`
  if (/^bit/.test(type)) return `cast(${param} as unsigned)`
  // A UUID with or without its dashes; what is no hexadecimal number is meant as it is.
  if (BINARY.test(type)) return `coalesce(unhex(replace(${param}, '-', '')), ${param})`
  return param
}

/** Two columns of different collations cannot be compared; the first one's index is of use only for its own. */
function collated(expression: string, from: string | undefined, to: string | undefined): string {
  if (to === undefined || from === to) return expression
  return `(convert(${expression} using ${charsetOf(to)}) collate ${to})`
}

/** `utf8mb4_0900_ai_ci` is one of utf8mb4. */
export function charsetOf(collation: string): string {
  return collation.split('_')[0] ?? 'utf8mb4'
}

/** `(a, b) > (1, 2)` as the server finds it by an index: it makes no range of a row of values. */
function rowBound(
  columns: readonly string[],
  operator: '<' | '<=' | '>' | '>=',
  values: readonly string[],
): string {
  const [column = '', ...columnsLeft] = columns
  const [value = '', ...valuesLeft] = values
  if (columnsLeft.length === 0) return `${column} ${operator} ${value}`
  const strict = operator.slice(0, 1)
  const rest = rowBound(columnsLeft, operator, valuesLeft)
  return `(${column} ${strict}= ${value} and (${column} ${strict} ${value} or ${rest}))`
}

/** One JSON document for all rows: the number of values of a statement does not grow with theirs. */
function given(columns: readonly GivenColumn[], params: Params): string {
  const rows = (columns[0]?.values ?? []).map((_, place) =>
    columns.map(({ values }) => values[place] ?? null),
  )
  const document = params.add(JSON.stringify(rows), 'rows')
  const binary = columns.some(({ type }) => BINARY.test(type))
  const list = columns.map(
    ({ name, type, collation }, at) => `${name} ${givenType(type, collation)} path '$[${at}]'`,
  )
  const table = `json_table(${document}, '$[*]' columns (place for ordinality, ${list.join(', ')}))`
  if (!binary) return `${table} r`
  const read = columns.map(({ name, type }) =>
    BINARY.test(type) ? `unhex(j.${name}) as ${name}` : `j.${name}`,
  )
  return `(select j.place, ${read.join(', ')} from ${table} j) r`
}

/** Long enough for any text: what does not fit the column is then equal to nothing in it, and never cut off. */
function givenType(type: string, collation: string | undefined): string {
  if (WHOLE.test(type)) return type.includes('unsigned') ? 'bigint unsigned' : 'bigint'
  if (TEXTUAL.test(type) && collation !== undefined)
    return `longtext character set ${charsetOf(collation)} collate ${collation}`
  if (TEXTUAL.test(type) || BINARY.test(type)) return 'longtext character set utf8mb4 collate utf8mb4_bin'
  return type
}

function pathText(path: readonly (string | number)[]): string {
  const steps = path.map((step) => (typeof step === 'number' ? `[${step}]` : `.${JSON.stringify(step)}`))
  return `$${steps.join('')}`
}
