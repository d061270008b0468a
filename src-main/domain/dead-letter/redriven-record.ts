import { sha256 } from '../digest.ts'
import type { CopiedRecord, RecordHeader } from '../outcome.ts'
import { own } from './own-headers.ts'
import { textOf } from './record-headers.ts'
import type { RecordLetter } from './record-letter.ts'
import { recordStory } from './record-story.ts'
import { ID_CHARS, KEPT_CHARS_MAX, KEPT_VALUE_CHARS_MAX } from './redriven.ts'

/**
 * What must not go out again: what was written about the failure, which the next recoverer would add to or believe; the
 * count of a framework's retries, which would send it to the dead letters at once; and the exception that a deserializer
 * left, which a consumer throws again without looking at the record.
 */
const STRIPPED =
  /^(?:kafka_dlt-|__connect\.errors\.|retry_topic-|springDeserializerException|x-exception-|x-original-(?:topic|partition|offset|timestamp|timestamp-type)$)/

const OWN: ReadonlySet<string> = new Set(Object.values(own))

export function isStripped(name: string): boolean {
  return STRIPPED.test(name)
}

/**
 * The record as it goes out again: key, value and its own headers byte for byte and in their order; what is dangerous or
 * stale is taken off and kept as text in a header of Redrive's own.
 */
export function redrivenRecord(letter: RecordLetter, digest: string): CopiedRecord {
  const { origin, redrive } = recordStory(letter)
  const stays = letter.headers.filter(([name]) => !isStripped(name) && !OWN.has(name))
  const taken = letter.headers.filter(([name]) => isStripped(name))
  const added: (readonly [string, string | null])[] = [
    [own.id, redrive?.id ?? sha256(`${letter.messageId ?? ''}\u0000${digest}`).slice(0, ID_CHARS)],
    [own.times, String((redrive?.times ?? 0) + 1)],
    [own.originTopic, origin.record?.topic ?? null],
    [own.originPartition, origin.record?.partition?.toString() ?? null],
    [own.originOffset, origin.record?.offset ?? null],
    [own.kept, taken.length === 0 ? null : keptText(taken)],
  ]
  const headers = [...stays, ...added.flatMap(([name, text]) => (text === null ? [] : [header(name, text)]))]
  return { kind: 'record', key: letter.key, value: letter.value, headers }
}

function header(name: string, text: string): RecordHeader {
  return [name, new TextEncoder().encode(text)]
}

/** Pairs, because a name may occur more than once. */
function keptText(headers: readonly RecordHeader[]): string {
  const text = JSON.stringify(headers.map(([name, value]) => [name, keptValue(value)]))
  // Too long to be carried whole: the names say at least what was there.
  return text.length <= KEPT_CHARS_MAX ? text : JSON.stringify({ names: headers.map(([name]) => name) })
}

function keptValue(value: Uint8Array | null): unknown {
  if (value === null) return null
  const text = textOf(value)
  // Numbers in bytes are valid UTF-8 as often as not.
  if (text === null || /[\u0000-\u0008]/.test(text))
    return { $base64: btoa(String.fromCharCode(...value.subarray(0, KEPT_VALUE_CHARS_MAX))) }
  return text.length <= KEPT_VALUE_CHARS_MAX ? text : `${text.slice(0, KEPT_VALUE_CHARS_MAX)}…`
}
