import type { Encoding } from '../../domain/mapping/mapping.ts'

const BASE64 = /^[A-Za-z0-9+/_-]*={0,2}$/

/**
 * What is shown of a payload. Nothing is ever unpacked but base64, and only where the result is text; everything else
 * stays the server's text, or the bytes in hexadecimal digits.
 */
export function decodePayload(text: string, encoding: Encoding, bytes: boolean): string {
  if (bytes) {
    const data = Buffer.from(text, 'base64')
    return encoding === 'opaque' ? hex(data) : (utf8(data) ?? hex(data))
  }
  if (encoding !== 'base64') return text
  const compact = text.replace(/\s+/g, '')
  if (!BASE64.test(compact)) return text
  const data = Buffer.from(compact, 'base64')
  return utf8(data) ?? hex(data)
}

function hex(data: Buffer): string {
  return `\\x${data.toString('hex')}`
}

function utf8(data: Buffer): string | null {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(data)
  } catch {
    return null
  }
}
