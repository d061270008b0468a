import { readMessageId } from '../../domain/callback/record.ts'
import type { RecordLetter } from '../../domain/dead-letter/record-letter.ts'
import type { LogEvidence } from '../../domain/workspace.ts'

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i
const NO_BODY = new Uint8Array()

/** The same id, however its letters are written where it is a UUID: databases write them small, some receivers do not. */
export function sameId(messageId: string): string {
  return UUID.test(messageId) ? messageId.toLowerCase() : messageId
}

/** Which message a record is about; null: it does not say. */
export function recordMessageId(record: RecordLetter, place: LogEvidence['messageId']): string | null {
  if (place === 'key') return record.key === null || record.key.length === 0 ? null : textOf(record.key)
  const body = record.value ?? NO_BODY
  const headers = Object.fromEntries(
    record.headers.flatMap(([name, bytes]) => (bytes === null ? [] : [[name, textOf(bytes)]])),
  )
  const read = readMessageId({ messageId: record.messageId, headers, body }, place)
  return read.ok ? read.messageId : null
}

function textOf(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes)
}
