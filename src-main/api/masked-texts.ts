import type { MaskedContent } from '../../src-preload/contract/messages.ts'
import { maskHeaders, maskPayload } from '../domain/masking.ts'
import type { Masked, MaskRules } from '../domain/masking.ts'

/** A payload with its headers as they may leave the engine. */
export function maskedTexts<Headers extends string | null>(
  rules: MaskRules | null,
  content: { readonly payload: string; readonly headers: Headers },
): { payload: string; headers: Headers | string; masked: MaskedContent } {
  const payload = maskPayload(rules, content.payload)
  const headers = content.headers === null ? null : maskHeaders(rules, content.headers)
  return {
    payload: payload.text,
    headers: headers === null ? content.headers : headers.text,
    masked: maskedContent(payload, ...(headers === null ? [] : [headers])),
  }
}

/** The first is the payload. */
export function maskedContent(...parts: readonly Masked[]): MaskedContent {
  const fields = parts.reduce((sum, part) => sum + part.fields, 0)
  return fields === 0 ? null : { fields, whole: parts[0]?.whole === true }
}
