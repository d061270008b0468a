import { searchedBytes, spellings } from '../../domain/content-search.ts'
import type { ContentSearch, HeaderSearch } from '../../domain/content-search.ts'
import type { Mapping } from '../../domain/mapping/mapping.ts'
import type { Compiler } from './compiler.ts'
import { containsPattern } from './like.ts'
import type { Params } from './statement.ts'

/** What is looked for in payload and headers, as conditions: the server looks, no payload leaves it for that. */
export function contentConditions(
  { payload, header }: ContentSearch,
  mapping: Mapping,
  sql: Compiler,
  params: Params,
): readonly string[] {
  return [
    ...(payload === undefined ? [] : [payloadHolds(payload, mapping, sql, params)]),
    ...(header === undefined ? [] : [headerHolds(header, mapping, sql, params)]),
  ]
}

/** A layout without the field that is asked for has no row with this in it. */
const NO_ROW = 'false'

function payloadHolds(wanted: string, { payload }: Mapping, sql: Compiler, params: Params): string {
  const expression = sql.field(payload?.value, params)
  if (payload === undefined || expression === null) return NO_ROW
  if (sql.payloadIsBytes) return bytesHold(expression, wanted, sql, params)
  const text = textHolds(sql.dialect.asText(expression), wanted, sql, params)
  if (payload.encoding !== 'base64') return text
  const decoded = bytesHold(sql.dialect.fromBase64(sql.dialect.asText(expression)), wanted, sql, params)
  return `(${decoded} or ${text})`
}

function textHolds(text: string, wanted: string, { dialect }: Compiler, params: Params): string {
  const each = spellings(wanted).map((spelling) => {
    return dialect.contains(text, params.add(containsPattern(spelling), 'pattern'))
  })
  return `(${each.join(' or ')})`
}

function bytesHold(bytes: string, wanted: string, { dialect }: Compiler, params: Params): string {
  const digits = searchedBytes(wanted)
  if (digits !== null) return dialect.holdsBytes(bytes, params.add(digits, 'digits'))
  return `(${spellings(wanted)
    .map((spelling) => dialect.bytesHoldText(bytes, spelling, params))
    .join(' or ')})`
}

function headerHolds({ name, value }: HeaderSearch, mapping: Mapping, sql: Compiler, params: Params): string {
  const found = headerText(name, mapping, sql, params)
  if (found === null) return NO_ROW
  return value === undefined ? `${found} is not null` : textHolds(found, value, sql, params)
}

/** Text of one header; null where the row does not have it. */
function headerText(name: string, { headers }: Mapping, sql: Compiler, params: Params): string | null {
  if (headers === undefined) return null
  const { dialect } = sql
  if (!('value' in headers)) {
    const [names, values] = [sql.field(headers.names, params), sql.field(headers.values, params)]
    return names === null || values === null
      ? null
      : dialect.atPath(dialect.zipped(names, values), [name], params)
  }
  const expression = sql.field(headers.value, params)
  if (expression === null) return null
  const isDocument = /^json/.test(sql.typeOf(headers.value, params) ?? '')
  return isDocument
    ? dialect.atPath(expression, [name], params)
    : dialect.memberOfText(dialect.asText(expression), name, params)
}
