import type { MaskedContent } from '../../src-preload/contract/messages.ts'
import type { RecordLetter } from '../domain/dead-letter/record-letter.ts'
import { maskCut, maskHeaders, maskPayload } from '../domain/masking.ts'
import type { Masked, MaskRules } from '../domain/masking.ts'
import { maskedContent } from './masked-texts.ts'

/** Longer payloads are masked whole: hundreds of records are shown at once, and each is read for it. */
const READ_BYTES_MAX = 1024 * 1024
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** Bytes as they may be shown, before anything is cut off. */
export type MaskedRecord = RecordLetter & { readonly masked: MaskedContent }

export function maskedRecord(record: RecordLetter, rules: MaskRules | null): MaskedRecord {
  if (rules === null) return { ...record, masked: null }
  const payload = record.value === null ? null : maskedBytes(record.value, rules)
  const parts: Masked[] = payload === null ? [] : [payload.told]
  const headers = record.headers.map(([name, value]): RecordLetter['headers'][number] => {
    const told = maskedHeader(rules, name, value)
    if (told === null) return [name, value]
    parts.push(told)
    return [name, Buffer.from(told.text)]
  })
  const masked = payload === null ? notWhole(maskedContent(...parts)) : maskedContent(...parts)
  return { ...record, value: payload?.bytes ?? null, headers, masked }
}

/** Without a payload the first part is a header. */
function notWhole(masked: MaskedContent): MaskedContent {
  return masked && { ...masked, whole: false }
}

function maskedBytes(bytes: Uint8Array, rules: MaskRules): { bytes: Uint8Array; told: Masked } {
  const text = textOf(bytes)
  const told =
    bytes.length > READ_BYTES_MAX
      ? maskCut(rules, '')
      : // What is no text is no JSON either.
        maskPayload(rules, text ?? '\uFFFD')
  return told.fields === 0 ? { bytes, told } : { bytes: Buffer.from(told.text), told }
}

/** As one member of the headers. Null: it is shown. */
function maskedHeader(rules: MaskRules, name: string, value: Uint8Array | null): Masked | null {
  const text = value === null ? 'null' : (textOf(value) ?? '')
  const told = maskHeaders(rules, JSON.stringify({ [name]: text }))
  if (told.fields === 0) return null
  const shown = JSON.parse(told.text) as Readonly<Record<string, string>>
  return { ...told, text: shown[name] ?? told.text }
}

function textOf(bytes: Uint8Array): string | null {
  try {
    return utf8.decode(bytes)
  } catch {
    return null
  }
}
