import type { IncomingMessage } from 'node:http'

/** A name and a token are some 120 bytes. */
export const FORM_BYTES_MAX = 4_096

/** Null: it is no form, or too long for one. */
export async function formOf(request: IncomingMessage): Promise<URLSearchParams | null> {
  const type = (request.headers['content-type'] ?? '').split(';')[0]?.trim().toLowerCase()
  if (type !== 'application/x-www-form-urlencoded') return null
  // Browsers always say how long a form is; what is too long is not read at all.
  const length = Number(request.headers['content-length'] ?? Number.NaN)
  if (!(length <= FORM_BYTES_MAX)) return null
  let text = ''
  for await (const chunk of request as AsyncIterable<Buffer>) {
    text += chunk.toString('latin1')
  }
  return new URLSearchParams(text)
}
