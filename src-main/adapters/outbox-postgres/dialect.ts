import type { Clock, Dialect } from '../outbox-sql/dialect.ts'
import { containsPattern } from '../outbox-sql/like.ts'

/** A place in a table is a block and a row within it. */
const OFFSET_BITS = 16n
const OFFSET_MASK = (1n << OFFSET_BITS) - 1n
const NUMBER = String.raw`'^\s*[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d{1,3})?\s*$'`

export const postgresDialect: Dialect = {
  name: 'postgres',
  quote: (name) => `"${name.replaceAll('"', '""')}"`,
  nameLiteral: (name) => `E'${name.replaceAll('\\', '\\\\').replaceAll("'", "''")}'::text`,
  hidden: ['xmin'],
  placeholder: (position) => `$${position}`,
  version: (alias) => `${alias}.xmin`,
  textParam: (placeholder) => `${placeholder}::text`,
  numberParam: (placeholder) => `${placeholder}::numeric`,
  wholeParam: (placeholder) => `${placeholder}::int`,
  columnParam: (placeholder) => placeholder,
  collated: (expression) => expression,
  exactly: null,
  zone: (name) => name,
  truth: (value) => String(value),
  infinity: () => `'infinity'`,
  asText: (expression) => `(${expression})::text`,
  asNumber: (text) => `case when ${text} ~ ${NUMBER} then (${text})::numeric end`,
  // json and jsonb are what they are; a text is read as JSON.
  atPath: (expression, path, params) =>
    `(${expression})::jsonb #>> ${params.add(path.map(String), 'path')}::text[]`,
  concat: (parts) => `(${parts.map((part) => `(${part})::text`).join(' || ')})`,
  part(text, by, n) {
    if (n > 0) return `nullif(split_part(${text}, ${by}, ${n}), '')`
    return `nullif(reverse(split_part(reverse(${text}), reverse(${by}), ${-n})), '')`
  },
  lengthOf(expression, type) {
    if (type?.endsWith('[]') === true) return `cardinality(${expression})`
    const json = `(${expression})::jsonb`
    return `case when jsonb_typeof(${json}) = 'array' then jsonb_array_length(${json}) end`
  },
  log2: (expression) => `log(2::numeric, nullif(greatest((${expression})::numeric, 0), 0))`,
  now,
  newUuid: () => 'gen_random_uuid()',
  ago: (seconds) => `now() - make_interval(secs => ${seconds})`,
  instant,
  plusSeconds: (moment, seconds) => `(${moment}) + make_interval(secs => (${seconds})::float8)`,
  without: (expression, placeholder) => `nullif(${expression}, ${placeholder})`,
  contains: (text, pattern) => `${text} ilike ${pattern} escape '!'`,
  holdsBytes: (bytes, digits) => `position(decode(${digits}::text, 'hex') in ${bytes}) > 0`,
  bytesHoldText: (bytes, text, params) =>
    `encode(${bytes}, 'escape') ilike ${params.add(containsPattern(escapedBytes(text)), 'pattern')} escape '!'`,
  fromBase64(text) {
    const digits = `rtrim(translate(regexp_replace(${text}, '\\s', '', 'g'), '-_', '+/'), '=')`
    const padded = `rpad(${digits}, ((length(${digits}) + 3) / 4) * 4, '=')`
    const isBase64 = `${digits} ~ '^[A-Za-z0-9+/]*$' and length(${digits}) % 4 <> 1`
    return `(case when ${isBase64} then decode(${padded}, 'base64') end)`
  },
  // A cast of what is no JSON would end the whole statement, so the member is found by how it is written.
  memberOfText(text, name, params) {
    const written = JSON.stringify(name).replace(/[\\^$.|?*+()[\]{}]/g, '\\$&')
    const pattern = `${written}\\s*:\\s*("(?:[^"\\\\]|\\\\.)*"|[^\\s,}]+)`
    const found = `substring(${text} from ${params.add(pattern, 'regular expression')}::text)`
    return `btrim(nullif(${found}, 'null'), '"')`
  },
  rowsAbout(tables, params) {
    const names = tables.map(
      ({ schema, table }) => `${postgresDialect.quote(schema)}.${postgresDialect.quote(table)}`,
    )
    return `select sum(greatest(reltuples, 0))::bigint as n from pg_class where oid = any (${params.add(names, 'tables')}::text[]::regclass[])`
  },
  limit: (rows, params) => `${params.add(String(rows), 'limit')}::bigint`,
  keyParam: (placeholder, type) => `${placeholder}::${type}`,
  keyText: (expression) => expression,
  keyEquals: (column, given, _type, nulls) => `${column} ${nulls ? 'is not distinct from' : '='} ${given}`,
  rowBound: (columns, operator, values) => `(${columns.join(', ')}) ${operator} (${values.join(', ')})`,
  given: (columns, params) =>
    `unnest(${columns.map(({ values, use, type }) => `${params.add(values, use)}::${type}[]`).join(', ')}) ` +
    `with ordinality r(${[...columns.map(({ name }) => name), 'place'].join(', ')})`,
  zipped: (names, values) =>
    `(select json_object_agg(u.n, u.v) from unnest(${names}, ${values}) u(n, v) where u.n is not null)::text`,
  bytes: (expression) => `encode(${expression}, 'base64')`,
  isBytes: (type) => type === 'bytea',
  storage: {
    place: (alias) => `${alias}.ctid`,
    placeParam: (placeholder) => `${placeholder}::tid`,
    toServer(place) {
      const at = BigInt(place) < 0n ? 0n : BigInt(place)
      return `(${at >> OFFSET_BITS},${at & OFFSET_MASK})`
    },
    fromServer(text) {
      const [block = '0', offset = '0'] = text.replace(/[()]/g, '').split(',')
      return String((BigInt(block) << OFFSET_BITS) | BigInt(offset))
    },
    edges: (table, params) =>
      `select 0 as min, (pg_relation_size(${params.add(table, 'table')}::regclass) / ` +
      `current_setting('block_size')::bigint) << ${OFFSET_BITS} as max`,
  },
  timeOfType(type) {
    if (/^timestamp(\(\d\))? with time zone$/.test(type)) return 'instant'
    return /^timestamp|^date$/.test(type) ? 'unzoned' : null
  },
}

/** As `encode` writes bytes in its form `escape`: ASCII as it is, so that its letters can be compared in either case. */
function escapedBytes(text: string): string {
  return [...Buffer.from(text)]
    .map((byte) => {
      if (byte === 0 || byte > 0x7f) return `\\${byte.toString(8).padStart(3, '0')}`
      return byte === 0x5c ? '\\\\' : String.fromCharCode(byte)
    })
    .join('')
}

function now({ form, zone }: Clock, seconds: string | null, type: string | null): string {
  const exact = seconds === null ? 'now()' : `now() + make_interval(secs => ${seconds})`
  const moment = type?.startsWith('timestamp(0)') === true ? `date_trunc('second', ${exact})` : exact
  const zoned = `((${moment}) at time zone ${zone === null ? `'UTC'` : `${zone}::text`})`
  switch (form) {
    case 'instant':
      return moment
    case 'local':
    case 'utc':
      return zoned
    case 'epoch-s':
      return `floor(extract(epoch from ${moment}))::bigint`
    case 'epoch-ms':
      return `floor(extract(epoch from ${moment}) * 1000)::bigint`
    case 'iso':
      return `to_char(${zoned}, 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')`
    case 'date':
      return `${zoned}::date`
  }
}

/** A text that is no time gives null instead of an error that would end the whole page. */
const ISO_TIME = String.raw`'^\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])([T ]([01]\d|2[0-3]):[0-5]\d(:[0-5]\d(\.\d+)?)?(Z|[-+]\d\d(:?\d\d)?)?)?$'`

function instant(expression: string, { form, zone }: Clock): string {
  switch (form) {
    case 'instant':
      return expression
    case 'utc':
      return `(${expression} at time zone 'UTC')`
    case 'local':
      return `(${expression} at time zone ${zone}::text)`
    case 'epoch-s':
      return `to_timestamp((${expression})::float8)`
    case 'epoch-ms':
      return `to_timestamp((${expression})::float8 / 1000)`
    case 'iso':
      return `(case when ${expression} ~ ${ISO_TIME} then (${expression})::timestamptz end)`
    case 'date':
      return `((${expression})::timestamp at time zone ${zone === null ? `'UTC'` : `${zone}::text`})`
  }
}
